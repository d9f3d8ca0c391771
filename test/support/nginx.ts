/** A gateway that is not Node's: nginx, proxying WebSockets. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accepting } from './accepting.ts'
import { certificates } from './certificates.ts'
import { findProgram, startChild, type Child } from './child.ts'
import { listen } from './listener.ts'

export type NginxServer = Child & {
  readonly url: string
  readonly port: number
}

export interface ProxyingOptions {
  /** URL of the server behind it, `ws:` or `wss:`. */
  upstream: string
  /** Whether nginx itself is reached over TLS, with our valid certificate. */
  tls?: boolean
}

/** Why `nginxProxying` cannot be had here, for a skipped test to say; `undefined` when it can. */
export function nginxMissing(): string | undefined {
  return findProgram('nginx') === undefined ? 'there is no nginx: apt-get install nginx' : undefined
}

export async function nginxProxying({ upstream, tls = false }: ProxyingOptions): Promise<NginxServer> {
  const folder = await mkdtemp(join(tmpdir(), 'ws-load-nginx-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    const { valid } = await certificates()
    await writeFile(join(folder, 'key.pem'), valid.key)
    await writeFile(join(folder, 'cert.pem'), valid.cert)
    const { child, port } = await startOnFreePort(folder, upstream, tls)
    return {
      ...child,
      port,
      url: `${tls ? 'wss' : 'ws'}://127.0.0.1:${port}`,
      async [Symbol.asyncDispose]() {
        await child[Symbol.asyncDispose]()
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}

/** nginx cannot choose a port itself; should another process take the one found for it, it tries again with another. */
async function startOnFreePort(
  folder: string,
  upstream: string,
  tls: boolean,
): Promise<{ child: Child; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    await writeFile(join(folder, 'nginx.conf'), configuration(port, upstream, tls))
    const words = ['-p', folder, '-e', 'stderr', '-c', 'nginx.conf']
    try {
      const child = await startChild(findProgram('nginx') ?? 'nginx', words, (_, ended) => accepting(port, ended))
      return { child, port }
    } catch (error) {
      if (attempt === 3 || !String(error).includes('Address already in use')) throw error
    }
  }
}

function configuration(port: number, upstream: string, tls: boolean): string {
  return `
daemon off;
master_process off;
pid nginx.pid;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server {
    listen 127.0.0.1:${port}${tls ? ' ssl' : ''} backlog=4096;
    ${tls ? 'ssl_certificate cert.pem; ssl_certificate_key key.pem;' : ''}
    location / {
      proxy_pass ${upstream.replace(/^ws/, 'http')};
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
    }
  }
}
`
}

async function freePort(): Promise<number> {
  await using listener = await listen(() => createServer(), {})
  return listener.port
}
