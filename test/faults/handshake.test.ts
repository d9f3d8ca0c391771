import { randomBytes } from 'node:crypto'
import { answeringWith, dripping, endingAtOnce } from '../support/handshakes.ts'
import { closePayload, encodeFrame, opcodes } from '../support/frames.ts'
import { type Misdeed, misbehaving } from '../support/misbehaving.ts'
import { switchingProtocols } from '../support/raw-server.ts'
import { codesOfReset, dead, echoing, greeting, limited, neverUpgrading, refusing } from '../support/servers.ts'
import { flooding } from './flooding.ts'
import { matrix, unprintable } from './matrix.ts'

/** Nobody gets in, so nothing is measured. */
const nobody = { exit: 3, failed: 3 } as const
const slow = { connectTimeout: 200 } as const

/** A response to the handshake, in place of the one that it should be. */
function responding(...lines: readonly string[]) {
  return flooding(() => misbehaving({ respond: () => head(...lines), afterwards: 'ignore' }))
}

/** A response that lets the client in, with other lines than it should have. */
function lettingIn(lines: (accept: string) => readonly string[], options = {}) {
  return flooding(() => misbehaving({ respond: (accept) => head(...lines(accept)), afterwards: 'go on' }), options)
}

function head(...lines: readonly string[]): Buffer {
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}

const proper = (accept: string) => [
  'HTTP/1.1 101 Switching Protocols',
  'Upgrade: websocket',
  'Connection: Upgrade',
  `Sec-WebSocket-Accept: ${accept}`,
]
const without = (name: string) => (accept: string) => proper(accept).filter((line) => !line.startsWith(name))
const close1011 = encodeFrame({ opcode: opcodes.close, payload: closePayload(1011) })
/** Connections that open and are gone before anything is answered. */
const gone = { exit: 1, closedEarly: 3 } as const
const earlyHints = head('HTTP/1.1 103 Early Hints', 'Link: </a.css>; rel=preload')

function hinted(accept: string): Buffer {
  return Buffer.concat([earlyHints, switchingProtocols(accept)])
}

/** Says something in one write with the response, and ends TCP when the client does. */
function saying(say: Buffer, misdeed: Misdeed = {}) {
  return misbehaving({ when: 'in the handshake', say, afterwards: 'hang up', ...misdeed })
}

matrix('the handshake', [
  { fault: 'a port that refuses', run: flooding(dead), ...nobody, codes: 'ECONNREFUSED' },
  {
    fault: 'a port that refuses, in the closed model',
    run: flooding(dead, { inFlight: 1 }),
    ...nobody,
    codes: 'ECONNREFUSED',
  },
  {
    fault: 'a host that nobody knows',
    run: flooding(dead, { url: 'ws://no-such-host.invalid' }),
    ...nobody,
    codes: /^(ENOTFOUND|EAI_AGAIN)$/,
  },
  {
    fault: 'a source address that is none of this machine',
    run: flooding(echoing, { localAddresses: ['192.0.2.1'] }),
    ...nobody,
    codes: 'EADDRNOTAVAIL',
  },
  {
    fault: 'a reset as soon as TCP is open',
    run: flooding(() => endingAtOnce('reset')),
    ...nobody,
    codes: codesOfReset,
  },
  {
    fault: 'an end as soon as TCP is open',
    run: flooding(() => endingAtOnce('end')),
    ...nobody,
    codes: codesOfReset,
  },
  {
    fault: 'a reset after the request',
    run: flooding(() => answeringWith('', 'reset')),
    ...nobody,
    codes: 'ECONNRESET',
  },
  { fault: 'an end after the request', run: flooding(() => answeringWith('', 'end')), ...nobody, codes: 'ECONNRESET' },
  {
    fault: 'a reset within the response',
    run: flooding(() => answeringWith('HTTP/1.1 101 Swit', 'reset')),
    ...nobody,
    codes: 'ECONNRESET',
  },
  {
    fault: 'an end within the response',
    run: flooding(() => answeringWith('HTTP/1.1 101 Swit', 'end')),
    ...nobody,
    codes: /^(ECONNRESET|HPE_INVALID_EOF_STATE)$/,
  },

  { fault: 'no response', run: flooding(neverUpgrading, slow), ...nobody, codes: 'CONNECT_TIMEOUT' },
  {
    fault: 'no response to many that are opened slowly',
    run: flooding(neverUpgrading, { ...slow, connections: 30, connectRate: 100 }),
    exit: 3,
    failed: 30,
    codes: 'CONNECT_TIMEOUT',
  },
  {
    fault: 'no response to more than are opened at once',
    run: flooding(neverUpgrading, { connectTimeout: '2s', connections: 1_000 }),
    exit: 3,
    failed: 1_000,
    codes: 'CONNECT_TIMEOUT',
    within: 12_000,
  },
  {
    fault: 'silence within the response',
    run: flooding(() => answeringWith('HTTP/1.1 101 Swit', 'stay'), slow),
    ...nobody,
    codes: 'CONNECT_TIMEOUT',
  },
  {
    fault: 'headers that come one by one and never end',
    run: flooding(() => dripping('HTTP/1.1 101 Switching Protocols\r\n', 'a: b\r\n', 5), slow),
    ...nobody,
    codes: 'CONNECT_TIMEOUT',
  },
  {
    fault: 'early hints without end',
    run: flooding(() => dripping('', String(earlyHints), 5), slow),
    ...nobody,
    codes: 'CONNECT_TIMEOUT',
  },
  {
    fault: 'a response that comes byte by byte',
    run: flooding(() => misbehaving({ cut: 1, when: { answers: 3 }, say: close1011, afterwards: 'hang up' })),
    exit: 1,
    closedEarly: 3,
    codes: 'CLOSE_1011',
  },

  { fault: 'HTTP 200', run: flooding(() => refusing(200)), ...nobody, codes: 'HTTP_200' },
  { fault: 'HTTP 204, which has no body', run: flooding(() => refusing(204)), ...nobody, codes: 'HTTP_204' },
  {
    fault: 'a redirect, which is not followed',
    run: flooding(() => refusing(302, { location: 'ws://127.0.0.1:9/elsewhere' })),
    ...nobody,
    codes: 'HTTP_302',
    says: /redirects to ws:\/\/127\.0\.0\.1:9\/elsewhere/,
  },
  {
    fault: 'a redirect to nowhere',
    run: flooding(() => refusing(307, { location: 'http://[' })),
    ...nobody,
    codes: 'HTTP_307',
  },
  {
    fault: 'HTTP 401',
    run: flooding(() => refusing(401, { 'www-authenticate': 'Basic' })),
    ...nobody,
    codes: 'HTTP_401',
  },
  {
    fault: 'HTTP 426, for another version of the protocol',
    run: flooding(() => refusing(426, { 'sec-websocket-version': '8' })),
    ...nobody,
    codes: 'HTTP_426',
  },
  {
    fault: 'HTTP 429, with a time to wait',
    run: flooding(() => refusing(429, { 'retry-after': '3600' })),
    ...nobody,
    codes: 'HTTP_429',
  },
  { fault: 'HTTP 503', run: flooding(() => refusing(503)), ...nobody, codes: 'HTTP_503' },
  {
    fault: 'HTTP 503 for all but two',
    run: flooding(() => limited(2)),
    exit: 1,
    failed: 1,
    codes: 'HTTP_503',
    says: /2 of 3 connections opened/,
  },
  {
    fault: 'HTTP 400 with a body without end',
    run: flooding(() => dripping('HTTP/1.1 400 Bad Request\r\n\r\n', 'endless', 5)),
    ...nobody,
    codes: 'HTTP_400',
  },
  {
    fault: 'a status that does not exist',
    run: responding('HTTP/1.1 999 Nothing of the kind'),
    ...nobody,
    codes: 'HTTP_999',
  },
  {
    fault: 'a status text of escape sequences and commands',
    run: responding('HTTP/1.1 400 \u009B2J::error::owned'),
    ...nobody,
    codes: 'HTTP_400',
    never: unprintable,
  },

  {
    fault: 'the greeting of another protocol',
    run: flooding(() => answeringWith('SSH-2.0-OpenSSH_9.2\r\n', 'stay')),
    ...nobody,
    codes: 'HPE_INVALID_CONSTANT',
  },
  {
    fault: 'bytes at random',
    run: flooding(() => answeringWith(randomBytes(512), 'stay')),
    ...nobody,
    codes: 'HPE_INVALID_CONSTANT',
  },
  {
    fault: 'a frame without a handshake',
    run: flooding(() => answeringWith(close1011, 'stay')),
    ...nobody,
    codes: 'HPE_INVALID_CONSTANT',
  },
  {
    fault: 'the preface of HTTP/2',
    run: flooding(() => answeringWith('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'stay')),
    ...nobody,
    codes: 'HPE_INVALID_CONSTANT',
  },
  {
    fault: 'HTTP/0.9, without a head',
    run: flooding(() => answeringWith('<html>hello</html>', 'end')),
    ...nobody,
    codes: 'HPE_INVALID_CONSTANT',
  },
  {
    fault: 'a header that is none',
    run: responding('HTTP/1.1 101 Switching Protocols', 'no colon here'),
    ...nobody,
    codes: 'HPE_INVALID_HEADER_TOKEN',
  },
  {
    fault: 'headers of a megabyte',
    run: responding('HTTP/1.1 101 Switching Protocols', `A: ${'a'.repeat(1_000_000)}`),
    ...nobody,
    codes: 'GENERATOR_LIMIT',
  },

  { fault: 'no Upgrade', run: lettingIn(without('Upgrade')), ...nobody, codes: /./ },
  {
    fault: 'an Upgrade to something else',
    run: lettingIn((accept) => proper(accept).toSpliced(1, 1, 'Upgrade: h2c')),
    ...nobody,
    codes: 'HANDSHAKE_INVALID',
    says: /Invalid Upgrade header/,
  },
  { fault: 'no Connection', run: lettingIn(without('Connection')), ...nobody, codes: /./ },
  {
    fault: 'no key that was accepted',
    run: lettingIn(without('Sec-WebSocket-Accept')),
    ...nobody,
    codes: 'HANDSHAKE_INVALID',
    says: /Invalid Sec-WebSocket-Accept/,
  },
  {
    fault: 'another key that was accepted',
    run: lettingIn(() => proper('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=')),
    ...nobody,
    codes: 'HANDSHAKE_INVALID',
    says: /Invalid Sec-WebSocket-Accept/,
  },
  {
    fault: 'the accepted key twice',
    run: lettingIn((accept) => [...proper(accept), `Sec-WebSocket-Accept: ${accept}`]),
    ...nobody,
    codes: 'HANDSHAKE_INVALID',
  },
  {
    fault: 'a subprotocol that was not asked for',
    run: lettingIn((accept) => [...proper(accept), 'Sec-WebSocket-Protocol: v1']),
    ...nobody,
    codes: 'HANDSHAKE_INVALID',
    says: /sent a subprotocol but none was requested/,
  },
  {
    fault: 'another subprotocol than was asked for',
    run: lettingIn((accept) => [...proper(accept), 'Sec-WebSocket-Protocol: v2'], { protocols: 'v1' }),
    ...nobody,
    codes: 'HANDSHAKE_INVALID',
    says: /invalid subprotocol/,
  },
  {
    fault: 'no subprotocol though one was asked for',
    run: lettingIn(proper, { protocols: 'v1' }),
    ...nobody,
    codes: 'HANDSHAKE_INVALID',
    says: /sent no subprotocol/,
  },
  {
    fault: 'an extension that was not offered',
    run: lettingIn((accept) => [...proper(accept), 'Sec-WebSocket-Extensions: permessage-deflate']),
    ...nobody,
    codes: 'HANDSHAKE_INVALID',
    says: /Sec-WebSocket-Extensions/,
  },
  {
    fault: 'an extension with a parameter that does not exist',
    run: lettingIn((accept) => [...proper(accept), 'Sec-WebSocket-Extensions: permessage-deflate; level=9'], {
      perMessageDeflate: true,
    }),
    ...nobody,
    codes: 'HANDSHAKE_INVALID',
    says: /Sec-WebSocket-Extensions/,
  },
  {
    fault: 'another extension than was offered',
    run: lettingIn((accept) => [...proper(accept), 'Sec-WebSocket-Extensions: x-webkit-deflate-frame'], {
      perMessageDeflate: true,
    }),
    ...nobody,
    codes: 'HANDSHAKE_INVALID',
    says: /extension that was not requested/,
  },
  {
    fault: 'names and values of headers in another case, with blanks',
    run: lettingIn((accept) => [
      'HTTP/1.1 101 whatever',
      'UPGRADE:   WebSocket  ',
      'connection: keep-alive, UPGRADE',
      `sec-websocket-accept:${accept}`,
    ]),
    exit: 0,
  },
  {
    fault: 'a body that 101 cannot have',
    run: lettingIn((accept) => [...proper(accept), 'Content-Length: 5']),
    exit: 0,
  },

  {
    fault: 'early hints, then the response, in one segment',
    run: flooding(() => misbehaving({ respond: (accept) => hinted(accept), afterwards: 'go on' })),
    exit: 0,
  },
  {
    fault: 'early hints, then the response, byte by byte',
    run: flooding(() => misbehaving({ respond: (accept) => hinted(accept), cut: 1, afterwards: 'go on' })),
    exit: 0,
  },
  {
    fault: 'early hints, the response and a close frame in one segment',
    run: flooding(() => saying(close1011, { respond: (accept) => hinted(accept) })),
    ...gone,
    codes: 'CLOSE_1011',
  },
  {
    fault: 'early hints in a segment of their own, then the response with a close frame',
    run: flooding(() => saying(close1011, { respond: (accept) => hinted(accept), cut: earlyHints.length })),
    ...gone,
    codes: 'CLOSE_1011',
  },
  { fault: 'a message in one segment with the response', run: flooding(() => greeting('hello')), exit: 0 },
  {
    fault: 'a message with the response, byte by byte',
    run: flooding(() => greeting('hello', { cut: 1 })),
    exit: 0,
  },
  {
    fault: 'a reset right behind the response',
    run: flooding(() => misbehaving({ when: 'in the handshake', afterwards: 'reset' })),
    exit: 1,
    closedEarly: 3,
    codes: codesOfReset,
  },
  {
    fault: 'an end right behind the response',
    run: flooding(() => misbehaving({ when: 'in the handshake', afterwards: 'end' })),
    ...gone,
    codes: 'CLOSE_1006',
  },
])
