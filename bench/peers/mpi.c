/* The bench of bench/programs for any C MPI: the same measurements (bench/lib/result.ts), the same method (bench.h).
 *
 *     mpirun -n RANKS mpi BENCH SECONDS [BYTES...]
 *
 * `done` on the last line: all was measured, whatever becomes of MPI_Finalize. */
#include "bench.h"

#include <mpi.h>
#include <sys/resource.h>
#include <unistd.h>

#define WORLD MPI_COMM_WORLD
#define IGNORE MPI_STATUS_IGNORE
enum { ROOT = 0, DATA = 0, ANSWER = 1, MAX_WINDOW = 1024 };

static int rank, size;
static const char *bench;
static double seconds;

/* Of the measurement that is being made. */
static size_t bytes, length;
static int window;
static double *mine, *theirs, question, answer;
static MPI_Request requests[2 * MAX_WINDOW];

static struct step agree(struct step mine) {
  MPI_Bcast(&mine, sizeof mine, MPI_BYTE, ROOT, WORLD);
  return mine;
}

static struct series mean_over_ranks(struct series series) {
  struct series mean = {.times = allocate(series.length * sizeof(double)), .length = series.length};
  MPI_Reduce(series.times, mean.times, (int)series.length, MPI_DOUBLE, MPI_SUM, ROOT, WORLD);
  for (size_t i = 0; i < mean.length; i++) mean.times[i] /= size;
  free(series.times);
  return mean;
}

static void report_root(struct about about, struct series series) {
  if (rank == ROOT) report(about, series);
  else free(series.times);
}

/* Latency. */

static void ping_pong(long round) {
  if (rank == 0) {
    stamp(mine, length, round);
    MPI_Send(mine, length, MPI_DOUBLE, 1, DATA, WORLD);
    MPI_Recv(theirs, length, MPI_DOUBLE, 1, DATA, WORLD, IGNORE);
  } else if (rank == 1) {
    stamp(mine, length, round);
    MPI_Recv(theirs, length, MPI_DOUBLE, 0, DATA, WORLD, IGNORE);
    MPI_Send(mine, length, MPI_DOUBLE, 0, DATA, WORLD);
  }
}

static void check_theirs(long round) {
  if (rank < 2) check_stamp(theirs, length, round, bench);
}

static void latency(void) {
  mine = allocate(bytes);
  theirs = allocate(bytes);
  struct series series = measure(NULL, ping_pong, check_theirs, agree, seconds);
  if (rank < 2) {
    int peer = 1 - rank;
    fill_pattern(mine, length, 1 + rank);
    MPI_Sendrecv(mine, length, MPI_DOUBLE, peer, DATA, theirs, length, MPI_DOUBLE, peer, DATA, WORLD, IGNORE);
    check_pattern(theirs, length, 1 + peer, 1, bench);
  }
  report_root((struct about){.bench = bench, .bytes = bytes, .scale = 0.5, .messages = 1}, series);
  free(mine);
  free(theirs);
}

/* Windows of messages: rank r sends to r + size / 2, or both ways. `mine` and `theirs` are one array, or one a message. */

static int peer, sends, receives;
static size_t stride;

static void one_window(long round) {
  int n = 0;
  if (receives)
    for (int w = 0; w < window; w++)
      MPI_Irecv(theirs + w * stride, length, MPI_DOUBLE, peer, DATA, WORLD, &requests[n++]);
  if (sends)
    for (int w = 0; w < window; w++) {
      if (stride || w == 0) stamp(mine + w * stride, length, (double)round * window + w);
      MPI_Isend(mine + w * stride, length, MPI_DOUBLE, peer, DATA, WORLD, &requests[n++]);
    }
  MPI_Waitall(n, requests, MPI_STATUSES_IGNORE);
  if (receives && sends) return;
  if (receives)
    MPI_Send(&question, 1, MPI_DOUBLE, peer, ANSWER, WORLD);
  else if (sends)
    MPI_Recv(&answer, 1, MPI_DOUBLE, peer, ANSWER, WORLD, IGNORE);
}

static void check_window(long round) {
  if (!receives) return;
  for (int w = 0; w < (stride ? window : 1); w++)
    check_stamp(theirs + w * stride, length, (double)round * window + w, bench);
}

/* Two different arrays in flight at once, each compared to its last element. */
static void check_two(void) {
  double *second = allocate(bytes);
  double *arrays[] = {sends ? mine : theirs, second};
  for (int i = 0; i < 2; i++) {
    if (sends) fill_pattern(arrays[i], length, i + 1);
    if (sends) MPI_Isend(arrays[i], length, MPI_DOUBLE, peer, DATA, WORLD, &requests[i]);
    else MPI_Irecv(arrays[i], length, MPI_DOUBLE, peer, DATA, WORLD, &requests[i]);
  }
  MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
  if (!sends)
    for (int i = 0; i < 2; i++) check_pattern(arrays[i], length, i + 1, 1, bench);
  free(second);
}

static void measure_window(void) {
  int both = !strcmp(bench, "bibandwidth"), pairs = strcmp(bench, "multi-pair") ? 1 : size / 2;
  int own = !strcmp(bench, "message-rate") || !strcmp(bench, "multi-pair");
  char variant[16];
  stride = own ? length : 0;
  peer = rank < pairs ? rank + pairs : rank - pairs;
  sends = rank < pairs || (both && rank < 2 * pairs);
  receives = (rank >= pairs && rank < 2 * pairs) || (both && rank < pairs);
  mine = allocate(own ? bytes * window : bytes);
  theirs = allocate(own ? bytes * window : bytes);
  snprintf(variant, sizeof variant, "window %d", window);
  struct series series = measure(NULL, one_window, check_window, agree, seconds);
  if ((sends || receives) && !both) check_two();
  if (!strcmp(bench, "multi-pair")) series = mean_over_ranks(series);
  report_root((struct about){.bench = bench, .variant = variant, .bytes = bytes, .scale = 1,
                             .messages = (double)window * pairs * (both ? 2 : 1)}, series);
  free(mine);
  free(theirs);
}

static void windows(void) {
  int short_ones = !strcmp(bench, "message-rate");
  window = short_ones || !strcmp(bench, "multi-pair") || bytes <= 65536 ? 64 : 16;
  measure_window();
  if (!short_ones) return;
  window = MAX_WINDOW;
  measure_window();
}

/* Collectives. Block b of what rank r gives carries the seed `gives(r, b)`; block b of what it gets is the sum of the blocks
 * of `count` seeds whose sum is `sum`. */

struct seeds {
  double sum;
  int count; /* none: this rank gets nothing */
};

struct collective {
  const char *name;
  int blocks_given, blocks_got; /* ALL: one for each rank */
  void (*call)(void);
  struct seeds (*gets)(int block);
};

enum { ALL = 0 };
#define CALL(name, ...) \
  static void call_##name(void) { MPI_##name(__VA_ARGS__, WORLD); }
CALL(Bcast, rank == ROOT ? mine : theirs, length, MPI_DOUBLE, ROOT)
CALL(Reduce, mine, theirs, length, MPI_DOUBLE, MPI_SUM, ROOT)
CALL(Allreduce, mine, theirs, length, MPI_DOUBLE, MPI_SUM)
CALL(Scan, mine, theirs, length, MPI_DOUBLE, MPI_SUM)
CALL(Exscan, mine, theirs, length, MPI_DOUBLE, MPI_SUM)
CALL(Gather, mine, length, MPI_DOUBLE, theirs, length, MPI_DOUBLE, ROOT)
CALL(Allgather, mine, length, MPI_DOUBLE, theirs, length, MPI_DOUBLE)
CALL(Scatter, mine, length, MPI_DOUBLE, theirs, length, MPI_DOUBLE, ROOT)
CALL(Alltoall, mine, length, MPI_DOUBLE, theirs, length, MPI_DOUBLE)
CALL(Reduce_scatter_block, mine, theirs, length, MPI_DOUBLE, MPI_SUM)

static double gives(int from, int block) { return from * size + block + 1; }
/* Of the blocks `block` of the ranks below `ranks`. */
static struct seeds sum_of(int ranks, int block) {
  struct seeds seeds = {.count = ranks};
  for (int from = 0; from < ranks; from++) seeds.sum += gives(from, block);
  return seeds;
}
static struct seeds only(int from, int block) { return (struct seeds){.sum = gives(from, block), .count = 1}; }
static struct seeds gets_roots(int block) { return rank == ROOT ? (struct seeds){0} : only(ROOT, block); }
static struct seeds gets_sum(int block) { return sum_of(size, block); }
static struct seeds gets_sum_at_root(int block) { return rank == ROOT ? sum_of(size, block) : (struct seeds){0}; }
static struct seeds gets_prefix(int block) { return sum_of(rank + 1, block); }
static struct seeds gets_prefix_before(int block) { return sum_of(rank, block); }
static struct seeds gets_all(int block) { return only(block, 0); }
static struct seeds gets_all_at_root(int block) { return rank == ROOT ? only(block, 0) : (struct seeds){0}; }
static struct seeds gets_part(int block) { return only(ROOT, rank + block); }
static struct seeds gets_from_each(int block) { return only(block, rank); }
static struct seeds gets_part_of_sum(int block) { return sum_of(size, rank + block); }

static const struct collective COLLECTIVES[] = {
    {"bcast", 1, 1, call_Bcast, gets_roots},
    {"reduce", 1, 1, call_Reduce, gets_sum_at_root},
    {"allreduce", 1, 1, call_Allreduce, gets_sum},
    {"scan", 1, 1, call_Scan, gets_prefix},
    {"exscan", 1, 1, call_Exscan, gets_prefix_before},
    {"gather", 1, ALL, call_Gather, gets_all_at_root},
    {"allgather", 1, ALL, call_Allgather, gets_all},
    {"scatter", ALL, 1, call_Scatter, gets_part},
    {"alltoall", ALL, ALL, call_Alltoall, gets_from_each},
    {"reduceScatterBlock", ALL, 1, call_Reduce_scatter_block, gets_part_of_sum},
};
static const struct collective *collective;
static int given, got;

static void come_together(long round) {
  for (int b = 0; b < given; b++) stamp(mine + b * length, length, round + gives(rank, b));
  MPI_Barrier(WORLD);
}

static void call(long round) {
  (void)round;
  collective->call();
}

static void check_collective(long round) {
  for (int b = 0; b < got; b++) {
    struct seeds seeds = collective->gets(b);
    if (seeds.count) check_stamp(theirs + b * length, length, (double)round * seeds.count + seeds.sum, bench);
  }
}

static void measure_collective(void) {
  given = collective->blocks_given == ALL ? size : 1;
  got = collective->blocks_got == ALL ? size : 1;
  mine = allocate(bytes * given);
  theirs = allocate(bytes * got);
  struct series series = measure(come_together, call, check_collective, agree, seconds);
  for (int b = 0; b < given; b++) fill_pattern(mine + b * length, length, gives(rank, b));
  collective->call();
  for (int b = 0; b < got; b++) {
    struct seeds seeds = collective->gets(b);
    if (seeds.count) check_pattern(theirs + b * length, length, seeds.sum, seeds.count, bench);
  }
  report_root((struct about){.bench = bench, .bytes = bytes, .scale = 1, .messages = 1}, mean_over_ranks(series));
  free(mine);
  free(theirs);
}

/* Barriers one after the other. Ranks come to the last ones one by one: nobody leaves before the last has come. */

static void barrier_round(long round) {
  (void)round;
  MPI_Barrier(WORLD);
}

static void barrier(void) {
  struct series series = measure(NULL, barrier_round, NULL, agree, seconds);
  for (int late = 0; late < size; late++) {
    if (rank == late) usleep(20000);
    double came = now(), last;
    MPI_Barrier(WORLD);
    double left = now();
    MPI_Allreduce(&came, &last, 1, MPI_DOUBLE, MPI_MAX, WORLD);
    if (left < last) fail("rank %d left a barrier %g us before the last rank came", rank, last - left);
  }
  report_root((struct about){.bench = bench, .scale = 1, .messages = 1}, mean_over_ranks(series));
}

/* What waiting costs: processor of rank 1 while rank 0 lets it wait. */

static struct series one(double value) {
  struct series series = {.times = allocate(sizeof(double)), .length = 1};
  series.times[0] = value;
  return series;
}

static double processor_time(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return 1e6 * (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static void idle(void) {
  static const char *const WAYS[] = {"recv", "barrier"};
  for (int v = 0; v < 2; v++) {
    char variant[32];
    double used = 0, wait = 2 * seconds;
    snprintf(variant, sizeof variant, "%s for %g s", WAYS[v], wait);
    MPI_Barrier(WORLD);
    if (rank == 0) usleep(wait * 1e6);
    double before = processor_time();
    if (v == 1) MPI_Barrier(WORLD);
    else if (rank == 0) MPI_Send(&used, 1, MPI_DOUBLE, 1, DATA, WORLD);
    else if (rank == 1) MPI_Recv(&used, 1, MPI_DOUBLE, 0, DATA, WORLD, IGNORE);
    used = processor_time() - before;
    if (rank == 1) MPI_Send(&used, 1, MPI_DOUBLE, 0, ANSWER, WORLD);
    if (rank == 0) MPI_Recv(&used, 1, MPI_DOUBLE, 1, ANSWER, WORLD, IGNORE);
    report_root((struct about){.bench = bench, .variant = variant, .scale = 1, .messages = 1}, one(used));
  }
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(WORLD, &rank);
  MPI_Comm_size(WORLD, &size);
  if (argc < 3) fail("usage: mpi BENCH SECONDS [BYTES...]");
  bench = argv[1];
  seconds = atof(argv[2]);
  void (*run)(void) = NULL;
  for (size_t i = 0; i < sizeof COLLECTIVES / sizeof *COLLECTIVES; i++)
    if (!strcmp(bench, COLLECTIVES[i].name)) collective = &COLLECTIVES[i], run = measure_collective;
  if (!strcmp(bench, "latency")) run = latency;
  if (!strcmp(bench, "bandwidth") || !strcmp(bench, "bibandwidth") || !strcmp(bench, "message-rate") ||
      !strcmp(bench, "multi-pair"))
    run = windows;
  if (!strcmp(bench, "barrier")) barrier();
  else if (!strcmp(bench, "idle")) idle();
  else if (!run && strcmp(bench, "startup")) fail("there is no bench '%s'", bench);
  for (int i = 3; run && i < argc; i++) {
    bytes = strtoull(argv[i], NULL, 10);
    length = bytes / sizeof(double);
    if (length < 1) fail("'%s' is no size: give a multiple of 8 bytes", argv[i]);
    run();
  }
  if (rank == ROOT && strcmp(bench, "startup")) puts("done"), fflush(stdout);
  MPI_Finalize();
}
