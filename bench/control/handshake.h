/* A server's part of the opening handshake (RFC 6455 section 4.2). */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

/* Answers a request for a WebSocket; 0 if that could be done. */
static int accept_handshake(int fd, char *request) {
  char *key = strcasestr(request, "sec-websocket-key:");
  char joined[128], accept[29], answer[256];
  unsigned char digest[20];
  if (key == NULL || sscanf(key + 18, " %60[A-Za-z0-9+/=]", joined) != 1) return -1;
  strcat(joined, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
  sha1((unsigned char *)joined, strlen(joined), digest);
  base64(digest, accept);
  int length = snprintf(answer, sizeof answer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", accept);
  return write(fd, answer, length) == length ? 0 : -1;
}
