import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findProgram } from '../support/child.ts'
import { freePort } from '../support/processes.ts'
import { echoing, refusing } from '../support/servers.ts'
import { type Files, linkedConsumer } from './support/consumer.ts'
import { anonymous, startCommand, type VitestRun } from './support/vitest-run.ts'

const consumer = await linkedConsumer()
afterAll(() => consumer[Symbol.asyncDispose]())

/** A server with a child process. At its start it adds a word to a file of its port beside it, and it dies when it is told to. */
const serverProgram = `
import { spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { WebSocketServer } from 'ws'

appendFileSync(new URL('started-' + process.env.PORT, import.meta.url), 'once ')
spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' })
const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.env.PORT) })
server.on('connection', (socket) => socket.on('message', () => {
  console.error('out of memory')
  process.exit(7)
}))`

/** Goes on in a server program: a clean-up of so many milliseconds. */
function takesTimeToEnd(ms: number): string {
  return `process.on('SIGTERM', () => setTimeout(() => { appendFileSync('cleaned', 'up'); process.exit() }, ${ms}))`
}

const meetsItsSLO = `
import { expect, test } from 'vitest-ws-load'
test('meets its SLO', async ({ wsLoad }) => {
  expect(await wsLoad()).toMeetSLO({ max: '< 5s' })
})`

const floodsForever = `
import { test } from 'vitest-ws-load'
test('floods', async ({ wsLoad }) => {
  setTimeout(() => console.log('flooding'), 500)
  await wsLoad({ duration: '50s', rate: 100 })
})`

/** The target's project, its URL and how often it was started, of a server program in `directory`. */
function tellsItsTarget(directory = '.'): string {
  return `
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest-ws-load'
test('floods its target', async ({ task, wsLoad, wsLoadTarget }) => {
  expect(await wsLoad()).toMeetSLO({ max: '< 5s' })
  const started = new URL('${directory}/started-' + new URL(wsLoadTarget).port, import.meta.url)
  console.log(task.file.projectName, wsLoadTarget, readFileSync(started, 'utf8'))
})`
}

const isWatched = `
import { expect, test } from 'vitest-ws-load'
test('is watched', async ({ wsLoad }) => {
  const { server, serverUnwatched } = await wsLoad({ pings: undefined, duration: '500ms', rate: 100 })
  expect({ source: server?.source, serverUnwatched }).toEqual({ source: 'command' })
  // The shell, Node, and its child.
  expect(server.processes).toBeGreaterThanOrEqual(3)
})`

const killsItsTarget = `
import { test as base } from 'vitest-ws-load'
base('kills its target', async ({ wsLoadTarget }) => {
  const socket = new WebSocket(wsLoadTarget)
  socket.onopen = () => socket.send('die')
  await new Promise((resolve) => (socket.onclose = resolve))
})`

interface TargetSettings {
  readonly command: string
  readonly url: string
  readonly [other: string]: unknown
}

async function aTarget(settings: object = {}, env: object = {}): Promise<TargetSettings> {
  const port = await freePort()
  return {
    command: `exec "${process.execPath}" server.js`,
    url: `ws://127.0.0.1:${port}`,
    env: { PORT: String(port), ...env },
    ...settings,
  }
}

function plugin(target: TargetSettings): string {
  return `wsLoad(${JSON.stringify({ target, defaults: { connections: 2, pings: 20, warmup: 0 } })})`
}

/** One of several projects of a configuration, which inherits nothing. Its tests are in a file of its name. */
function projectOf(name: string, target: TargetSettings, settings: object = {}): string {
  const test = { name, include: [`${name}.test.js`], ...settings }
  return `{ extends: false, plugins: [${plugin(target)}], test: ${JSON.stringify(test)} }`
}

/** A project whose `slo.test.js` floods the server of `serverProgram`. */
function project(config: string, files: Files = {}): Files {
  const imports = `import wsLoad from 'vitest-ws-load/plugin'\nimport { defineConfig } from 'vitest/config'\n`
  return {
    'server.js': serverProgram,
    'vitest.config.js': `${imports}export default defineConfig(${config})`,
    'slo.test.js': meetsItsSLO,
    ...files,
  }
}

describe('a target', () => {
  describe('of one configuration', () => {
    let run: VitestRun

    beforeAll(async () => {
      const { 'server.js': server = '', ...files } = project(
        `{ plugins: [${plugin(await aTarget({ cwd: 'backend' }))}], test: { benchmark: { enabled: true } } }`,
        { 'slo.bench.js': tellsItsTarget('backend') },
      )
      const inside = Object.entries({ ...files, 'backend/server.js': server }).map(([path, text]) => [
        `app/${path}`,
        text,
      ])
      run = await consumer.run(Object.fromEntries(inside) as Files, ['--root=app'])
    })

    test('is up for the tests and gone after them', () => {
      expect(run).toMatchObject({ exitCode: 0, stderr: '', survivors: 0 })
      expect(run.stdout).toContain('✓ slo.test.js (1 test)')
    })

    test("runs with its environment in the configuration file's directory, wherever Vitest is run from", async () => {
      expect(run).toMatchObject({ exitCode: 0, stderr: '' })
      expect(await readdir(join(run.cwd, 'app/backend'))).toContainEqual(expect.stringMatching(/^started-\d+$/))
    })

    test('is shared with the benchmarks of the configuration', () => {
      expect(run).toMatchObject({ exitCode: 0, stderr: '' })
      expect(run.stdout).toMatch(/^bench ws:\S+ once $/m)
    })
  })

  test('has the time to end that it is given, beyond that of Vitest', async () => {
    const config = `{ plugins: [${plugin(await aTarget({ stopTimeout: '20s' }))}], test: { teardownTimeout: 500 } }`
    const run = await consumer.run(project(config, { 'server.js': `${serverProgram}\n${takesTimeToEnd(1_500)}` }))
    expect(run).toMatchObject({ exitCode: 0, stderr: '', survivors: 0 })
    expect(await readFile(join(run.cwd, 'cleaned'), 'utf8')).toBe('up')
  })

  test("is gone after an error in the user's own global setup", async () => {
    const run = await consumer.run(
      project(`{ plugins: [${plugin(await aTarget())}], test: { globalSetup: './own-setup.js' } }`, {
        'own-setup.js': `export default () => { throw new Error('own setup failed') }`,
      }),
    )
    expect(run).toMatchObject({ exitCode: 1, survivors: 0 })
    expect(run.stderr).toContain('own setup failed')
  })

  describe('has the NODE_ENV of the user', () => {
    const runs = new Map<string | undefined, VitestRun>()

    /** A target of the plugin and two of a test, each of which adds its mode to a file of the pool. */
    async function tellsItsModes(pool: string): Promise<{ project: string; file: Files }> {
      const recording = { MODES: `modes-in-${pool}` }
      const [target, base, head] = [
        await aTarget({}, recording),
        await aTarget({}, recording),
        await aTarget({}, recording),
      ]
      const file = `
import { readFileSync } from 'node:fs'
import { test } from 'vitest-ws-load'
test('compares', { timeout: 60_000 }, async ({ wsLoad }) => {
  const sides = ${JSON.stringify({ base, head })}
  await wsLoad.compare({ ...sides, rate: 100, maxDuration: '1s', warmup: 0 })
  console.log('modes in ${pool}: ' + readFileSync('modes-in-${pool}', 'utf8'))
})`
      return { project: projectOf(pool, target, { pool }), file: { [`${pool}.test.js`]: file } }
    }

    beforeAll(async () => {
      const pools = await Promise.all(['forks', 'threads'].map(tellsItsModes))
      for (const mode of [undefined, 'production', 'test']) {
        const files = project(`{ test: { projects: [${pools.map((pool) => pool.project).join()}] } }`, {
          'server.js': `${serverProgram}\nappendFileSync(process.env.MODES, process.env.NODE_ENV + ' ')`,
          ...(Object.assign({}, ...pools.map((pool) => pool.file)) as Files),
        })
        const env = mode === undefined ? {} : { NODE_ENV: mode }
        runs.set(mode, await consumer.run(files, mode === 'test' ? ['--project=forks'] : [], { env }))
      }
    })

    test.for([
      ['forks', undefined, 'undefined'],
      ['forks', 'production', 'production'],
      ['forks', 'test', 'test'],
      ['threads', undefined, 'undefined'],
      ['threads', 'production', 'production'],
    ] as const)('in %s, where it is %s', ([pool, mode, expected]) => {
      expect(runs.get(mode)!.stdout).toContain(`modes in ${pool}: ${expected} ${expected} ${expected} `)
    })
  })

  test('is started for none but the tests that are run', async () => {
    const run = await consumer.run(project(`{ plugins: [${plugin(await aTarget())}] }`), ['no-such-file'])
    expect(run.exitCode).toBe(1)
    expect(await readdir(run.cwd)).not.toContainEqual(expect.stringMatching(/^started/))
  })
})

describe('in one run', () => {
  let run: VitestRun
  let told: (...names: string[]) => string[]
  let targets: Record<'inherited' | 'named' | 'first' | 'second', TargetSettings>
  let reused: { pings: number; handshakes: number }

  beforeAll(async () => {
    await using server = await echoing()
    targets = { inherited: await aTarget(), named: await aTarget(), first: await aTarget(), second: await aTarget() }
    const watched = { ...(await aTarget()), command: `"${process.execPath}" server.js & wait` }
    const reusing = await aTarget({ command: 'exit 1', url: server.url, reuseExistingServer: true })
    const stubborn = await aTarget({ command: `exec "${process.execPath}" stubborn.js`, stopTimeout: 300 })
    const projects = [
      ...['one', 'two'].map((name) => `{ extends: true, test: { name: '${name}', include: ['${name}.test.js'] } }`),
      projectOf('three', targets.named),
      projectOf('four', targets.named),
      projectOf('five', targets.first),
      projectOf('six', targets.second),
      projectOf('watched', watched),
      projectOf('reusing', reusing),
      projectOf('stubborn', stubborn),
    ]
    const tells = ['one', 'two', 'three', 'four', 'five', 'six'].map((name) => [`${name}.test.js`, tellsItsTarget()])
    const config = `{ plugins: [${plugin(targets.inherited)}], test: { projects: [${projects.join()}] } }`
    const files = project(config, {
      ...(Object.fromEntries(tells) as Files),
      'watched.test.js': isWatched,
      'reusing.test.js': meetsItsSLO,
      'stubborn.test.js': meetsItsSLO,
      'stubborn.js': `${serverProgram}\n${takesTimeToEnd(60_000)}`,
    })
    run = await consumer.run(files, ['--no-isolate', '--max-workers=1'])
    reused = { pings: server.pings, handshakes: server.handshakes.length }
    const lines = (run.stdout.match(/^.* ws:.*$/gm) ?? []).toSorted()
    told = (...names) => lines.filter((line) => names.some((name) => line.startsWith(`${name} `)))
  })

  describe('several projects', () => {
    test('share the target of the configuration that they inherit', () => {
      const { url } = targets.inherited
      expect(told('one', 'two')).toEqual([`one ${url} once `, `two ${url} once `])
    })

    test('share a target that each of them names', () => {
      const { url } = targets.named
      expect(told('three', 'four')).toEqual([`four ${url} once `, `three ${url} once `])
    })

    test('each flood the target that they name', () => {
      const { first, second } = targets
      expect(told('five', 'six')).toEqual([`five ${first.url} once `, `six ${second.url} once `])
    })
  })

  describe('a target', () => {
    test('is watched with its children', () => {
      expect(run.stdout).toContain('✓ |watched| watched.test.js (1 test)')
    })

    test('is left running when it was there before', () => {
      expect(run.stdout).toContain('✓ |reusing| reusing.test.js (1 test)')
      expect(reused.pings).toBeGreaterThan(0)
      // One handshake to see that it is up, two by the flood.
      expect(reused.handshakes).toBe(3)
    })

    test('is killed after its time, which is said, and nothing else is', () => {
      expect(run).toMatchObject({ exitCode: 0, survivors: 0 })
      expect(anonymous(run.stderr)).toMatchInlineSnapshot(`
        "
        vitest-ws-load: \`exec "node" stubborn.js\` (target.command) was killed, because it or what it started did not end within 300 ms of SIGTERM.
        Expected it to end in that time: change what it does then, or target.stopTimeout, or target.stopSignal.
        "
      `)
    })
  })
})

describe('a target that does not start', () => {
  /** Vitest's "Unhandled Error", which is all that it says but "No test files found". */
  async function failure(target: TargetSettings): Promise<string> {
    const run = await consumer.run(project(`{ plugins: [${plugin(target)}] }`))
    expect(run.exitCode).toBe(1)
    return anonymous(run.stderr.split(/^⎯+ Unhandled Error ⎯+\n|\n⎯+\n/m)[1] ?? run.stderr)
  }

  test('because it dies at once is one message', async () => {
    const program = `console.error('Error: no database at 10.0.0.7'); process.exit(3)`
    const target = await aTarget({ command: `"${process.execPath}" -e "${program}"` })
    expect(await failure(target)).toMatchInlineSnapshot(`
      "WsLoadError: no test was run, because the server under test did not start.
      \`"node" -e "console.error('Error: no database at 10.0.0.7'); process.exit(3)"\` (target.command) exited with code 3 before ws://127.0.0.1:PORT (target.url) accepted a WebSocket.
      Expected it to stay in the foreground and serve there: see its output below, then change target.command, target.cwd or target.env.
      The last lines of its stderr:
        | Error: no database at 10.0.0.7"
    `)
  })

  test('because it is never up is one message', async () => {
    const program = `console.log('waiting for the database'); setInterval(() => {}, 1e6)`
    const target = await aTarget({ command: `"${process.execPath}" -e "${program}"`, timeout: '6s' })
    expect(await failure(target)).toMatchInlineSnapshot(`
      "WsLoadError: no test was run, because the server under test did not start.
      ws://127.0.0.1:PORT (target.url) accepted no WebSocket within 6 s of running \`"node" -e "console.log('waiting for the database'); setInterval(() => {}, 1e6)"\` (target.command); the last handshake was answered: connect ECONNREFUSED 127.0.0.1:PORT.
      Expected a WebSocket that stays open, HTTP 401 or HTTP 403: change target.url or target.command, or target.timeout when the server needs longer to start.
      The last lines of its stdout:
        | waiting for the database"
    `)
  })

  test('because its port is taken by another WebSocket server is one message', async () => {
    await using server = await echoing()
    expect(await failure(await aTarget({ url: server.url }))).toMatchInlineSnapshot(`
      "WsLoadError: no test was run, because the server under test did not start.
      A server accepts WebSockets at ws://127.0.0.1:PORT (target.url) before \`exec "node" server.js\` (target.command) was run.
      Expected none, so that no forgotten server is measured: end it, change target.url, or set target.reuseExistingServer to true to measure it as it is."
    `)
  })

  test('because its port is taken by something else is one message', async () => {
    await using server = await refusing(404)
    const target = await aTarget({ url: server.url, env: { PORT: new URL(server.url).port } })
    expect(await failure(target)).toMatch(/exited with code 1[^]*EADDRINUSE/)
  })

  test('is tried anew by the next run in the same process', async () => {
    const { 'server.js': server = '', ...files } = project(`{ plugins: [${plugin(await aTarget())}] }`)
    const twice = `
import { rename } from 'node:fs/promises'
import { startVitest } from 'vitest/node'
await (await startVitest('test', [], { watch: false })).close()
await rename('late-server.js', 'server.js')
const { state } = await startVitest('test', [], { watch: false })
console.log(state.getTestModules().map((module) => module.state()).join())`
    const directory = await consumer.project({ ...files, 'late-server.js': server, 'twice.js': twice })
    const { stdout, stderr } = await startCommand([process.execPath, 'twice.js'], directory).finished
    expect(stderr).toContain('Cannot find module')
    expect(stdout).toMatch(/^passed$/m)
  })

  test('is told to no project twice', async () => {
    const target = await aTarget({ command: 'exit 3' })
    const projects = `[{ extends: true, test: { name: 'one' } }, { extends: true, test: { name: 'two' } }]`
    const run = await consumer.run(project(`{ plugins: [${plugin(target)}], test: { projects: ${projects} } }`))
    expect(run.exitCode).toBe(1)
    expect(run.output.match(/exited with code 3/g)).toHaveLength(1)
  })
})

describe('a target of the root', () => {
  const inheriting = `{ extends: true, test: { name: 'load', include: ['slo.test.js'] } }`
  /** A folder with a configuration of its own. */
  const gateway: Files = {
    'gateway/vitest.config.js': `export default { test: { name: 'gateway' } }`,
    'gateway/gateway.test.js': `
import { expect, test } from 'vitest-ws-load'
test('floods', { timeout: 60_000 }, async ({ wsLoad }) => {
  expect(await wsLoad({ connections: 2, pings: 20, warmup: 0 })).toMeetSLO({ max: '< 5s' })
})`,
  }

  async function listing(...projects: string[]): Promise<Files> {
    return project(`{ plugins: [${plugin(await aTarget())}], test: { projects: [${projects.join()}] } }`, gateway)
  }

  describe('that no project inherits', () => {
    let run: VitestRun

    beforeAll(async () => {
      const args = ['--reporter=default', '--reporter=json', '--outputFile.json=out.json']
      run = await consumer.run(await listing(`'./gateway'`), args)
    })

    test('is said not to be started, once', async () => {
      expect(run.exitCode).toBe(0)
      expect(run.stderr).toMatch(
        /^\nvitest-ws-load: warning: the target of the plugin in the root's configuration is not started, .*\n$/,
      )
      expect(await readdir(run.cwd)).not.toContainEqual(expect.stringMatching(/^started/))
    })

    test('is told from the embedded server in the records of floods', async () => {
      const { testResults } = JSON.parse(await readFile(join(run.cwd, 'out.json'), 'utf8')) as {
        testResults: { assertionResults: { meta: object }[] }[]
      }
      const [flood] = testResults.flatMap(({ assertionResults }) => assertionResults)
      expect(flood!.meta).toMatchObject({ wsLoad: [{ embedded: true }] })
    })
  })

  describe('that one of its projects inherits', () => {
    let run: VitestRun

    beforeAll(async () => {
      run = await consumer.run(await listing(inheriting, `'./gateway'`))
    })

    test('is no reason for a warning', () => {
      expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    })

    test('is told from the embedded server in the table', () => {
      expect(run.stdout).toMatch(/^ +✓ floods +pass .*\(embedded server\)/m)
      expect(run.stdout).toMatch(/^ +✓ meets its SLO +pass(?!.*\(embedded server\))/m)
    })
  })

  test('that no chosen project inherits is no reason for a warning', async () => {
    const run = await consumer.run(await listing(inheriting, `'./gateway'`), ['--project=gateway'])
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
  })
})

describe('a target that dies while it is being tested', () => {
  describe('in a run whose other tests fail too', () => {
    let run: VitestRun

    beforeAll(async () => {
      const projects = [projectOf('dies', await aTarget()), projectOf('lives', await aTarget())]
      const files = project(`{ test: { projects: [${projects.join()}] } }`, {
        // It goes on for a while, so that what is told at once is told before the run ends.
        'dies.test.js': `${killsItsTarget.replace(/\}\)$/, '  await new Promise((resolve) => setTimeout(resolve, 2_000))\n})')}${meetsItsSLO}`,
        'lives.test.js': `${meetsItsSLO}\ntest('fails', () => { throw new Error('on purpose') })`,
      })
      run = await consumer.run(files)
    })

    test('is told at once with its last words, and again at the end', () => {
      expect(run.exitCode).toBe(1)
      expect(run.stdout).toContain('❯ |dies| dies.test.js (2 tests | 1 failed)')
      const [before, after] = run.stderr.split(/^⎯+ Failed Tests[^]*\[2\/2\]⎯+$/m).map(anonymous)
      expect(before).toMatchInlineSnapshot(`
        "
        vitest-ws-load: \`exec "node" server.js\` (target.command) exited with code 7 while it was being tested.
        Expected it to serve at ws://127.0.0.1:PORT (target.url) until it is stopped: see its output below.
        The last lines of its stderr:
          | out of memory

        "
      `)
      expect(after).toMatchInlineSnapshot(`
        "


        vitest-ws-load: the run fails because \`exec "node" server.js\` (target.command) ended while it was being tested, see above.
        "
      `)
    })

    test('is gone with a target that lives, after tests that failed', () => {
      expect(run).toMatchObject({ exitCode: 1, survivors: 0 })
      expect(run.stdout).toContain('❯ |lives| lives.test.js (2 tests | 1 failed)')
    })
  })

  test('fails a run whose tests all passed', async () => {
    const run = await consumer.run(
      project(`{ plugins: [${plugin(await aTarget())}] }`, { 'slo.test.js': killsItsTarget }),
    )
    expect(run.stdout).toContain('1 passed')
    expect(run.exitCode).toBe(1)
  })
})

describe('a target is gone after a run that is ended by', () => {
  test.for(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('%s', async (signal) => {
    const files = project(`{ plugins: [${plugin(await aTarget())}] }`, { 'slo.test.js': floodsForever })
    const run = await consumer.start(files)
    await run.shows('flooding')
    // Vitest, its worker, the shell or the server, the server's child, and the process that watches over them.
    expect(run.processes().length).toBeGreaterThanOrEqual(5)
    process.kill(signal === 'SIGINT' ? -run.process.pid! : run.process.pid!, signal)
    const { exitCode, signal: end, stderr } = await run.finished
    expect({ exitCode, end, stderr }).toEqual(
      {
        SIGINT: { exitCode: 130, end: null, stderr: '' },
        SIGTERM: { exitCode: 143, end: null, stderr: '' },
        SIGKILL: { exitCode: null, end: 'SIGKILL', stderr: '' },
      }[signal],
    )
  })

  test('a Ctrl-C in a terminal', async ({ skip }) => {
    skip(findProgram('script') === undefined, 'needs script(1)')
    const files = project(`{ plugins: [${plugin(await aTarget())}] }`, { 'slo.test.js': floodsForever })
    const vitest = `"${process.execPath}" "${join(consumer.directory, 'node_modules/vitest/vitest.mjs')}" run`
    const run = startCommand(['script', '-qec', vitest, '/dev/null'], await consumer.project(files))
    await run.shows('flooding')
    run.process.stdin!.write('\x03')
    expect((await run.finished).exitCode).toBe(130)
  })

  test('a Ctrl-C while the target is still starting', async () => {
    const started = join(consumer.directory, 'silent-target-started')
    const program = `require('fs').writeFileSync('${started}', ''); setInterval(() => {}, 1e6)`
    const target = await aTarget({ command: `"${process.execPath}" -e "${program}"` })
    const run = await consumer.start(project(`{ plugins: [${plugin(target)}] }`))
    await expect.poll(() => existsSync(started)).toBe(true)
    process.kill(-run.process.pid!, 'SIGINT')
    expect((await run.finished).exitCode).toBe(130)
  })
})

test('an embedded server is gone after a run that is killed', async () => {
  const run = await consumer.start({ 'slo.test.js': floodsForever }, ['--testTimeout=60000'])
  await run.shows('flooding')
  expect(run.processes().length).toBeGreaterThanOrEqual(3)
  run.process.kill('SIGKILL')
  expect((await run.finished).signal).toBe('SIGKILL')
})
