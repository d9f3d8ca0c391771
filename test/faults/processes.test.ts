import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { setTimeout as elapsed } from 'node:timers/promises'
import { vi } from 'vitest'
import { findProgram, startChild } from '../support/child.ts'
import { listen } from '../support/listener.ts'
import { childrenOf, evaluate, freePort, isAlive, parentOf, pidServer, visit } from '../support/processes.ts'
import { deaf, delaying, echoing, neverUpgrading, silent } from '../support/servers.ts'
import { matrix, unprintable } from './matrix.ts'
import { program, type RunningProgram } from './program.ts'
import { starting } from './starting.ts'

const crashingProbe = join(import.meta.dirname, '../support/crashing-probe.ts')
/** A run that only a fault ends, and a short one. */
const long = ['-c', '3', '-d', '60s', '-r', '200/s', '--warmup', '0', '--timeout', '60s']
const short = ['-c', '3', '-d', '300ms', '-r', '200/s', '--warmup', '0']
const hasFull = existsSync('/dev/full')
const [setsid, timeout] = ['setsid', 'timeout'].map(findProgram)
const nothing = evaluate('setInterval(() => {}, 1e6)')

/** Sends a program a signal when its server has seen something. */
function signalling<Server>(signal: NodeJS.Signals, hasSeen: (server: Server) => boolean) {
  return async ({ process: child }: RunningProgram, server: Server) => {
    await vi.waitUntil(() => hasSeen(server) || child.exitCode !== null, { timeout: 50_000, interval: 5 })
    child.kill(signal)
  }
}

/** A server in a process of its own. */
async function serverProcess() {
  const port = await freePort()
  const url = `ws://127.0.0.1:${port}`
  const file = join(import.meta.dirname, '../support/pid-server.ts')
  const child = await startChild(process.execPath, [file, `${port}`], () =>
    vi.waitFor(() => visit(url), { timeout: 40_000, interval: 50 }),
  )
  return {
    url,
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      if (isAlive(child.pid)) process.kill(child.pid, 'SIGCONT')
      await child[Symbol.asyncDispose]()
    },
  }
}

/** Sends a signal to the server of a program while it measures. */
function hitting(signal: NodeJS.Signals) {
  return async (running: RunningProgram, { pid }: { readonly pid: number }) => {
    await running.says('measuring')
    process.kill(pid, signal)
  }
}

/** Sends a program a signal when it has said something. */
function signallingAfter(signal: NodeJS.Signals, text: string) {
  return async (running: RunningProgram) => {
    await running.says(text)
    running.process.kill(signal)
  }
}

matrix('processes', [
  {
    fault: 'a target that crashes before it listens',
    run: starting({ command: () => evaluate('console.error("no database"); process.exit(7)') }),
    exit: 'throws',
    codes: 'WSLOAD_ERR_TARGET_EXITED',
    says: /exited with code 7[^]*no database/,
  },
  {
    fault: 'a target that ends well at once',
    run: starting({ command: () => 'true' }),
    exit: 'throws',
    codes: 'WSLOAD_ERR_TARGET_EXITED',
    says: /exited with code 0[^]*wrote nothing/,
  },
  {
    fault: 'a target that does not exist',
    run: starting({ command: () => 'no-such-command-anywhere' }),
    exit: 'throws',
    codes: 'WSLOAD_ERR_TARGET_EXITED',
    says: /exited with code 127/,
  },
  {
    fault: 'a target that is killed before it listens',
    run: starting({ command: () => 'kill -KILL $$' }),
    exit: 'throws',
    codes: 'WSLOAD_ERR_TARGET_EXITED',
    says: /was ended by SIGKILL/,
  },
  {
    fault: 'a target that never listens and says nothing',
    run: starting({ command: () => nothing, timeout: 800 }),
    exit: 'throws',
    codes: 'WSLOAD_ERR_TARGET_TIMEOUT',
    says: /ECONNREFUSED[^]*wrote nothing/,
  },
  {
    fault: 'a target that listens elsewhere',
    run: starting({ command: () => `PORT= ${evaluate('require("net").createServer().listen(0)')}`, timeout: 800 }),
    exit: 'throws',
    codes: 'WSLOAD_ERR_TARGET_TIMEOUT',
  },
  {
    fault: 'a target that accepts, and never answers',
    run: starting({ command: (port) => evaluate(`require("net").createServer().listen(${port})`), timeout: '2s' }),
    exit: 'throws',
    codes: 'WSLOAD_ERR_TARGET_TIMEOUT',
  },
  {
    fault: 'a target that answers with another status',
    run: starting({ command: (port) => pidServer(port, '--refuse 500'), timeout: '12s' }),
    exit: 'throws',
    codes: 'WSLOAD_ERR_TARGET_TIMEOUT',
    says: /HTTP 500/,
  },
  {
    fault: 'a target that accepts, and asks to be tried later',
    run: starting({
      command: (port) => pidServer(port, '--later 1013 --later-times 3'),
      meanwhile: ({ url }) => visit(url, 'die'),
    }),
    exit: 'reported',
    says: /exited with code 7/,
  },
  {
    fault: 'a target that accepts, and asks to be tried later again and again',
    run: starting({ command: (port) => pidServer(port, '--later 1013'), timeout: '3s' }),
    exit: 'throws',
    codes: 'WSLOAD_ERR_TARGET_TIMEOUT',
    says: /closed at once with 1013/,
  },
  {
    fault: 'a target whose last words are escape sequences and commands',
    run: starting({
      command: () => evaluate('console.error("\\u001b[2J\\u009b31m\\n::error::owned"); process.exit(1)'),
    }),
    exit: 'throws',
    codes: 'WSLOAD_ERR_TARGET_EXITED',
    never: unprintable,
  },
  {
    fault: 'a target whose port is taken',
    run: async (signal) => {
      await using server = await echoing()
      return await starting({ command: () => nothing, url: server.url })(signal)
    },
    exit: 'throws',
    codes: 'WSLOAD_ERR_TARGET_IN_USE',
  },
  {
    fault: 'a target whose port speaks HTTP alone',
    run: async (signal) => {
      await using server = await listen(() => createServer((_, response) => response.end('hello')), {})
      return await starting({ command: () => nothing, url: server.url, timeout: '4s' })(signal)
    },
    exit: 'throws',
    codes: 'WSLOAD_ERR_TARGET_TIMEOUT',
    says: /HTTP 200/,
  },
  {
    fault: 'a target in a directory that does not exist',
    run: starting({ command: () => nothing, cwd: '/no/such/directory' }),
    exit: 'throws',
    codes: 'WSLOAD_ERR_INVALID_OPTIONS',
  },
  {
    fault: 'a target that nobody waits for any more',
    run: starting({ command: () => nothing, signal: () => AbortSignal.timeout(300) }),
    exit: 'throws',
    codes: 'WSLOAD_ERR_ABORTED',
  },
  {
    fault: 'a target that writes ten megabytes that nobody reads',
    run: starting({ command: (port) => pidServer(port, '--chatter 10000000') }),
    exit: 0,
  },
  {
    fault: 'a target that minds no SIGTERM',
    run: starting({ command: (port) => pidServer(port, '--ignore-sigterm') }),
    exit: 0,
    within: 40_000,
  },
  {
    fault: 'a target whose server leaves its process group',
    run: starting({ command: (port) => `${setsid} --wait ${pidServer(port)}` }),
    exit: 0,
    isPossible: setsid !== undefined,
  },
  {
    fault: 'a target whose server has a limit of time',
    run: starting({ command: (port) => `${timeout} 300 ${pidServer(port)}` }),
    exit: 0,
    isPossible: timeout !== undefined,
  },
  {
    fault: 'a target that detaches its server, and ends',
    run: starting({ command: (port) => `${setsid} --fork ${pidServer(port)}` }),
    exit: 'throws',
    codes: 'WSLOAD_ERR_TARGET_EXITED',
    says: /exited with code 0[^]*stay in the foreground/,
    isPossible: setsid !== undefined,
  },
  {
    fault: 'a target that ends with its stdin',
    run: starting({ command: (port) => pidServer(port, '--ends-with-stdin') }),
    exit: 'throws',
    codes: 'WSLOAD_ERR_TARGET_EXITED',
    says: /exited with code 0[^]*set target\.stdin to 'open'/,
  },
  {
    fault: 'a target that ends with its stdin, which is open',
    run: starting({ command: (port) => pidServer(port, '--ends-with-stdin'), stdin: 'open' }),
    exit: 0,
  },
  {
    fault: 'a target that crashes while it is tested',
    run: starting({ command: (port) => pidServer(port), meanwhile: ({ url }) => visit(url, 'die') }),
    exit: 'reported',
    says: /exited with code 7 while it was being tested[^]*farewell/,
  },
  {
    fault: 'a target that is killed while it is tested',
    run: starting({
      command: (port) => `exec ${pidServer(port)}`,
      meanwhile: async ({ url }) => process.kill(await visit(url), 'SIGKILL'),
    }),
    exit: 'reported',
    says: /was ended by SIGKILL while it was being tested/,
  },
  {
    fault: 'a target whose leash is killed',
    run: starting({
      command: (port) => `exec ${pidServer(port)}`,
      meanwhile: async ({ url }) => process.kill(parentOf(await visit(url)), 'SIGKILL'),
    }),
    exit: 'reported',
    says: /was ended by SIGKILL while it was being tested/,
  },

  {
    fault: 'a server that is killed in mid-run',
    run: program(({ url, file }) => [url, ...long, '-v', 'debug', '--slo', 'max < 1m', '--json', file('out.json')], {
      server: serverProcess,
      meanwhile: hitting('SIGKILL'),
    }),
    exit: 1,
    closedEarly: 3,
    codes: /^(ECONNRESET|EPIPE|CLOSE_1006)$/,
  },
  {
    fault: 'a server that is stopped in mid-run',
    run: program(
      ({ url, file }) => [url, ...short, '-d', '6s', '--drain', '300ms', '-v', 'debug', '--json', file('out.json')],
      { server: serverProcess, meanwhile: hitting('SIGSTOP') },
    ),
    exit: 0,
    holds: { 'pings have no answer': ({ result }) => result!.pings.lost + result!.pings.timedOut > 0 },
  },
  {
    fault: 'the embedded server is killed in mid-run',
    run: program(({ file }) => [...long, '-v', 'debug', '--slo', 'max < 1m', '--json', file('out.json')], {
      async meanwhile(running) {
        await running.says('measuring')
        for (const pid of childrenOf(running.process.pid!)) process.kill(pid, 'SIGKILL')
      },
    }),
    exit: 1,
    closedEarly: 3,
    codes: /^(ECONNRESET|EPIPE|CLOSE_1006)$/,
  },
  {
    fault: 'a load thread that throws',
    run: program(({ url }) => [url, ...long, '--probe', crashingProbe], { server: echoing }),
    exit: 5,
    says: /a load thread crashed[^]*out of the blue/,
  },

  {
    fault: 'Ctrl-C while connections are opened',
    run: program(({ url }) => [url, ...long, '--connect-timeout', '60s'], {
      server: neverUpgrading,
      meanwhile: signalling('SIGINT', ({ accepted }) => accepted === 3),
    }),
    exit: 130,
    says: /Nothing was measured/,
  },
  {
    fault: 'Ctrl-C in the warm-up',
    run: program(({ url }) => [url, ...long, '--warmup', '60s'], {
      server: echoing,
      meanwhile: signalling('SIGINT', ({ pings }) => pings > 20),
    }),
    exit: 130,
    says: /Nothing was measured/,
  },
  {
    fault: 'Ctrl-C in the measured window',
    run: program(({ url, file }) => [url, ...long, '--json', file('out.json')], {
      server: echoing,
      meanwhile: signalling('SIGINT', ({ pings }) => pings > 50),
    }),
    exit: 130,
    holds: { 'what was measured is kept': ({ result }) => result?.ended === 'aborted' && result.pings.answered > 0 },
  },
  {
    fault: 'Ctrl-C in the drain',
    run: program(({ url, file }) => [url, ...short, '--drain', '60s', '--timeout', '60s', '--json', file('out.json')], {
      server: silent,
      async meanwhile({ process: child }, server) {
        const isOver = (seen: number) => server.pings > 0 && server.pings === seen
        for (let seen = -1; !isOver(seen); await elapsed(500)) seen = server.pings
        child.kill('SIGINT')
      },
    }),
    exit: 130,
    holds: { 'all is lost': ({ result }) => result!.pings.lost === result!.pings.sent },
  },
  {
    fault: 'Ctrl-C against a server that reads nothing',
    run: program(({ url }) => [url, ...long], {
      server: deaf,
      meanwhile: signalling('SIGINT', ({ accepted }) => accepted === 3),
    }),
    exit: 130,
  },
  {
    fault: 'Ctrl-C at a rate that no machine keeps up with',
    run: program(['-r', '100M/s', '-d', '60s', '-v', 'debug'], {
      async meanwhile(running) {
        await running.says(/warming up|measuring/)
        running.process.kill('SIGINT')
      },
    }),
    exit: 130,
  },
  {
    fault: 'a rate that no machine keeps up with',
    run: program(['-r', '1000M/s', '-d', '300ms', '--warmup', '0', '--drain', '1s']),
    exit: 0,
  },
  {
    fault: 'SIGTERM in mid-run',
    run: program(({ url, file }) => [url, ...long, '--json', file('out.json')], {
      server: echoing,
      meanwhile: signalling('SIGTERM', ({ pings }) => pings > 50),
    }),
    exit: 143,
    says: /aborted early/,
    holds: { 'what was measured is kept': ({ result }) => result?.ended === 'aborted' && result.pings.answered > 0 },
  },
  {
    fault: 'a limit of time that ends its run, and sends SIGTERM to it and to its group',
    run: program(({ url, file }) => [url, ...long, '--json', file('out.json')], {
      server: echoing,
      shell: `set -- ${timeout} 15 "$@"`,
    }),
    exit: 124,
    holds: { 'what was measured is kept': ({ result }) => result?.ended === 'aborted' && result.pings.answered > 0 },
    isPossible: timeout !== undefined,
  },
  {
    fault: 'SIGHUP in mid-run, as of a terminal that is closed',
    run: program(({ url, file }) => [url, ...long, '--json', file('out.json')], {
      server: echoing,
      meanwhile: signalling('SIGHUP', ({ pings }) => pings > 50),
    }),
    exit: 129,
    says: /aborted early/,
    holds: { 'what was measured is kept': ({ result }) => result?.ended === 'aborted' && result.pings.answered > 0 },
  },
  {
    fault: 'SIGKILL in mid-run',
    run: program([...long, '-v', 'debug'], { meanwhile: signallingAfter('SIGKILL', 'measuring') }),
    exit: 'SIGKILL',
  },
  {
    fault: 'SIGKILL while two servers are compared',
    run: program(({ url }) => ['compare', url, url, '--max-duration', '60s', '-v', 'debug'], {
      server: echoing,
      meanwhile: signallingAfter('SIGKILL', 'measuring'),
    }),
    exit: 'SIGKILL',
  },
  {
    fault: 'Ctrl-C while two servers are compared',
    run: program(({ url }) => ['compare', url, url, '--max-duration', '60s', '-c', '3'], {
      server: () => delaying(() => 1),
      meanwhile: signalling('SIGINT', ({ pings }) => pings > 100),
    }),
    exit: 130,
  },
  {
    fault: 'SIGTERM while two servers are compared',
    run: program(({ url }) => ['compare', url, url, '--max-duration', '60s', '-c', '3'], {
      server: () => delaying(() => 1),
      meanwhile: signalling('SIGTERM', ({ pings }) => pings > 100),
    }),
    exit: 143,
    says: /Unclear: [^]*aborted/,
  },
  {
    fault: 'SIGHUP while two servers are compared',
    run: program(({ url }) => ['compare', url, url, '--max-duration', '60s', '-c', '3'], {
      server: () => delaying(() => 1),
      meanwhile: signalling('SIGHUP', ({ pings }) => pings > 100),
    }),
    exit: 129,
    says: /Unclear: [^]*aborted/,
  },
  {
    fault: 'SIGTERM while the doctor compares two servers that do the same',
    run: program(['doctor', '-c', '3', '--seconds', '60'], { meanwhile: signallingAfter('SIGTERM', '1. Two') }),
    exit: 143,
    says: /Interrupted/,
    never: /2\. A server|blind/,
  },
  {
    fault: 'Ctrl-C while the doctor looks for a regression',
    run: program(['doctor', '-c', '3', '--seconds', '12', '-r', '100/s'], {
      meanwhile: signallingAfter('SIGINT', '2. A server'),
    }),
    exit: 130,
    says: /can be found[^]*Interrupted/,
    never: /blind/,
  },
  {
    fault: 'SIGHUP while the doctor compares two servers that do the same',
    run: program(['doctor', '-c', '3', '--seconds', '60'], { meanwhile: signallingAfter('SIGHUP', '1. Two') }),
    exit: 129,
    says: /Interrupted/,
  },

  {
    fault: 'an output that nobody reads',
    run: program(short, { stdout: 'closed pipe' }),
    exit: 4,
    says: /stdout: .*EPIPE/,
  },
  {
    fault: 'an output on a full disk',
    run: program(short, { stdout: '/dev/full' }),
    exit: 4,
    says: /stdout: .*ENOSPC/,
    isPossible: hasFull,
  },
  {
    fault: 'JSON that nobody reads',
    run: program([...short, '--json', '-'], { stdout: 'closed pipe' }),
    exit: 4,
    says: /stdout: .*EPIPE/,
  },
  {
    fault: 'JSON on a full disk',
    run: program([...short, '--json', '-'], { stdout: '/dev/full' }),
    exit: 4,
    isPossible: hasFull,
  },
  { fault: 'progress that nobody reads', run: program([...short, '-v', 'debug'], { stderr: 'closed pipe' }), exit: 0 },
  {
    fault: 'progress on a full disk',
    run: program([...short, '-v', 'debug'], { stderr: '/dev/full' }),
    exit: 0,
    isPossible: hasFull,
  },
  { fault: 'errors that nobody reads', run: program(['--conections'], { stderr: 'closed pipe' }), exit: 2 },
  {
    fault: 'no output at all',
    run: program(short, { stdout: 'closed pipe', stderr: 'closed pipe' }),
    exit: 4,
  },
  { fault: 'no input', run: program(short, { shell: 'exec 0<&-' }), exit: 0 },
  {
    fault: 'no directory for temporary files',
    run: program(short, { shell: 'export TMPDIR=/no/such/directory' }),
    exit: 0,
  },
  { fault: 'an environment without anything', run: program(short, { shell: 'unset PATH HOME LANG' }), exit: 0 },

  {
    fault: 'neither threads nor processes are permitted',
    run: program(short, { execArgv: ['--permission', '--allow-fs-read=*'] }),
    exit: 5,
    says: /--allow-worker/,
  },
  {
    fault: 'too few file descriptors',
    run: program(({ url }) => [url, ...short, '-c', '100'], { server: echoing, shell: 'ulimit -n 60' }),
    exit: 5,
    says: /ulimit -n/,
  },
  {
    fault: 'too few file descriptors for so many threads',
    run: program(({ url }) => [url, ...short, '-c', '60', '--threads', '8'], {
      server: echoing,
      shell: 'ulimit -n 130',
    }),
    exit: 5,
    says: /8 load threads .*ulimit -n/s,
  },
  {
    fault: 'too few ports',
    run: program(({ url }) => [url, ...short, '-c', '70000'], { server: echoing }),
    exit: 5,
    says: /ephemeral ports/,
  },

  {
    fault: 'ws-load echo on a port that is taken',
    run: program(({ url }) => ['echo', '--port', new URL(url).port], { server: echoing }),
    exit: 5,
    says: /EADDRINUSE/,
  },
  {
    fault: 'ws-load echo, and Ctrl-C',
    run: program(['echo'], {
      async meanwhile(running) {
        await running.says('ws://')
        running.process.kill('SIGINT')
      },
    }),
    exit: 0,
  },
  {
    fault: 'ws-load echo, and SIGTERM',
    run: program(['echo'], { meanwhile: signallingAfter('SIGTERM', 'ws://') }),
    exit: 0,
  },
  {
    fault: 'ws-load echo in a terminal that is closed',
    run: program(['echo'], { meanwhile: signallingAfter('SIGHUP', 'ws://') }),
    exit: 0,
  },
  {
    fault: 'ws-load echo, whose server is killed',
    run: program(['echo'], {
      async meanwhile(running) {
        await running.says('ws://')
        for (const pid of childrenOf(running.process.pid!)) process.kill(pid, 'SIGKILL')
      },
    }),
    exit: 5,
    says: /was ended by SIGKILL/,
  },
])
