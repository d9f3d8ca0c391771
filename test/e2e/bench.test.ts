import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Files, linkedConsumer } from './support/consumer.ts'
import { anonymous, type VitestRun } from './support/vitest-run.ts'

const consumer = await linkedConsumer()
afterAll(() => consumer[Symbol.asyncDispose]())

const config = (test = '{}'): string => `
import wsLoad from 'vitest-ws-load/plugin'
export default { plugins: [wsLoad({ defaults: { connections: 2, duration: 500, warmup: 0 } })], test: ${test} }`

/** A server that answers pings after `delay` milliseconds, and two of them in a benchmark file. */
const servers = `
import { WebSocketServer } from 'ws'
import { once } from 'node:events'
import { expect, test, wsLoad } from 'vitest-ws-load'
async function serve(delay) {
  const server = new WebSocketServer({ port: 0, autoPong: false })
  server.on('connection', (socket) => socket.on('ping', (data) => setTimeout(() => socket.pong(data), delay)))
  await once(server, 'listening')
  return 'ws://127.0.0.1:' + server.address().port
}
const [fast, slow] = [await serve(2), await serve(12)]
`

async function bench(files: Files, ...args: string[]): Promise<VitestRun> {
  return consumer.bench({ 'vitest.config.js': config(), ...files }, args)
}

/** For files that need not be apart. */
const oneWorker = ['--no-isolate', '--max-workers=1']

/** The JSON report of a run and other files that it wrote, as JSON without what differs from one run to the next. */
async function outcomeOf(files: Files, ...written: string[]): Promise<string[]> {
  const { cwd } = await bench(files, '--reporter=json', '--outputFile=report.json')
  const texts = await Promise.all(['report.json', ...written].map((file) => readFile(join(cwd, file), 'utf8')))
  return texts.map((text) => JSON.stringify(shapeOf(JSON.parse(text))))
}

/** Any number for a number, messages without their stacks. */
function shapeOf(value: unknown): unknown {
  if (typeof value === 'number') return 'number'
  if (typeof value === 'string') return anonymous(value.replace(/\n {4}at [^]*/, ''))
  if (Array.isArray(value)) return typeof value[0] === 'number' ? ['number'] : value.map(shapeOf)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, shapeOf(field)]))
}

/** A benchmark of its own with an SLO. */
function withLimit(limit: string): string {
  return `${servers}
test('slo', async ({ bench }) => {
  const slo = { p50: '${limit}' }
  const load = { url: slow, connections: 50, duration: undefined, until: slo }
  expect(await bench('gateway', wsLoad.flood(load)).run()).toMeetSLO(slo)
}, 90_000)`
}

describe('in one green run', () => {
  const flood = `wsLoad.flood({ url: fast, until: { p50: '< 1s' }, duration: undefined, confidence: 0.9 })`
  let run: VitestRun

  beforeAll(async () => {
    const files = {
      'turns.bench.js': `${servers}
test('turns', async ({ bench, wsLoad }) => {
  const [base, head] = [wsLoad.flood({ url: fast, duration: 400 }), wsLoad.flood({ url: fast, duration: 400 })]
  const begun = performance.now()
  const results = await bench.compare(bench('base', base), bench('head', head))
  expect(performance.now() - begun).toBeGreaterThan(800)
  for (const name of ['base', 'head']) {
    const { summary } = results.get(name)
    expect(summary.duration).toBeCloseTo(400, 3)
    expect(summary.slices.length).toBe(100)
  }
  expect(results.get('base').summary.startedAt).toBe(results.get('head').summary.startedAt)
})`,
      'kept.bench.js': `${servers}
test('kept', async ({ bench, wsLoad }) => {
  await bench('flood', { writeResult: 'results/flood.json' }, wsLoad.flood({ url: slow })).run()
  const results = await bench.compare(
    bench.from('before', 'results/flood.json'),
    bench('now', wsLoad.flood({ url: fast })),
    bench('again', wsLoad.flood({ url: fast })),
  )
  expect(results.get('now')).toBeFasterThan(results.get('before'))
})`,
      'until.bench.js': `${servers}
test('alone', async ({ bench }) => {
  const { summary } = await bench('until', ${flood}).run()
  expect(summary.ended).toBe('decided')
})
test('together', async ({ bench }) => {
  const compared = bench.compare(bench('one', ${flood}), bench('other', ${flood}))
  await expect(compared).rejects.toThrow('until: expected a duration instead')
})
test('on several machines, or not', async ({ bench }) => {
  const machines = { agents: 1, nats: 'nats://127.0.0.1:1' }
  const floods = [{ url: fast }, { url: fast, machines }].map((options) => wsLoad.flood({ ...options, duration: 100 }))
  const compared = bench.compare(bench('here', floods[0]), bench('agents', floods[1]))
  await expect(compared).rejects.toThrow('machines: expected the same of all floods')
})`,
      'hooks.bench.js': `${servers}
test('hooks', async ({ bench }) => {
  const called = []
  const hooks = { beforeAll: () => { called.push('before') }, afterAll: () => { called.push('after') } }
  await bench('flood', hooks, wsLoad.flood({ url: fast })).run()
  expect(called).toEqual(['before', 'after'])
})`,
      'met.bench.js': withLimit('< 1s'),
    }
    run = await bench(files, ...oneWorker)
  }, 180_000)

  test('a flood takes turns with the others of its comparison', () => {
    expect(outcomeOfFile('turns.bench.js')).toEqual(green)
  })

  test('a flood is kept in a file and compared with later', async () => {
    expect(outcomeOfFile('kept.bench.js')).toEqual(green)
    const kept = JSON.parse(await readFile(join(run.cwd, 'results/flood.json'), 'utf8'))
    expect(kept.latency.hdr).toMatch(/^HIST/)
  })

  test('a flood runs until its SLO is decided when it stands alone, and says that it cannot otherwise', () => {
    expect(outcomeOfFile('until.bench.js')).toEqual(green)
  })

  test('a flood calls the hooks of its benchmark once', () => {
    expect(outcomeOfFile('hooks.bench.js')).toEqual(green)
  })

  test('a flood does not fail the run when its SLO is met', () => {
    expect(outcomeOfFile('met.bench.js')).toEqual(green)
  })

  const green = { exitCode: 0, stderr: '', passed: true }
  function outcomeOfFile(file: string): object {
    const passed = new RegExp(String.raw`✓ .*\b${file} \(\d+ tests?\)`).test(run.stdout)
    return { exitCode: run.exitCode, stderr: run.stderr, passed }
  }
})

describe('in one red run', () => {
  let run: VitestRun

  beforeAll(async () => {
    const files = {
      'ticks.bench.js': `${servers}
const ticking = new WebSocketServer({ port: 0 })
ticking.on('connection', (socket) => {
  const timer = setInterval(() => socket.send('tick'), 5)
  socket.on('close', () => clearInterval(timer))
})
await once(ticking, 'listening')
test('ticks', async ({ bench, wsLoad }) => {
  const url = 'ws://127.0.0.1:' + ticking.address().port
  const load = { url, probe: { text: 'PING' }, rate: 100 }
  await expect(bench('ticks', wsLoad.flood(load)).run()).rejects.toMatchObject({ code: 'WSLOAD_ERR_NOTHING_MEASURED' })
  await bench('ticks', wsLoad.flood(load)).run()
})`,
      'broken.bench.js': `
import { expect, test } from 'vitest-ws-load'
test('broken', async ({ bench }) => {
  await bench('throws', () => { throw new Error('no luck') }).run()
})`,
      'missed.bench.js': withLimit('< 1ms'),
    }
    run = await bench(files, ...oneWorker)
  }, 180_000)

  test('a flood fails where nobody knows which messages were answers', () => {
    expect(failureOf('ticks.bench.js > ticks')).toMatch(
      /wsLoad\.flood: "ticks", ws:.*: [\d,]+ messages came when no ping was unanswered/,
    )
  })

  test('a flood fails the run when its SLO is missed', () => {
    expect(failureOf('missed.bench.js > slo')).toContain('SLO missed: p50 is ')
  })

  test('the benchmark provider passes on what an ordinary benchmark throws', () => {
    expect(failureOf('broken.bench.js > broken')).toContain('Error: no luck')
  })

  function failureOf(name: string): string | undefined {
    expect(run.exitCode).toBe(1)
    return run.stderr.split(/^(?= FAIL )/m).find((text) => text.split('\n', 1)[0]!.endsWith(name))
  }
})

describe('a flood as a benchmark', () => {
  test('stands in the table, in JSON and in JUnit beside ordinary ones', async () => {
    const files = {
      'gateway.bench.js': `${servers}
test('gateway', async ({ bench, wsLoad }) => {
  const results = await bench.compare(
    bench('slow flood', wsLoad.flood({ url: slow })),
    bench('a sum', () => { let sum = 0; for (let n = 0; n < 100; n++) sum += n; return sum }),
    bench('fast flood', wsLoad.flood({ url: fast })),
    { time: 50, warmupTime: 10 },
  )
  const { summary, latency } = results.get('fast flood')
  expect(summary.pings.answered).toBeGreaterThan(10)
  expect(latency.samplesCount).toBe(summary.pings.answered)
  expect(results.get('slow flood')).not.toBeFasterThan(results.get('fast flood'))
})`,
    }
    const run = await bench(
      files,
      '--reporter=default',
      '--reporter=json',
      '--reporter=junit',
      '--outputFile.json=out.json',
      '--outputFile.junit=out.xml',
    )
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    const order = [...run.stdout.matchAll(/^ +(slow flood|fast flood|a sum) /gm)].map(([, name]) => name)
    expect(order).toEqual(['a sum', 'fast flood', 'slow flood'])
    const json = await readFile(join(run.cwd, 'out.json'), 'utf8')
    expect(json).toMatch(/"name":"slow flood".*"hdr":"HIST/)
    expect(await readFile(join(run.cwd, 'out.xml'), 'utf8')).toContain('fast flood')
  })

  test('is none when nothing was measured, or nobody ran it', async () => {
    const files = {
      'nothing.bench.js': `${servers}
const dead = 'ws://127.0.0.1:9'
const silent = new WebSocketServer({ port: 0, autoPong: false })
await once(silent, 'listening')
const mute = 'ws://127.0.0.1:' + silent.address().port
test('dead', async ({ bench, wsLoad }) => { await bench('dead', wsLoad.flood({ url: dead })).run() })
test('compared', async ({ bench, wsLoad }) => {
  await bench.compare(bench('fine', wsLoad.flood({ url: fast })), bench('dead', wsLoad.flood({ url: dead })))
})
test('mute', async ({ bench, wsLoad }) => { await bench('mute', wsLoad.flood({ url: mute, timeout: 100 })).run() })
test('aborted', async ({ bench, wsLoad }) => {
  const end = new AbortController()
  const cutting = new WebSocketServer({ port: 0 })
  cutting.on('connection', (socket) => socket.on('ping', () => setTimeout(() => end.abort(), 300)))
  await once(cutting, 'listening')
  const url = 'ws://127.0.0.1:' + cutting.address().port
  await bench('cut', wsLoad.flood({ url, duration: '20s', signal: end.signal })).run()
})
test('never run', ({ bench, wsLoad }) => { bench('idle', wsLoad.flood({ url: fast })) })
test('not awaited', ({ bench, wsLoad }) => { void bench('hasty', wsLoad.flood({ url: fast, duration: 500 })).run() })`,
    }
    const run = await bench(files)
    expect(run.exitCode).toBe(1)
    const errors = anonymous(run.stderr)
      .match(/^\w*Error: .*$/gm)
      ?.filter((line) => !line.includes('"hasty"'))
    const counts = /(?<=none of )\S+(?= pings)|(?<=aborted )\S+ m?s/
    expect(errors?.map((line) => line.replace(counts, 'SO MANY'))).toMatchInlineSnapshot(`
      [
        "WsLoadError: wsLoad.flood: "dead", ws://127.0.0.1:9/: nothing was measured, 0 of 2 connections opened, no ping was sent; ECONNREFUSED × 2 (connect ECONNREFUSED 127.0.0.1:9)",
        "WsLoadError: wsLoad.flood: "dead", ws://127.0.0.1:9/: nothing was measured, 0 of 2 connections opened, no ping was sent; ECONNREFUSED × 2 (connect ECONNREFUSED 127.0.0.1:9)",
        "WsLoadError: wsLoad.flood: "mute", ws://127.0.0.1:PORT/: nothing was measured, 2 of 2 connections opened, none of SO MANY pings was answered",
        "WsLoadError: wsLoad.flood: "cut", ws://127.0.0.1:PORT/: the run was aborted SO MANY into the measured window",
        "WsLoadError: wsLoad.flood: a flood was made for a benchmark and never run, so nothing was measured; await bench(name, wsLoad.flood(…)).run(), or await bench.compare() with it",
        "WsLoadError: wsLoad: a flood was still running when its test ended, so nothing that it found was looked at; await what wsLoad(…) returns before the test ends",
      ]
    `)
    expect(run.stdout).not.toMatch(/^ +(dead|fine|mute|cut|idle) +[\d.]+ /m)
  })
})

describe('the benchmark provider', () => {
  test('hands ordinary functions to the one that the user has', async () => {
    const files = {
      'vitest.config.js': config(`{ benchmark: { provider: './mine.js' } }`),
      'mine.js': `
export default {
  async run({ registrations }) {
    const statistics = { mean: 42, min: 42, max: 42 }
    return registrations.map(({ name }) => ({ name, mine: true, latency: statistics, throughput: statistics, period: 1, totalTime: 1 }))
  },
}`,
      'mixed.bench.js': `${servers}
test('mixed', async ({ bench }) => {
  const results = await bench.compare(bench('ordinary', () => {}), bench('flood', wsLoad.flood({ url: fast })))
  expect(results.get('ordinary').mine).toBe(true)
  expect(results.get('flood').summary.pings.answered).toBeGreaterThan(0)
})`,
    }
    expect(await bench(files)).toMatchObject({ exitCode: 0, stderr: '' })
  })

  test('runs ordinary functions as Vitest itself does', async () => {
    const files = {
      'ordinary.bench.js': `
import { writeFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
const quick = { time: 20, warmupTime: 5, iterations: 5, warmupIterations: 2 }
const now = performance.now.bind(performance)
const busy = () => { for (const end = now() + 0.3; now() < end;); }
test('times with a clock of its own', async ({ bench }) => {
  vi.useFakeTimers()
  const { latency } = await bench('busy', busy).run(quick)
  vi.useRealTimers()
  expect(latency.mean).toBeGreaterThan(0)
})
test('has a result', async ({ bench }) => {
  const results = await bench.compare(bench('nothing', () => {}), bench('busy', busy), quick)
  writeFileSync('results.json', JSON.stringify(['nothing', 'busy'].map((name) => results.get(name))))
})
test('throws', async ({ bench }) => {
  await bench('throws', () => { throw new Error('no luck') }).run(quick)
})
test('throws twice', async ({ bench }) => {
  const fail = () => { throw new Error('no luck') }
  await bench.compare(bench('one', fail), bench('other', fail), quick)
})
test('is aborted', async ({ bench }) => {
  await bench('aborted', () => {}).run({ ...quick, signal: AbortSignal.abort() })
})`,
    }
    const settings = '{ benchmark: { retainSamples: true } }'
    const own = await outcomeOf(
      { ...files, 'vitest.config.js': `export default { test: ${settings} }` },
      'results.json',
    )
    const ours = await outcomeOf({ ...files, 'vitest.config.js': config(settings) }, 'results.json')
    expect(ours).toEqual(own)
    const [report, results] = own
    expect(report).toMatch(/"status":"passed".*"status":"passed".*"status":"failed".*did not complete/)
    expect(results).toMatch(/"latency":.*"samples":\["number"\]/)
  })

  test.for(['missing.js', './missing.js', 'empty.js'])(
    'fails as Vitest does with the provider %s',
    async (provider) => {
      const files = {
        'empty.js': 'export const nothing = null',
        'ordinary.bench.js': `import { test } from 'vitest'
test('adds', async ({ bench }) => { await bench('sum', () => {}).run() })`,
      }
      const settings = `{ benchmark: { provider: '${provider}' } }`
      const [own] = await outcomeOf({ ...files, 'vitest.config.js': `export default { test: ${settings} }` })
      const [ours] = await outcomeOf({ ...files, 'vitest.config.js': config(settings) })
      expect(own).toMatch(/[Bb]enchmark provider/)
      expect(ours).toBe(own)
    },
  )

  test('is missed by a flood that nobody runs', async () => {
    const files = {
      'vitest.config.js': 'export default {}',
      'lost.bench.js': `
import { expect, test, wsLoad } from 'vitest-ws-load'
test('lost', async ({ bench }) => {
  await bench('flood', wsLoad.flood({ duration: 100 })).run()
})`,
    }
    const run = await bench(files)
    expect(run.exitCode).toBe(1)
    expect(run.stderr).toContain('wsLoad.flood: expected to be run by the benchmark provider of vitest-ws-load')
  })
})

test('floods of projects that share the server of the root are benchmarks, too', async () => {
  const files = {
    'vitest.config.js': config(
      `{ projects: [{ test: { name: 'load', include: ['*.bench.js'], benchmark: { enabled: true, include: ['*.bench.js'] } } }] }`,
    ),
    'a.bench.js': `${servers}
test('flood', async ({ bench }) => {
  const { summary } = await bench('flood', wsLoad.flood({ url: fast })).run()
  expect(summary.pings.answered).toBeGreaterThan(0)
})`,
  }
  const { exitCode, output } = await bench(files)
  expect(output).not.toContain('WSLOAD_ERR')
  expect(exitCode).toBe(0)
})
