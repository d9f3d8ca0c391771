/*
 * A client that sees how long a server takes for others' sake: one ping each five milliseconds on average, at irregular intervals,
 * over a connection of its own, with nothing else under way, from when each was due. Arguments: port, seconds. Prints percentiles in milliseconds as JSON.
 */
#include "client.h"

enum { payload_length = 8, ping_length = 6 + payload_length, pong_length = 2 + payload_length, most_samples = 1000000 };

static const double every = 0.005;
static double samples[most_samples];

static int ascending(const void *one, const void *other) {
  double difference = *(const double *)one - *(const double *)other;
  return difference < 0 ? -1 : difference > 0;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  int fd = open_connection(atoi(argv[1])), count = 0;
  char ping[ping_length] = "\x89\x88", pong[pong_length];
  double start = now(), seconds = atof(argv[2]);
  for (double due = start; now() < start + seconds && count < most_samples; due += 2 * every * drand48()) {
    double wait = due - now();
    struct timespec pause = {.tv_nsec = (long)(wait * 1e9)};
    if (wait > 0) nanosleep(&pause, NULL);
    if (write(fd, ping, sizeof ping) != sizeof ping) fail("write");
    for (size_t got = 0; got < sizeof pong;) {
      ssize_t more = read(fd, pong + got, sizeof pong - got);
      if (more <= 0) fail("read");
      got += more;
    }
    samples[count++] = now() - due;
  }
  qsort(samples, count, sizeof *samples, ascending);
  double sum = 0;
  for (int nth = 0; nth < count; nth++) sum += samples[nth];
  printf("{\"count\":%d,\"mean\":%.6f,\"p50\":%.6f,\"p90\":%.6f,\"p99\":%.6f}", count, sum / count * 1e3,
         samples[count / 2] * 1e3, samples[count * 9 / 10] * 1e3, samples[count * 99 / 100] * 1e3);
}
