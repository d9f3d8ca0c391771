const mebibyte = 1_048_576

/*
 * What a load thread takes from servers at most. What `ws` and Node would limit by themselves is limited here, so that no
 * server is blamed for it, and one that never ends what it says costs a bounded amount of memory.
 */

/** Bytes of a message, each of its fragments and pieces counted with what it takes in memory. */
export const mostMessageBytes = 128 * mebibyte
/** Bytes of all messages of a flood that are not complete, likewise. */
export const mostUnfinishedBytes = 512 * mebibyte
/** Reads that a frame may come in: `ws` puts them together in a time that grows with their square. */
export const mostPieces = 16_384
/** Bytes of the headers of the answer to a handshake. */
export const mostHeaderBytes = 65_536

/** How each of the limits is said. */
export const beyond = {
  message: `a message of more than ${mostMessageBytes / mebibyte} MiB`,
  unfinished: `messages of more than ${mostUnfinishedBytes / mebibyte} MiB to the connections of a load thread without completing them`,
  pieces: `a frame in more than ${mostPieces.toLocaleString('en')} pieces`,
  headers: `more than ${mostHeaderBytes / 1_024} KiB of headers`,
} as const
