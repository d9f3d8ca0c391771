import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { TargetOptions } from '../../src/options/target.ts'
import { startTarget } from '../../src/server/command.ts'
import type { Handshake } from '../../src/server/handshake.ts'
import { certificates } from '../support/certificates.ts'
import { evaluate, freePort, isAlive, parentOf, pidServer, processesWith, visit } from '../support/processes.ts'
import { echoing, neverUpgrading, refusing } from '../support/servers.ts'
import { targetOf } from '../support/target.ts'

const forever = evaluate('setInterval(() => {}, 1e6)')

async function start(options: TargetOptions, handshake?: Handshake): ReturnType<typeof startTarget> {
  const target = await startTarget(targetOf(options), handshake)
  onTestFinished(async () => void (await target.stop()))
  return target
}

/** Whose URL is a text. */
type Target = TargetOptions & { readonly url: string }

async function serve(flags = ''): Promise<Target> {
  const port = await freePort()
  return { command: pidServer(port, flags), url: `ws://127.0.0.1:${port}` }
}

async function temporaryDirectory(): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'ws-load-target-')))
  onTestFinished(() => rm(directory, { recursive: true }))
  return directory
}

/** A message with what differs from run to run replaced by its name. */
function anonymous(message: string, { command, url }: Target): string {
  return message.replaceAll(command, 'COMMAND').replaceAll(url, 'URL').replaceAll(new URL(url).host, 'HOST')
}

/** The error of a start that fails. */
async function failure(options: Target): Promise<{ code: string; message: string }> {
  const { code, message } = (await start(options).then(
    () => expect.fail('the target started'),
    (error: unknown) => error,
  )) as { code: string; message: string }
  return { code, message: anonymous(message, options) }
}

describe('a target that comes up', () => {
  test('is at its url', async () => {
    const options = await serve()
    const target = await start(options)
    expect(target).toMatchObject({ url: options.url, reused: false })
    expect(isAlive(await visit(target.url))).toBe(true)
  })

  test('is gone when it has been stopped', async () => {
    const target = await start(await serve())
    const server = await visit(target.url)
    await target.stop()
    expect(isAlive(server)).toBe(false)
  })

  test('can be stopped twice', async () => {
    const target = await start(await serve())
    await target.stop()
    await expect(target.stop()).resolves.toBeUndefined()
  })

  test('runs in its directory with its environment', async () => {
    const directory = await temporaryDirectory()
    const { command, url } = await serve()
    await start({ command: `echo "$PWD $FRUIT" > note; ${command}`, url, cwd: directory, env: { FRUIT: 'quince' } })
    expect(await readFile(join(directory, 'note'), 'utf8')).toBe(`${directory} quince\n`)
  })

  test.runIf(process.platform === 'linux')('runs on the processors that it is given, with what it starts', async () => {
    const directory = await temporaryDirectory()
    const { command, url } = await serve()
    const note = 'grep Cpus_allowed_list /proc/self/status > note'
    const target = await start({ command: `${note}; ${command}`, url, cwd: directory, cpuAffinity: 0 })
    expect(await readFile(join(directory, 'note'), 'utf8')).toBe('Cpus_allowed_list:\t0\n')
    const server = await visit(target.url)
    expect(await readFile(`/proc/${server}/status`, 'utf8')).toMatch(/^Cpus_allowed_list:\t0$/m)
    expect(await target.stop()).toBeUndefined()
    expect(isAlive(server)).toBe(false)
  })

  test('stays up with an open stdin, if it ends with that', async () => {
    const target = await start({ ...(await serve('--ends-with-stdin')), stdin: 'open' })
    const server = await visit(target.url)
    expect(isAlive(server)).toBe(true)
    expect(await target.stop()).toBeUndefined()
    expect(isAlive(server)).toBe(false)
  })

  test('is waited for while it answers with another status than 101', async () => {
    const { command, url } = await serve()
    const { port } = new URL(url)
    const notFound = `require("http").createServer((_, answer) => answer.writeHead(404).end(() => process.exit())).listen(${port})`
    await start({ command: `${evaluate(notFound)}; ${command}`, url })
    expect(isAlive(await visit(url))).toBe(true)
  })

  test.for([1012, 1013, 1014])('is waited for while it accepts, and closes with %d', async (code) => {
    const { command, url } = await serve(`--later ${code} --later-times 3`)
    const target = await start({ command, url })
    expect(isAlive(await visit(target.url))).toBe(true)
  })

  test.for([1008, 4401])(
    'is up when it accepts, and closes with %d, for the test to bring its credentials',
    async (code) => {
      await expect(start(await serve(`--later ${code}`))).resolves.toMatchObject({ reused: false })
    },
  )

  test('is up when it refuses with 401, for the test to bring its own credentials', async () => {
    await expect(start(await serve('--refuse 401'))).resolves.toMatchObject({ reused: false })
  })

  test('is up when it refuses with 403', async () => {
    await expect(start(await serve('--refuse 403'))).resolves.toMatchObject({ reused: false })
  })

  test('writes as much as it likes without being read by the test', async () => {
    const target = await start(await serve('--chatter 10000000'))
    expect(isAlive(await visit(target.url))).toBe(true)
  })

  test('comes up and stops under fake timers', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const target = await startTarget(targetOf(await serve()))
    await expect(target.stop()).resolves.toBeUndefined()
  })
})

describe('a target that fails to come up', () => {
  test('says how it exited and what it wrote last', async () => {
    const command = evaluate('console.error("no database"); process.exit(3)')
    expect(await failure({ command, url: `ws://127.0.0.1:${await freePort()}` })).toMatchInlineSnapshot(`
      {
        "code": "WSLOAD_ERR_TARGET_EXITED",
        "message": "\`COMMAND\` (target.command) exited with code 3 before URL (target.url) accepted a WebSocket.
      Expected it to stay in the foreground and serve there: see its output below, then change target.command, target.cwd or target.env.
      The last lines of its stderr:
        | no database",
      }
    `)
  })

  test('says so when the command does not exist', async () => {
    const { message } = await failure({ command: 'no-such-server', url: `ws://127.0.0.1:${await freePort()}` })
    expect(message).toContain('exited with code 127')
    expect(message).toMatch(/\| .*COMMAND: .*not found$/)
  })

  test('says which signal ended it', async () => {
    const command = evaluate('process.kill(process.pid, "SIGKILL")')
    const { message } = await failure({ command: `exec ${command}`, url: `ws://127.0.0.1:${await freePort()}` })
    expect(message).toContain('was ended by SIGKILL')
  })

  test('is told that its stdin was closed when it ended well', async () => {
    expect((await failure(await serve('--ends-with-stdin'))).message).toMatchInlineSnapshot(`
      "\`COMMAND\` (target.command) exited with code 0 before URL (target.url) accepted a WebSocket.
      Expected it to stay in the foreground and serve there: see its output below, then change target.command, target.cwd or target.env.
      Its stdin was closed: if it ends with that, as some do, set target.stdin to 'open'.
      It wrote nothing to stderr or stdout."
    `)
    const options = { ...(await serve()), command: 'exit 3' }
    expect((await failure(options)).message).not.toContain('stdin')
    expect((await failure({ ...options, command: 'true', stdin: 'open' })).message).not.toContain('target.stdin')
  })

  test('says what it wrote to stdout when it wrote nothing to stderr', async () => {
    const { message } = await failure({ command: 'echo out of order', url: `ws://127.0.0.1:${await freePort()}` })
    expect(message).toMatch(/The last lines of its stdout:\n {2}\| out of order$/)
  })

  test('shows its last 20 lines at most', async () => {
    const command = evaluate('for (let n = 1; n <= 1e5; n++) console.error("line " + n)')
    const { message } = await failure({ command, url: `ws://127.0.0.1:${await freePort()}` })
    const lines = message.split('\n').filter((line) => line.startsWith('  | '))
    expect([lines.length, lines[0], lines.at(-1)]).toEqual([20, '  | line 99981', '  | line 100000'])
  })

  test('shows its lines without control sequences', async () => {
    const hostile = String.raw`"\x1b[2J\x1b]0;title\x07red\x1b[31m \u202eevil\r\n::error::injected\b\b\x9b1m\x00 ##[group]"`
    const command = evaluate(`process.stderr.write(${hostile})`)
    const { message } = await failure({ command, url: `ws://127.0.0.1:${await freePort()}` })
    expect(message.split('\n').slice(-2)).toEqual(['  | red evil', '  | : :error::injected # #[group]'])
  })

  test('is stopped after the timeout, and says what the last handshake was answered', async () => {
    const options = { command: forever, url: `ws://127.0.0.1:${await freePort()}`, timeout: 400 }
    expect(await failure(options)).toMatchInlineSnapshot(`
      {
        "code": "WSLOAD_ERR_TARGET_TIMEOUT",
        "message": "URL (target.url) accepted no WebSocket within 400 ms of running \`COMMAND\` (target.command); the last handshake was answered: connect ECONNREFUSED HOST.
      Expected a WebSocket that stays open, HTTP 401 or HTTP 403: change target.url or target.command, or target.timeout when the server needs longer to start.
      It wrote nothing to stderr or stdout.",
      }
    `)
  })

  test('says which status it answered until the timeout', async () => {
    await using server = await refusing(404)
    const { message } = await failure({ command: forever, url: server.url, timeout: '3s' })
    expect(message).toContain('the last handshake was answered: HTTP 404.')
  })

  test('says how long the last handshake was not answered at all', async () => {
    const port = await freePort()
    const command = evaluate(`setTimeout(() => require("net").createServer().listen(${port}, "127.0.0.1"), 200)`)
    const { message } = await failure({ command, url: `ws://127.0.0.1:${port}`, timeout: '8s' })
    expect(message).toMatch(/the last handshake was answered: nothing for \S+ s\./)
  })

  test('says with which close code it was asked to come later', async () => {
    const options = { ...(await serve('--later 1013')), timeout: '3s' }
    const { code, message } = await failure(options)
    expect(code).toBe('WSLOAD_ERR_TARGET_TIMEOUT')
    expect(message).toContain('the last handshake was answered: accepted, and closed at once with 1013 (warming up).')
  })

  test('is given up in the middle of a handshake that hangs', async () => {
    await using server = await neverUpgrading()
    const impatience = new AbortController()
    const starting = startTarget(targetOf({ command: forever, url: server.url }), {}, impatience.signal)
    await expect.poll(() => server.connections()).toBe(1)
    const from = performance.now()
    impatience.abort()
    await expect(starting).rejects.toMatchObject({ code: 'WSLOAD_ERR_ABORTED' })
    // The handshake itself would end after 5 s.
    expect(performance.now() - from).toBeLessThan(4_000)
  })

  test('leaves no process behind after the timeout', async () => {
    const note = join(await temporaryDirectory(), 'pid')
    const command = `echo $$ > "${note}"; exec ${forever}`
    await failure({ command, url: `ws://127.0.0.1:${await freePort()}`, timeout: '1s' })
    expect(isAlive(Number(await readFile(note, 'utf8')))).toBe(false)
  })

  test('leaves no process behind when it is given up before its command is run', async () => {
    const mark = randomUUID()
    const url = `ws://127.0.0.1:${await freePort()}`
    const timeouts = [5, 20, 40, 60, 80, 100, 150, 200, 300]
    await Promise.all(timeouts.map((timeout) => failure({ command: forever, env: { MARK: mark }, url, timeout })))
    expect(processesWith(`MARK=${mark}`)).toEqual([])
  })

  test('leaves no process behind when waiting is aborted', async () => {
    const note = join(await temporaryDirectory(), 'pid')
    const impatience = new AbortController()
    const options = {
      command: `echo $$ > "${note}"; exec ${forever}`,
      url: `ws://127.0.0.1:${await freePort()}`,
    }
    const starting = startTarget(targetOf(options), {}, impatience.signal)
    await expect.poll(() => readFile(note, 'utf8').catch(() => '')).toMatch(/\d+\n/)
    impatience.abort(new Error('Enough.'))
    await expect(starting).rejects.toMatchObject({ code: 'WSLOAD_ERR_ABORTED', cause: new Error('Enough.') })
    expect(isAlive(Number(await readFile(note, 'utf8')))).toBe(false)
  })

  test('is not started when waiting is aborted before', async () => {
    const starting = startTarget(targetOf(await serve()), {}, AbortSignal.abort())
    await expect(starting).rejects.toMatchObject({ code: 'WSLOAD_ERR_ABORTED' })
  })
})

describe('a target that is stopped', () => {
  test('is asked by its signal, and has the time that it takes', async () => {
    const cleaned = join(await temporaryDirectory(), 'cleaned')
    const options = await serve('--ignore-sigterm --ends-by SIGINT --clean-up 1500')
    const target = await start({ ...options, env: { CLEANED: cleaned }, stopSignal: 'SIGINT', stopTimeout: '30s' })
    expect(await target.stop()).toBeUndefined()
    expect(await readFile(cleaned, 'utf8')).toBe('cleaned up')
  })

  test('is killed when it takes longer, which is said', async () => {
    const cleaned = join(await temporaryDirectory(), 'cleaned')
    const options = await serve('--ends-by SIGTERM --clean-up 60000')
    const target = await start({ ...options, env: { CLEANED: cleaned }, stopTimeout: 300 })
    const server = await visit(options.url)
    expect(anonymous((await target.stop())!, options)).toMatchInlineSnapshot(`
    "\`COMMAND\` (target.command) was killed, because it or what it started did not end within 300 ms of SIGTERM.
    Expected it to end in that time: change what it does then, or target.stopTimeout, or target.stopSignal."
  `)
    expect(isAlive(server)).toBe(false)
    await expect(readFile(cleaned)).rejects.toThrow('ENOENT')
  })

  test('is killed at once by SIGKILL, of which nothing is said', async () => {
    const options = await serve('--ignore-sigterm')
    const target = await start({ ...options, stopSignal: 'SIGKILL' })
    const server = await visit(options.url)
    expect(await target.stop()).toBeUndefined()
    expect(isAlive(server)).toBe(false)
  })

  test('is killed as well when its leash was killed, which is said', async () => {
    const options = await serve('--ignore-sigterm')
    const target = await start({ ...options, command: `exec ${options.command}`, stopTimeout: 300 })
    const server = await visit(options.url)
    process.kill(parentOf(server), 'SIGKILL')
    expect(await target.stop()).toContain('did not end within 300 ms of SIGTERM')
    expect(isAlive(server)).toBe(false)
  })

  test('says so in its error when it never came up', async () => {
    const stubborn = evaluate('process.on("SIGTERM", () => {}); setInterval(() => {}, 1e6)')
    const url = `ws://127.0.0.1:${await freePort()}`
    const { code, message } = await failure({ command: stubborn, url, timeout: '2s', stopTimeout: 300 })
    expect(code).toBe('WSLOAD_ERR_TARGET_TIMEOUT')
    expect(message).toMatch(/accepted no WebSocket[^]*\n`COMMAND` \(target\.command\) was killed, because it/)
  })
})

describe('a server that is there before', () => {
  test('is not measured by accident', async () => {
    await using server = await echoing()
    expect(await failure({ command: forever, url: server.url })).toMatchInlineSnapshot(`
      {
        "code": "WSLOAD_ERR_TARGET_IN_USE",
        "message": "A server accepts WebSockets at URL (target.url) before \`COMMAND\` (target.command) was run.
      Expected none, so that no forgotten server is measured: end it, change target.url, or set target.reuseExistingServer to true to measure it as it is.",
      }
    `)
  })

  test('is reused on request', async () => {
    await using server = await echoing()
    const target = await start({ command: 'exit 1', url: server.url, reuseExistingServer: true })
    expect(target).toMatchObject({ url: server.url, reused: true })
  })

  test('runs on when it has been reused and stopped', async () => {
    await using server = await echoing()
    const target = await start({ command: 'exit 1', url: server.url, reuseExistingServer: true })
    await target.stop()
    await expect(start({ command: 'exit 1', url: server.url, reuseExistingServer: true })).resolves.toBeDefined()
  })

  test('is asked with the headers, protocols and certificates of the test', async () => {
    const { ca, client } = await certificates()
    await using server = await echoing({ protocols: ['chat'], tls: { demandClientCertificate: true } })
    const handshake = { headers: { 'x-key': ['a', 'b'] }, protocols: ['chat'], tls: { ca, ...client } }
    await start({ command: 'exit 1', url: server.url, reuseExistingServer: true }, handshake)
    expect(server.handshakes).toMatchObject([
      { headers: { 'x-key': 'a, b' }, protocol: 'chat', clientName: 'ws-load client' },
    ])
  })

  test('sees every handshake closed properly', async () => {
    await using server = await echoing()
    await start({ command: 'exit 1', url: server.url, reuseExistingServer: true })
    expect(server.closes).toEqual([{ code: 1000, reason: '' }])
  })
})

describe('exited', () => {
  test('says how the server ended while it was being tested', async () => {
    const options = await serve()
    const target = await start(options)
    await visit(options.url, 'die')
    expect(anonymous(await target.exited, options)).toMatchInlineSnapshot(`
      "\`COMMAND\` (target.command) exited with code 7 while it was being tested.
      Expected it to serve at URL (target.url) until it is stopped: see its output below.
      The last lines of its stderr:
        | farewell"
    `)
  })

  test('says how the server ended just before it was stopped, though what it started goes on', async () => {
    const options = await serve()
    const child = evaluate('process.on("SIGTERM", () => setTimeout(process.exit, 800))')
    const target = await start({ ...options, command: `${child} & ${options.command}` })
    const server = await visit(options.url, 'die')
    await expect.poll(() => isAlive(server), { interval: 1 }).toBe(false)
    await target.stop()
    expect(await Promise.race([target.exited, Promise.resolve('nothing')])).toContain(
      'exited with code 7 while it was being tested',
    )
  })

  test('stays pending when the target is stopped', async () => {
    const target = await start(await serve())
    await target.stop()
    expect(await Promise.race([target.exited, Promise.resolve('pending')])).toBe('pending')
  })
})

describe('a message', () => {
  test('keeps the secrets of a url to itself', async () => {
    const url = `ws://user:secret@127.0.0.1:${await freePort()}/path?token=secret`
    const { message } = await failure({ command: 'exit 1', url })
    expect(message).not.toContain('secret')
  })
})

describe('options', () => {
  test('name a directory that exists', async () => {
    const starting = startTarget(targetOf({ ...(await serve()), cwd: join(import.meta.dirname, 'nowhere') }))
    await expect(starting).rejects.toMatchObject({
      code: 'WSLOAD_ERR_INVALID_OPTIONS',
      message: expect.stringMatching(/^target\.cwd: expected a directory that exists, got ".*/),
    })
  })

  test('name processors that this machine has', async () => {
    const starting = startTarget(targetOf({ ...(await serve()), cpuAffinity: [0, 4_096] }))
    await expect(starting).rejects.toMatchObject({
      code: 'WSLOAD_ERR_INVALID_OPTIONS',
      message: expect.stringMatching(
        /^target\.cpuAffinity: expected (none but on Linux|processors of this machine, 0 to \d+), got 0, 4096$/,
      ),
    })
  })
})
