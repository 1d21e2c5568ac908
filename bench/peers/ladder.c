/* What the machine itself can do, without any message passing: the line that no system can cross.
 *
 *     ladder latency|bandwidth tcp|unix|shm SECONDS BYTES...     two processes that never sleep
 *     ladder bandwidth memcpy SECONDS BYTES...                   one process copies one array into another
 *
 * tcp and unix are bare sockets with no frame around a message; shm copies into shared memory and out of it.
 * Method and output: bench.h. */
#include "bench.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int rank, only_copies;
static const char *bench;
static size_t bytes, length;
static int window;
static double *mine, *theirs, answer;

/* Sockets. */

static int link_fd;

/* As many bytes as go now, perhaps none. */
static size_t moved_by(ssize_t result, const char *call) {
  if (result > 0) return result;
  if (result < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  fail("%s: %s", call, result ? strerror(errno) : "the other process has ended");
  return 0;
}

static size_t put_socket(const void *from, size_t bytes) {
  return moved_by(send(link_fd, from, bytes, MSG_DONTWAIT | MSG_NOSIGNAL), "send");
}

static size_t get_socket(void *to, size_t bytes) {
  return moved_by(recv(link_fd, to, bytes, MSG_DONTWAIT), "recv");
}

static int is(int result, const char *call) {
  if (result < 0) fail("%s: %s", call, strerror(errno));
  return result;
}

static void tcp_pair(int ends[2]) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int listener = is(socket(AF_INET, SOCK_STREAM, 0), "socket"), one = 1;
  is(bind(listener, (struct sockaddr *)&address, size), "bind");
  is(listen(listener, 1), "listen");
  is(getsockname(listener, (struct sockaddr *)&address, &size), "getsockname");
  ends[0] = is(socket(AF_INET, SOCK_STREAM, 0), "socket");
  is(connect(ends[0], (struct sockaddr *)&address, size), "connect");
  ends[1] = is(accept(listener, NULL, NULL), "accept");
  close(listener);
  for (int i = 0; i < 2; i++) is(setsockopt(ends[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one), "TCP_NODELAY");
}

/* Shared memory: what fits goes with its number in one cache line, so that only that line moves; all else through a ring, in
 * pieces, so that the other side copies out while this one copies in. Each side remembers how far the other was when it last
 * looked, and looks again only when there is no room. */

enum { LINES = 256, IN_LINE = 56, RING = 1 << 18, PIECE = 1 << 15 };

struct line {
  _Alignas(64) atomic_size_t number;
  char data[IN_LINE];
};

struct channel {
  _Alignas(64) atomic_size_t lines_read;
  _Alignas(64) atomic_size_t written;
  _Alignas(64) atomic_size_t read;
  struct line lines[LINES];
  char ring[RING];
};

static struct channel *outgoing, *incoming;
static size_t lines_sent, lines_got, lines_free = LINES;
static size_t sent, got, room_until = RING, there_until;

static inline size_t least(size_t a, size_t b) { return a < b ? a : b; }

static void put_line(const void *from, size_t bytes) {
  while (lines_sent == lines_free)
    lines_free = LINES + atomic_load_explicit(&outgoing->lines_read, memory_order_acquire);
  struct line *line = &outgoing->lines[lines_sent % LINES];
  memcpy(line->data, from, bytes);
  atomic_store_explicit(&line->number, ++lines_sent, memory_order_release);
}

static void get_line(void *to, size_t bytes) {
  struct line *line = &incoming->lines[lines_got % LINES];
  while (atomic_load_explicit(&line->number, memory_order_acquire) != lines_got + 1) continue;
  memcpy(to, line->data, bytes);
  atomic_store_explicit(&incoming->lines_read, ++lines_got, memory_order_release);
}

static size_t put_piece(const void *from, size_t bytes) {
  if (sent == room_until) room_until = RING + atomic_load_explicit(&outgoing->read, memory_order_acquire);
  size_t moved = least(least(bytes, room_until - sent), least(PIECE, RING - sent % RING));
  memcpy(outgoing->ring + sent % RING, from, moved);
  atomic_store_explicit(&outgoing->written, sent += moved, memory_order_release);
  return moved;
}

static size_t get_piece(void *to, size_t bytes) {
  if (got == there_until) there_until = atomic_load_explicit(&incoming->written, memory_order_acquire);
  size_t moved = least(least(bytes, there_until - got), least(PIECE, RING - got % RING));
  if (moved == 0) return 0;
  memcpy(to, incoming->ring + got % RING, moved);
  atomic_store_explicit(&incoming->read, got += moved, memory_order_release);
  return moved;
}

/* Messages: both sides know how long each is. */

static int shared;

static void send_all(const void *from, size_t left) {
  if (shared && left <= IN_LINE) return put_line(from, left);
  for (const char *at = from; left > 0;) {
    size_t moved = shared ? put_piece(at, left) : put_socket(at, left);
    at += moved;
    left -= moved;
  }
}

static void receive_all(void *to, size_t left) {
  if (shared && left <= IN_LINE) return get_line(to, left);
  for (char *at = to; left > 0;) {
    size_t moved = shared ? get_piece(at, left) : get_socket(at, left);
    at += moved;
    left -= moved;
  }
}

/* The measurements. */

static struct step agree(struct step mine) {
  if (rank == 0) send_all(&mine, sizeof mine);
  else receive_all(&mine, sizeof mine);
  return mine;
}

static struct step agree_alone(struct step mine) { return mine; }

static void ping_pong(long round) {
  stamp(mine, length, round);
  if (rank == 0) send_all(mine, bytes);
  receive_all(theirs, bytes);
  if (rank == 1) send_all(mine, bytes);
}

static void one_window(long round) {
  if (rank == 0) {
    stamp(mine, length, round);
    for (int w = 0; w < window; w++) send_all(mine, bytes);
    receive_all(&answer, sizeof answer);
  } else {
    for (int w = 0; w < window; w++) receive_all(theirs, bytes);
    send_all(&answer, sizeof answer);
  }
}

static void copy(long round) {
  stamp(mine, length, round);
  memcpy(theirs, mine, bytes);
}

static void check(long round) { check_stamp(theirs, length, round, bench); }
static void check_received(long round) {
  if (rank == 1) check(round);
}

static void measure_size(double seconds) {
  char variant[16];
  struct about about = {.bench = bench, .bytes = bytes, .scale = 1, .messages = 1};
  struct series series;
  if (only_copies) {
    series = measure(NULL, copy, check, agree_alone, seconds);
  } else if (!strcmp(bench, "latency")) {
    about.scale = 0.5;
    series = measure(NULL, ping_pong, check, agree, seconds);
  } else {
    window = bytes > 65536 ? 16 : 64;
    snprintf(variant, sizeof variant, "window %d", window);
    about.variant = variant;
    about.messages = window;
    series = measure(NULL, one_window, check_received, agree, seconds);
  }
  if (rank == 0) report(about, series);
  else free(series.times);
}

static void connect_two(const char *transport) {
  int ends[2];
  struct channel *channels = mmap(NULL, 2 * sizeof *channels, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (channels == MAP_FAILED) fail("mmap: %s", strerror(errno));
  if (!strcmp(transport, "tcp")) tcp_pair(ends);
  else if (!strcmp(transport, "unix") || !strcmp(transport, "shm")) is(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), transport);
  else fail("there is no transport '%s', only tcp, unix and shm", transport);
  rank = is(fork(), "fork") == 0;
  if (rank == 1) prctl(PR_SET_PDEATHSIG, SIGKILL);
  link_fd = ends[rank];
  close(ends[1 - rank]);
  shared = !strcmp(transport, "shm");
  outgoing = &channels[rank];
  incoming = &channels[1 - rank];
}

/* The first process waits for the second without a pause: what ends the one ends the other. */
static void second_ended(int signal) {
  int status;
  (void)signal;
  if (wait(&status) > 0 && status != 0) _exit(1);
}

int main(int argc, char **argv) {
  bench = argc > 1 ? argv[1] : "";
  int latency = !strcmp(bench, "latency"), bandwidth = !strcmp(bench, "bandwidth"), first = 4;
  if (argc <= first || !(latency || bandwidth)) fail("usage: ladder latency|bandwidth tcp|unix|shm|memcpy SECONDS BYTES...");
  only_copies = bandwidth && !strcmp(argv[2], "memcpy");
  signal(SIGCHLD, second_ended);
  if (!only_copies) connect_two(argv[2]);
  for (int i = first; i < argc; i++) {
    bytes = strtoull(argv[i], NULL, 10);
    length = bytes / sizeof(double);
    if (length < 1) fail("'%s' is no size: give a multiple of 8 bytes", argv[i]);
    mine = allocate(bytes);
    theirs = allocate(bytes);
    measure_size(atof(argv[first - 1]));
    free(mine);
    free(theirs);
  }
}
