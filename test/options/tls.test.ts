import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseOptions, portableOptions, safeParseOptions } from '../../src/options/options.ts'
import { type ResolvedTls, safeParseReadTls, type TlsOptions } from '../../src/options/tls.ts'
import { mistakesOf } from '../../src/parsed.ts'
import { type Certificates, certificates } from '../support/certificates.ts'

const { privateKey: encrypted } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'right' },
})
let directory: string
let made: Certificates

beforeAll(async () => {
  made = await certificates()
  directory = await mkdtemp(join(tmpdir(), 'ws-load-tls-'))
  const { ca, client } = made
  const files = { 'ca.pem': ca, 'client.pem': client.cert, 'client.key': client.key, 'notes.txt': 'no PEM' }
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(directory, name), text)))
})

afterAll(() => rm(directory, { recursive: true }))

function parsed(tls: TlsOptions): ResolvedTls {
  return parseOptions({ tls }).tls
}

function mistakesIn(tls: unknown): string[] {
  return mistakesOf(safeParseOptions({ tls }))
}

describe('PEM', () => {
  test('is a text, a buffer or a file', () => {
    const { ca } = made
    const file = join(directory, 'ca.pem')
    for (const given of [ca, Buffer.from(ca), file, relative('', file)])
      expect(parsed({ ca: given })).toEqual({ ca: [ca] })
    expect(parsed({ ca: [ca, file] })).toEqual({ ca: [ca, ca] })
  })

  test('of a client is its certificate and its key', () => {
    const { cert, key } = made.client
    expect(parsed({ cert: join(directory, 'client.pem'), key: join(directory, 'client.key') })).toEqual({ cert, key })
  })

  test('that is not there is a mistake that says why', () => {
    const files = { ca: ['gone.pem', join(directory, 'notes.txt')], cert: `${directory}.`, key: 'gone.key' }
    expect(mistakesIn(files).map((mistake) => mistake.replaceAll(directory, 'DIRECTORY'))).toMatchInlineSnapshot(`
      [
        "tls.ca: expected PEM (-----BEGIN …) as a text, a buffer or the path of a file, got "gone.pem": there is no such file",
        "tls.ca: expected PEM (-----BEGIN …) as a text, a buffer or the path of a file, got the file "DIRECTORY/notes.txt" without it",
        "tls.cert: expected PEM (-----BEGIN …) as a text, a buffer or the path of a file, got "DIRECTORY.": there is no such file",
        "tls.key: expected PEM (-----BEGIN …) as a text, a buffer or the path of a file, got "gone.key": there is no such file",
      ]
    `)
  })

  test('that is something else is a mistake of its option', () => {
    const { ca, client } = made
    expect(mistakesIn({ ca: client.key, cert: broken(ca), key: ca })).toMatchInlineSnapshot(`
      [
        "tls.ca: expected certificates, got PEM without one",
        "tls.cert: expected certificates, got PEM with one that cannot be read",
        "tls.key: expected a private key, got PEM without one that can be read (ERR_OSSL_UNSUPPORTED)",
      ]
    `)
  })

  test('of a key that is not that of the certificate is a mistake', () => {
    expect(mistakesIn({ cert: made.client.cert, key: made.valid.key })).toEqual([
      'tls.key: expected the key of the certificate, got that of another one',
    ])
  })

  test.for([
    [undefined, 'tls.key: expected a passphrase with it, the key is encrypted'],
    ['wrong', 'tls.key: expected a private key that the passphrase opens, got one that it does not'],
  ] as const)('of an encrypted key needs its passphrase, not %s', ([passphrase, mistake]) => {
    expect(mistakesIn({ key: encrypted, ...(passphrase !== undefined && { passphrase }) })).toEqual([mistake])
  })

  test('of an encrypted key is read with its passphrase', () => {
    expect(mistakesIn({ key: encrypted, passphrase: 'right' })).toEqual([])
  })

  test('that may be a key is never told', () => {
    const key = made.client.key.replaceAll(/-----.*-----|\n/g, '')
    const [mistake, ...others] = mistakesIn({ key })
    expect(others).toEqual([])
    expect(mistake).toContain(`got a text of ${key.length} characters`)
    expect(mistake).not.toContain(key.slice(0, 20))
  })
})

test('an option that there is not is a mistake that suggests the nearest one', () => {
  expect(mistakesIn({ servernam: 'localhost', pfx: 'x' })).toEqual([
    'tls.servernam: no such option, did you mean "servername"?',
    'tls.pfx: no such option',
  ])
})

test('paths survive a change of directory on the way to another process', () => {
  const tls = { ca: [relative('', join(directory, 'ca.pem')), made.ca], key: made.client.key }
  expect(portableOptions({ tls }).tls).toEqual({ ca: [join(directory, 'ca.pem'), made.ca], key: made.client.key })
})

describe('what another process has read', () => {
  test('is all that an option may be', () => {
    const tls = parsed({
      ca: made.ca,
      ...made.client,
      passphrase: 'x',
      servername: 'a.example',
      rejectUnauthorized: false,
    })
    expect(safeParseReadTls(structuredClone(tls))).toEqual({ value: tls })
    expect(safeParseReadTls({})).toEqual({ value: {} })
  })

  test('is nothing else that Node would take', () => {
    const given = { ca: 'a.pem', key: [{ pem: 'x' }], privateKeyEngine: '/tmp/engine.so', host: '10.0.0.1' }
    expect(mistakesOf(safeParseReadTls(given))).toEqual([
      'tls.ca: expected a list of texts, got a text of 5 characters',
      'tls.key: expected a text, got a list of 1',
      'tls.privateKeyEngine: no such option',
      'tls.host: no such option',
    ])
  })
})

function broken(pem: string): string {
  return pem.replace(/(?<=-----\n)./, '!')
}
