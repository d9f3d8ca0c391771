/**
 * Certificates for tests, made with the `openssl` command once per process: nothing secret lies in the repository and
 * nothing expires in it by accident.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface Certificate {
  readonly key: string
  readonly cert: string
}

/** PEM texts, all signed by `ca`. */
export interface Certificates {
  readonly ca: string
  /** For localhost, 127.0.0.1 and ::1. */
  readonly valid: Certificate
  /** The same names, valid in January 2020 only. */
  readonly expired: Certificate
  /** Valid, but for `elsewhere.example`. */
  readonly misnamed: Certificate
  /** Valid, but for localhost alone, or 127.0.0.1 alone. */
  readonly named: Certificate
  readonly numbered: Certificate
  /** The names of `valid`, signed by itself. */
  readonly selfSigned: Certificate
  /** A client's, with the common name `ws-load client`. */
  readonly client: Certificate
}

let made: Promise<Certificates> | undefined

export function certificates(): Promise<Certificates> {
  made ??= makeCertificates()
  return made
}

const run = promisify(execFile)

const configuration = `
[ca]
default_ca = tests
[tests]
new_certs_dir = .
database = index.txt
certificate = ca.pem
private_key = ca.key
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
[here]
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
extendedKeyUsage = serverAuth
[named]
subjectAltName = DNS:localhost
extendedKeyUsage = serverAuth
[numbered]
subjectAltName = IP:127.0.0.1
extendedKeyUsage = serverAuth
[elsewhere]
subjectAltName = DNS:elsewhere.example
extendedKeyUsage = serverAuth
[client]
extendedKeyUsage = clientAuth
`

async function makeCertificates(): Promise<Certificates> {
  const cwd = await mkdtemp(join(tmpdir(), 'ws-load-certificates-'))
  const openssl = (...words: string[]) => run('openssl', words, { cwd })
  const text = (file: string) => readFile(join(cwd, file), 'utf8')

  async function signed(
    name: string,
    commonName: string,
    extensions: string,
    validity: string[],
  ): Promise<Certificate> {
    const [request, cert] = [`${name}.csr`, `${name}.pem`]
    await openssl('req', '-new', ...newKey(`${name}.key`), '-out', request, '-subj', `/CN=${commonName}`)
    await openssl(
      'ca',
      '-batch',
      '-notext',
      '-config',
      'ca.cnf',
      '-extensions',
      extensions,
      ...validity,
      '-in',
      request,
      '-out',
      cert,
    )
    return { key: await text(`${name}.key`), cert: await text(cert) }
  }

  async function signedByItself(name: string): Promise<Certificate> {
    const [key, cert] = [`${name}.key`, `${name}.pem`]
    const subject = ['-subj', '/CN=localhost', '-days', '30']
    await openssl('req', '-x509', '-config', 'ca.cnf', '-extensions', 'here', ...newKey(key), '-out', cert, ...subject)
    return { key: await text(key), cert: await text(cert) }
  }

  try {
    await writeFile(join(cwd, 'ca.cnf'), configuration)
    await writeFile(join(cwd, 'index.txt'), '')
    const subject = ['-subj', '/CN=ws-load test authority', '-days', '30']
    await openssl(
      'req',
      '-x509',
      '-config',
      'ca.cnf',
      '-extensions',
      'authority',
      ...newKey('ca.key'),
      '-out',
      'ca.pem',
      ...subject,
    )
    const month = ['-days', '30']
    const january2020 = ['-startdate', '20200101000000Z', '-enddate', '20200131000000Z']
    return {
      ca: await text('ca.pem'),
      valid: await signed('valid', 'localhost', 'here', month),
      expired: await signed('expired', 'localhost', 'here', january2020),
      misnamed: await signed('misnamed', 'elsewhere.example', 'elsewhere', month),
      named: await signed('named', 'elsewhere.example', 'named', month),
      numbered: await signed('numbered', 'elsewhere.example', 'numbered', month),
      selfSigned: await signedByItself('self-signed'),
      client: await signed('client', 'ws-load client', 'client', month),
    }
  } finally {
    await rm(cwd, { recursive: true, force: true })
  }
}

function newKey(file: string): string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', file]
}
