/*
 * The server all contenders flood: one epoll loop that answers pings and echoes texts (payloads up to 125 bytes) and
 * does nothing else, so that the clients are what is compared. Arguments are delays in milliseconds, which they get in
 * turn; answers of a connection keep their order. It sleeps while nothing is due: a server that spins takes a core from
 * whoever measures it. Prints its port; ends when its standard input does. WORKERS in the environment is how many
 * processes take the connections in turn, WORK how many milliseconds of their processor each answer takes.
 */
#define _GNU_SOURCE
#include "handshake.h"
#include "listener.h"
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 65536, HEAD = 4096, EVENTS = 1024, DELAYS = 128 };

/* Times are nanoseconds. */
#define SECOND 1000000000L

struct connection {
  int fd, upgraded, length, holds;
  struct held *latest;
  unsigned char cut[HEAD];
};

/* Answers of a connection that leave together. */
struct held {
  struct held *next;
  struct connection *connection;
  long due;
  int length;
  unsigned char *pongs;
};

/* Answers with the same delay, in the order in which they are due. */
struct line {
  long delay;
  struct held *first, **end;
};

/* One for each delay, and an unused one behind them. */
static struct line lines[DELAYS + 1], *turns[DELAYS];
static int delays;

static long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * SECOND + time.tv_nsec;
}

/* What an answer costs, beyond the answer. */
static long work;

static void compute(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  for (long until = time.tv_sec * SECOND + time.tv_nsec + work; time.tv_sec * SECOND + time.tv_nsec < until;) {
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  }
}

static int upgrade(struct connection *connection) {
  connection->upgraded = 1;
  connection->length = 0;
  return accept_handshake(connection->fd, (char *)connection->cut);
}

static void take_delays(int count, char **texts) {
  for (delays = 0; delays < count; delays++) {
    long delay = atof(texts[delays]) * 1e6;
    struct line *line = lines;
    while (line->end != NULL && line->delay != delay) line++;
    if (line->end == NULL) *line = (struct line){.delay = delay, .end = &line->first};
    turns[delays] = line;
  }
}

static void leave(struct connection *connection) {
  if (connection->fd >= 0) close(connection->fd);
  connection->fd = -1;
  if (connection->holds == 0) free(connection);
}

static void hold(struct connection *connection, struct line *line, const unsigned char *pong, int length) {
  long due = now() + line->delay;
  struct held *held = connection->latest;
  if (held == NULL || held->due < due) {
    held = calloc(1, sizeof *held);
    *held = (struct held){.connection = connection, .due = due};
    *line->end = held;
    line->end = &held->next;
    connection->latest = held;
    connection->holds++;
  }
  held->pongs = realloc(held->pongs, held->length + length);
  memcpy(held->pongs + held->length, pong, length);
  held->length += length;
}

/* Sends what is due and says when more will be, or -1. */
static long release(void) {
  long next = -1;
  for (struct line *line = lines; line->end != NULL; line++) {
    while (line->first != NULL && line->first->due <= now()) {
      struct held *held = line->first;
      struct connection *connection = held->connection;
      line->first = held->next;
      if (line->first == NULL) line->end = &line->first;
      if (connection->latest == held) connection->latest = NULL;
      connection->holds--;
      if (connection->fd < 0 || write(connection->fd, held->pongs, held->length) != held->length) leave(connection);
      free(held->pongs);
      free(held);
    }
    if (line->first != NULL && (next < 0 || line->first->due < next)) next = line->first->due;
  }
  return next;
}

/* Turns whole ping frames into pongs, and texts into texts, in place, and keeps what is cut. */
static int answer(struct connection *connection, unsigned char *bytes, int length) {
  static unsigned long pings;
  int at = 0, to = 0;
  while (length - at >= 6 && length - at >= 6 + (bytes[at + 1] & 0x7f)) {
    int payload = bytes[at + 1] & 0x7f;
    unsigned char key[4];
    if (bytes[at] != 0x89 && bytes[at] != 0x81) return -1;
    memcpy(key, bytes + at + 2, 4);
    bytes[to] = bytes[at] == 0x89 ? 0x8a : 0x81;
    bytes[to + 1] = (unsigned char)payload;
    for (int byte = 0; byte < payload; byte++) bytes[to + 2 + byte] = bytes[at + 6 + byte] ^ key[byte & 3];
    at += 6 + payload;
    if (work > 0) compute();
    struct line *line = delays == 0 ? NULL : turns[pings++ % delays];
    if (line != NULL && (line->delay > 0 || connection->latest != NULL)) hold(connection, line, bytes + to, 2 + payload);
    else to += 2 + payload;
  }
  connection->length = length - at;
  memcpy(connection->cut, bytes + at, length - at);
  return to == 0 || write(connection->fd, bytes, to) == to ? 0 : -1;
}

static int serve(struct connection *connection) {
  static unsigned char bytes[HEAD + BUFFER];
  memcpy(bytes, connection->cut, connection->length);
  ssize_t got = read(connection->fd, bytes + connection->length, BUFFER);
  if (got <= 0) return got < 0 && errno == EAGAIN ? 0 : -1;
  int length = connection->length + (int)got;
  if (connection->upgraded) return answer(connection, bytes, length);
  if (length >= HEAD) return -1;
  memcpy(connection->cut, bytes, length);
  connection->cut[length] = 0;
  connection->length = length;
  return strstr((char *)connection->cut, "\r\n\r\n") == NULL ? 0 : upgrade(connection);
}

int main(int argc, char **argv) {
  int listener = listen_on_loopback();
  const char *workers = getenv("WORKERS"), *cost = getenv("WORK");
  if (cost != NULL) work = atof(cost) * 1e6;
  int all = workers == NULL ? 1 : atoi(workers), own = 0;
  atomic_int *accepted = mmap(NULL, sizeof *accepted, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  for (int more = all - 1; more > 0; more--) {
    if (fork() != 0) continue;
    own = more;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    break;
  }
  int poll = epoll_create1(0);
  struct connection watched = {.fd = listener}, parent = {.fd = 0};
  struct epoll_event events[EVENTS];
  if (listener < 0) return 1;
  if (argc - 1 > DELAYS) return 2;
  take_delays(argc - 1, argv + 1);
  prctl(PR_SET_TIMERSLACK, 1);
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &(struct epoll_event){.events = EPOLLIN, .data = {.ptr = &watched}});
  epoll_ctl(poll, EPOLL_CTL_ADD, 0, &(struct epoll_event){.events = EPOLLIN, .data = {.ptr = &parent}});
  for (;;) {
    long due = release(), wait = due < 0 ? 0 : due - now();
    struct timespec timeout = {.tv_sec = wait > 0 ? wait / SECOND : 0, .tv_nsec = wait > 0 ? wait % SECOND : 0};
    int ready = epoll_pwait2(poll, events, EVENTS, due < 0 ? NULL : &timeout, NULL);
    if (ready < 0 && errno != EINTR) return 1;
    for (int at = 0; at < ready; at++) {
      struct connection *connection = events[at].data.ptr;
      char byte;
      if (connection == &parent) {
        if (read(0, &byte, 1) <= 0) return 0;
      } else if (connection == &watched) {
        for (int fd; *accepted % all == own && (fd = accept_connection(listener)) >= 0; (*accepted)++) {
          struct connection *fresh = calloc(1, sizeof *fresh);
          fresh->fd = fd;
          epoll_ctl(poll, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN, .data = {.ptr = fresh}});
        }
      } else if (serve(connection) != 0) {
        leave(connection);
      }
    }
  }
}
