/* Control: an epoll loop in C that measures nothing: what this machine's kernel leaves to a client. Prints JSON. */
#include "client.h"
#include <sys/epoll.h>
#include <sys/resource.h>

enum { payload_length = 8, ping_length = 6 + payload_length, pong_length = 2 + payload_length, most_events = 1024 };

static double cpu_ms(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  int port = atoi(argv[1]), connections = atoi(argv[2]), in_flight = atoi(argv[3]);
  double seconds = atof(argv[4]);
  double cpu = cpu_ms();
  char pong[65536], *burst = calloc(in_flight, ping_length);
  for (int nth = 0; nth < in_flight; nth++) memcpy(burst + nth * ping_length, "\x89\x88", 2);
  int *pending = calloc(connections, sizeof *pending), *fds = calloc(connections, sizeof *fds), poll = epoll_create1(0);
  for (int nth = 0; nth < connections; nth++) {
    fds[nth] = open_connection(port);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = nth};
    epoll_ctl(poll, EPOLL_CTL_ADD, fds[nth], &event);
  }
  double start = now(), opened = cpu_ms();
  long pings = 0;
  for (int nth = 0; nth < connections; nth++)
    if (write(fds[nth], burst, in_flight * ping_length) < 0) fail("write");
  struct epoll_event events[most_events];
  while (now() < start + seconds) {
    int count = epoll_wait(poll, events, most_events, 100);
    for (int nth = 0; nth < count; nth++) {
      int connection = events[nth].data.u32;
      ssize_t length = read(fds[connection], pong, sizeof pong);
      if (length <= 0) fail("read");
      int answered = (pending[connection] + length) / pong_length;
      pending[connection] += length - answered * pong_length;
      pings += answered;
      if (answered > 0 && write(fds[connection], burst, answered * ping_length) < 0) fail("write");
    }
  }
  printf("{\"pings\":%ld,\"seconds\":%f,\"flooding\":%f,\"connecting\":%f}\n", pings, now() - start, cpu_ms() - opened,
         opened - cpu);
}
