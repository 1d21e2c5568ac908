/* The method of the bench for C programs, as bench/lib has it for tsmpi: rounds that size themselves (rounds.ts), values that
 * give away what is misplaced (pattern.ts), one JSON line a measurement (measure.ts, result.ts). Times are in microseconds. */
#ifndef BENCH_H
#define BENCH_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return 1e6 * t.tv_sec + 1e-3 * t.tv_nsec;
}

/* What one look at the clock adds to a time. */
static double clock_cost(void) {
  enum { LOOKS = 1000 };
  double started = now(), last = started;
  for (int i = 0; i < LOOKS; i++) last = now();
  return (last - started) / LOOKS;
}

static void fail(const char *format, ...) {
  va_list args;
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fputc('\n', stderr);
  exit(1);
}

static void *allocate(size_t bytes) {
  void *memory = malloc(bytes);
  if (!memory) fail("no memory for %zu bytes", bytes);
  return memset(memory, 0, bytes);
}

/* Values: a pattern that differs from place to place, and a number at both ends while rounds are measured. Arrays that are
 * sums of `count` others hold the sum of their patterns. */

enum { PERIOD = 65521, SEED_STEP = 65536 };

static inline void fill_pattern(double *array, size_t length, double seed) {
  for (size_t i = 0; i < length; i++) array[i] = i % PERIOD + seed * SEED_STEP;
}

static inline void check_pattern(const double *array, size_t length, double seeds, int count, const char *what) {
  for (size_t i = 0; i < length; i++) {
    double expected = (double)(i % PERIOD) * count + seeds * SEED_STEP;
    if (array[i] != expected) fail("%s: element %zu of %zu is %g; expected %g", what, i, length, array[i], expected);
  }
}

static inline void stamp(double *array, size_t length, double number) { array[0] = array[length - 1] = number; }

static inline void check_stamp(const double *array, size_t length, double number, const char *what) {
  if (array[0] != number || array[length - 1] != number)
    fail("%s: round %g arrived as %g ... %g (%zu elements)", what, number, array[0], array[length - 1], length);
}

/* Rounds: warm-up in batches that double, then batches that fill the time. */

struct step {
  long samples; /* none: there is nothing more to do */
  long rounds;  /* of each sample: as many as fill 20 us, so that the clock does not count */
  int counts;   /* no: warming up */
};

struct plan {
  double budget, warm_up, elapsed;
  long done;
  struct step step;
};

enum { MIN_SAMPLES = 8, MAX_SAMPLES = 1000000, SAMPLE_TIME = 20 };

static struct plan plan_for(double seconds) {
  double budget = seconds * 1e6, warm_up = 0.2 * budget < 50e3 ? 50e3 : 0.2 * budget;
  return (struct plan){.budget = budget, .warm_up = warm_up, .step = {.samples = 2, .rounds = 1}};
}

static long samples_in(double microseconds, double each) {
  double samples = each > 0 ? microseconds / each : MAX_SAMPLES;
  return samples < MIN_SAMPLES ? MIN_SAMPLES : samples > MAX_SAMPLES ? MAX_SAMPLES : (long)(samples + 0.5);
}

/* The step after the last one, which took so long. `join`: whether rounds may be timed together. */
static struct step plan_next(struct plan *plan, double microseconds, int join) {
  struct step *step = &plan->step;
  double each = microseconds / step->samples, target = step->counts ? plan->budget : plan->warm_up;
  plan->elapsed += microseconds;
  plan->done += step->samples;
  if (plan->done < MIN_SAMPLES || (plan->elapsed < 0.9 * target && plan->done < MAX_SAMPLES)) {
    long samples = step->counts ? samples_in(target - plan->elapsed, each) : 2 * step->samples;
    step->samples = samples < MAX_SAMPLES - plan->done ? samples : MAX_SAMPLES - plan->done;
  } else if (step->counts) {
    step->samples = 0;
  } else {
    long rounds = join && each < SAMPLE_TIME ? (long)(SAMPLE_TIME / each) + 1 : 1;
    *step = (struct step){.samples = samples_in(plan->budget / 2, each * rounds), .rounds = rounds, .counts = 1};
    plan->elapsed = 0;
    plan->done = 0;
  }
  return *step;
}

struct series {
  double *times;
  size_t length;
};

/* Rank 0's clock decides: it passes its step, everybody gets it. */
typedef struct step agree_function(struct step mine);
/* One round; its number is what the arrays carry. */
typedef void round_function(long round);

/* Every process gets its own times of the same rounds. `apart` is done before each, is not timed, and keeps rounds from being
 * timed together; then what a look at the clock costs is taken off. */
static struct series measure(round_function *apart, round_function *timed, round_function *check, agree_function *agree,
                             double seconds) {
  struct plan plan = plan_for(seconds);
  struct series series = {0};
  double clock = apart ? clock_cost() : 0;
  long round = 0;
  for (struct step step = plan.step; step.samples > 0;) {
    series.times = realloc(series.times, (series.length + step.samples) * sizeof(double));
    if (!series.times) fail("no memory for %ld more times", step.samples);
    double *times = series.times + series.length, batch = now();
    for (long i = 0; i < step.samples; i++) {
      if (apart) apart(round);
      double started = now();
      for (long r = 0; r < step.rounds; r++) timed(round++);
      double took = now() - started - clock;
      times[i] = (took > 0 ? took : 0) / step.rounds;
      if (check) check(round - 1);
    }
    double took = now() - batch;
    if (step.counts) series.length += step.samples;
    step = agree(plan_next(&plan, took, !apart));
    plan.step = step;
  }
  return series;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

struct about {
  const char *bench;
  const char *variant; /* or none */
  size_t bytes;        /* or 0 */
  double scale;        /* the part of a time that is meant: 0.5 of a round trip */
  double messages;     /* in one time; more than 1 make a rate */
  double bus;          /* what the busiest link carries of each byte, or 0 */
};

/* Percentiles are nearest-rank: each is a time that was really measured. Frees the series. */
static void report(struct about about, struct series series) {
  size_t n = series.length;
  double sum = 0;
  qsort(series.times, n, sizeof(double), ascending);
  for (size_t i = 0; i < n; i++) sum += series.times[i] *= about.scale;
  double mean = sum / n, per_second = about.messages * 1e6 / mean, MBps = per_second * about.bytes / 1e6;
  printf("{\"bench\":\"%s\"", about.bench);
  if (about.variant) printf(",\"variant\":\"%s\"", about.variant);
  if (about.bytes) printf(",\"bytes\":%zu", about.bytes);
  printf(",\"samples\":%zu,\"min\":%.3f,\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f,\"mean\":%.3f", n, series.times[0],
         series.times[(n + 1) / 2 - 1], series.times[(99 * n + 99) / 100 - 1], series.times[n - 1], mean);
  if (about.messages > 1) printf(",\"messagesPerSecond\":%.1f", per_second);
  if (about.bytes) printf(",\"MBps\":%.4f", MBps);
  if (about.bus > 0) printf(",\"busMBps\":%.4f", MBps * about.bus);
  printf("}\n");
  fflush(stdout);
  free(series.times);
}

#endif
