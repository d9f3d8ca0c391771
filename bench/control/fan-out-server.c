/*
 * The server of fan-outs: one epoll loop that passes each text (payloads up to 125 bytes) on to all other connections and
 * does nothing else, so that the clients are what is compared. Who does not read for so long that a message does not fit
 * into its socket is cut off. Prints its port; ends when its standard input does.
 */
#define _GNU_SOURCE
#include "handshake.h"
#include "listener.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

enum { BUFFER = 65536, HEAD = 4096, EVENTS = 1024, SHORT = 125 };

struct connection {
  int fd, length, place;
  unsigned char cut[HEAD];
};

/* Those that are through with their handshake; the others have the place -1. */
static struct connection **members;
static int count, room;

static void join(struct connection *connection) {
  if (count == room) members = realloc(members, (room = room * 2 + 1) * sizeof *members);
  connection->place = count;
  members[count++] = connection;
}

static void leave(struct connection *connection) {
  if (connection->place >= 0) {
    struct connection *last = members[--count];
    members[connection->place] = last;
    last->place = connection->place;
  }
  close(connection->fd);
  free(connection);
}

/* The event of a connection that is cut off may be at hand: it ends when that is its turn. */
static void pass_on(const struct connection *from, const unsigned char *frame, int length) {
  for (int at = 0; at < count; at++)
    if (members[at] != from && write(members[at]->fd, frame, length) != length) shutdown(members[at]->fd, SHUT_RDWR);
}

/* Passes whole texts on and keeps what is cut. */
static int hear(struct connection *connection, const unsigned char *bytes, int length) {
  int at = 0;
  while (length - at >= 6 && length - at >= 6 + (bytes[at + 1] & 0x7f)) {
    int payload = bytes[at + 1] & 0x7f;
    unsigned char frame[2 + SHORT] = {0x81, (unsigned char)payload};
    if (bytes[at] != 0x81 || payload > SHORT) return -1;
    for (int byte = 0; byte < payload; byte++) frame[2 + byte] = bytes[at + 6 + byte] ^ bytes[at + 2 + (byte & 3)];
    pass_on(connection, frame, 2 + payload);
    at += 6 + payload;
  }
  connection->length = length - at;
  memcpy(connection->cut, bytes + at, length - at);
  return 0;
}

static int serve(struct connection *connection) {
  static unsigned char bytes[HEAD + BUFFER];
  memcpy(bytes, connection->cut, connection->length);
  ssize_t got = read(connection->fd, bytes + connection->length, BUFFER);
  if (got <= 0) return got < 0 && errno == EAGAIN ? 0 : -1;
  int length = connection->length + (int)got;
  if (connection->place >= 0) return hear(connection, bytes, length);
  if (length >= HEAD) return -1;
  memcpy(connection->cut, bytes, length);
  connection->cut[length] = 0;
  connection->length = length;
  if (strstr((char *)connection->cut, "\r\n\r\n") == NULL) return 0;
  connection->length = 0;
  join(connection);
  return accept_handshake(connection->fd, (char *)connection->cut);
}

int main(void) {
  int listener = listen_on_loopback(), poll = epoll_create1(0);
  struct connection watched = {.fd = listener}, parent = {.fd = 0};
  struct epoll_event events[EVENTS];
  if (listener < 0) return 1;
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &(struct epoll_event){.events = EPOLLIN, .data = {.ptr = &watched}});
  epoll_ctl(poll, EPOLL_CTL_ADD, 0, &(struct epoll_event){.events = EPOLLIN, .data = {.ptr = &parent}});
  for (;;) {
    int ready = epoll_wait(poll, events, EVENTS, -1);
    if (ready < 0 && errno != EINTR) return 1;
    for (int at = 0; at < ready; at++) {
      struct connection *connection = events[at].data.ptr;
      char byte;
      if (connection == &parent) {
        if (read(0, &byte, 1) <= 0) return 0;
      } else if (connection == &watched) {
        for (int fd; (fd = accept_connection(listener)) >= 0;) {
          struct connection *fresh = calloc(1, sizeof *fresh);
          *fresh = (struct connection){.fd = fd, .place = -1};
          epoll_ctl(poll, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN, .data = {.ptr = fresh}});
        }
      } else if (serve(connection) != 0) {
        leave(connection);
      }
    }
  }
}
