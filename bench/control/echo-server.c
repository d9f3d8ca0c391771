/*
 * The server all contenders flood: one epoll loop that answers pings and echoes texts (payloads up to 125 bytes) and
 * does nothing else, so that the clients are what is compared. Arguments are delays in milliseconds, which they get in
 * turn; answers of a connection keep their order. It sleeps while nothing is due: a server that spins takes a core from
 * whoever measures it. Prints its port; ends when its standard input does.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
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

static unsigned rotate(unsigned value, int by) { return value << by | value >> (32 - by); }

/* SHA-1 of a message of one or two blocks (RFC 3174). */
static void sha1(const unsigned char *message, size_t length, unsigned char digest[20]) {
  unsigned h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0}, w[80];
  unsigned char padded[128] = {0};
  size_t blocks = length < 56 ? 1 : 2;
  memcpy(padded, message, length);
  padded[length] = 0x80;
  for (int at = 0; at < 4; at++) padded[blocks * 64 - 1 - at] = (unsigned char)(length * 8 >> 8 * at);
  for (size_t block = 0; block < blocks; block++) {
    for (int t = 0; t < 16; t++) {
      const unsigned char *word = padded + block * 64 + t * 4;
      w[t] = (unsigned)word[0] << 24 | word[1] << 16 | word[2] << 8 | word[3];
    }
    for (int t = 16; t < 80; t++) w[t] = rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    unsigned a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (int t = 0; t < 80; t++) {
      unsigned f = t < 20 ? (b & c) | (~b & d) : t < 40 ? b ^ c ^ d : t < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
      unsigned k = t < 20 ? 0x5A827999 : t < 40 ? 0x6ED9EBA1 : t < 60 ? 0x8F1BBCDC : 0xCA62C1D6;
      unsigned next = rotate(a, 5) + f + e + k + w[t];
      e = d, d = c, c = rotate(b, 30), b = a, a = next;
    }
    h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
  }
  for (int at = 0; at < 20; at++) digest[at] = (unsigned char)(h[at / 4] >> (24 - 8 * (at % 4)));
}

static void base64(const unsigned char digest[20], char text[29]) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (int at = 0; at < 7; at++) {
    unsigned bits = 0;
    for (int byte = 0; byte < 3; byte++) bits = bits << 8 | (at * 3 + byte < 20 ? digest[at * 3 + byte] : 0);
    for (int digit = 0; digit < 4; digit++) text[at * 4 + digit] = digits[bits >> (18 - 6 * digit) & 63];
  }
  text[27] = '=';
  text[28] = 0;
}

static int upgrade(struct connection *connection) {
  char *key = strcasestr((char *)connection->cut, "sec-websocket-key:");
  char joined[128], accept[29], answer[256];
  unsigned char digest[20];
  if (key == NULL || sscanf(key + 18, " %60[A-Za-z0-9+/=]", joined) != 1) return -1;
  strcat(joined, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
  sha1((unsigned char *)joined, strlen(joined), digest);
  base64(digest, accept);
  int length = snprintf(answer, sizeof answer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", accept);
  connection->upgraded = 1;
  connection->length = 0;
  return write(connection->fd, answer, length) == length ? 0 : -1;
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
  struct rlimit files;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof address;
  int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), poll = epoll_create1(0);
  struct connection watched = {.fd = listener}, parent = {.fd = 0};
  struct epoll_event events[EVENTS];
  if (argc - 1 > DELAYS) return 2;
  take_delays(argc - 1, argv + 1);
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_TIMERSLACK, 1);
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  if (bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 4096) != 0) return 1;
  getsockname(listener, (struct sockaddr *)&address, &size);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
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
        for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
          struct connection *fresh = calloc(1, sizeof *fresh);
          fresh->fd = fd;
          setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
          epoll_ctl(poll, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN, .data = {.ptr = fresh}});
        }
      } else if (serve(connection) != 0) {
        leave(connection);
      }
    }
  }
}
