import { certificates } from '../support/certificates.ts'
import { answeringWith, endingAtOnce } from '../support/handshakes.ts'
import { misbehaving } from '../support/misbehaving.ts'
import { closing, codesOfReset, echoing, neverUpgrading, refusing, resetting, vanishing } from '../support/servers.ts'
import { flooding } from './flooding.ts'
import { matrix } from './matrix.ts'

const { ca, client, misnamed } = await certificates()

/** Nobody gets in, so nothing is measured. */
const nobody = { exit: 3, failed: 3 } as const
const trusting = { tls: { ca } }
const after = { answers: 5 }

/** Asks a server for TLS that speaks plain TCP. */
function asked(server: { readonly url: string }) {
  return { url: server.url.replace('ws:', 'wss:') }
}

matrix('TLS', [
  {
    fault: 'a certificate of an authority that is not trusted',
    run: flooding(() => echoing({ tls: true })),
    ...nobody,
    codes: /^(UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT_LOCALLY)$/,
  },
  {
    fault: 'a certificate that has signed itself',
    run: flooding(() => echoing({ tls: { certificate: 'selfSigned' } })),
    ...nobody,
    codes: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  },
  {
    fault: 'a certificate that has expired',
    run: flooding(() => echoing({ tls: { certificate: 'expired' } }), trusting),
    ...nobody,
    codes: 'CERT_HAS_EXPIRED',
  },
  {
    fault: 'a certificate of another host',
    run: flooding(() => echoing({ tls: { certificate: 'misnamed' } }), trusting),
    ...nobody,
    codes: 'ERR_TLS_CERT_ALTNAME_INVALID',
  },
  {
    fault: 'a certificate of another host than is expected',
    run: flooding(() => echoing({ tls: true }), { tls: { ca, servername: 'elsewhere.example' } }),
    ...nobody,
    codes: 'ERR_TLS_CERT_ALTNAME_INVALID',
  },
  {
    fault: 'a certificate that is wrong in every way, where none is minded',
    run: flooding(() => echoing({ tls: { certificate: 'expired' } }), { tls: { rejectUnauthorized: false } }),
    exit: 0,
  },
  {
    fault: 'a client without a certificate where one is demanded',
    run: flooding(() => echoing({ tls: { demandClientCertificate: true } }), trusting),
    ...nobody,
    codes: /^(ECONNRESET|EPIPE|ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED)$/,
  },
  {
    fault: 'a client with a certificate of nobody who is trusted',
    run: flooding(() => echoing({ tls: { demandClientCertificate: true } }), { tls: { ca, ...client } }),
    exit: 0,
  },
  {
    fault: 'a key that is not that of the certificate',
    run: flooding(() => echoing({ tls: true }), { tls: { ca, cert: client.cert, key: misnamed.key } }),
    exit: 'throws',
    codes: 'WSLOAD_ERR_INVALID_OPTIONS',
  },
  {
    fault: 'a version of TLS that is too old',
    run: flooding(() => echoing({ tls: { maxVersion: 'TLSv1.1' } }), trusting),
    ...nobody,
    codes: /^(EPROTO|ECONNRESET|ERR_SSL_)/,
  },
  {
    fault: 'TLS asked of a server without',
    run: flooding(echoing, asked),
    ...nobody,
    codes: /^(ERR_SSL_|EPROTO|ECONNRESET|CONNECT_TIMEOUT)/,
  },
  {
    fault: 'plain TCP to a server that wants TLS',
    run: flooding(
      () => echoing({ tls: true }),
      ({ url }) => ({ url: url.replace('wss:', 'ws:') }),
    ),
    ...nobody,
    codes: /^(ECONNRESET|HPE_INVALID_CONSTANT)$/,
  },
  {
    fault: 'no answer to the first message of TLS',
    run: flooding(neverUpgrading, (server) => ({ ...asked(server), connectTimeout: 200 })),
    ...nobody,
    codes: 'CONNECT_TIMEOUT',
  },
  {
    fault: 'TLS, and then no response',
    run: flooding(() => neverUpgrading({ tls: true }), { ...trusting, connectTimeout: 300 }),
    ...nobody,
    codes: 'CONNECT_TIMEOUT',
  },
  {
    fault: 'a reset before TLS',
    run: flooding(() => endingAtOnce('reset'), asked),
    ...nobody,
    codes: codesOfReset,
  },
  {
    fault: 'an end within the handshake of TLS',
    run: flooding(() => answeringWith(Buffer.from([22, 3, 3, 0, 100, 2]), 'end'), asked),
    ...nobody,
    codes: /^(ECONNRESET|EPIPE|ERR_SSL_)/,
  },
  {
    fault: 'an alert in place of the handshake of TLS',
    run: flooding(() => answeringWith(Buffer.from([21, 3, 3, 0, 2, 2, 40]), 'stay'), asked),
    ...nobody,
    codes: /^(EPROTO|ERR_SSL_)/,
  },
  {
    fault: 'garbage in place of the handshake of TLS',
    run: flooding(() => answeringWith(Buffer.alloc(64, 0x20), 'stay'), asked),
    ...nobody,
    codes: /^(ERR_SSL_|EPROTO)/,
  },
  {
    fault: 'HTTP 403 over TLS',
    run: flooding(() => refusing(403, {}, { tls: true }), trusting),
    ...nobody,
    codes: 'HTTP_403',
  },
  {
    fault: 'a close frame over TLS',
    run: flooding(() => closing({ after, code: 1011, tls: true }), trusting),
    exit: 1,
    closedEarly: 3,
    codes: 'CLOSE_1011',
  },
  {
    fault: 'the end of TLS without a close frame',
    run: flooding(() => vanishing({ after, tls: true }), trusting),
    exit: 1,
    closedEarly: 3,
    codes: 'CLOSE_1006',
  },
  {
    fault: 'a reset of TCP under TLS',
    run: flooding(() => resetting({ after, tls: true }), trusting),
    exit: 1,
    closedEarly: 3,
    codes: codesOfReset,
  },
  {
    fault: 'a violation of the protocol over TLS',
    run: flooding(() => misbehaving({ when: after, say: Buffer.from([0x83, 0]), tls: true }), trusting),
    exit: 1,
    closedEarly: 3,
    codes: 'WS_ERR_INVALID_OPCODE',
  },
])
