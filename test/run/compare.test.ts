import { availableParallelism } from 'node:os'
import { describe, expect, test, vi } from 'vitest'
import type { SideBySidePair } from '../../src/gate/afresh.ts'
import { compareSideBySide } from '../../src/gate/compare.ts'
import type { ComparisonVerdict } from '../../src/gate/comparison.ts'
import { parseTolerance } from '../../src/gate/tolerance.ts'
import type { CompareOptions } from '../../src/options/compare.ts'
import type { LoadInterval, LoadResult } from '../../src/result/load-result.ts'
import { pairAtLookOrEnd } from '../../src/run/compare.ts'
import { judgeAgain, LoadComparison } from '../../src/summary/load-comparison.ts'
import { chatting } from '../support/chat.ts'
import { steady } from '../support/comparison.ts'
import { moduleFile } from '../support/module-file.ts'
import { passingOn } from '../support/rooms.ts'
import { compare } from '../support/run.ts'
import { evaluate, freePort, parentOf, pidServer, visit } from '../support/processes.ts'
import { closing, dead, delaying, echoing, type Server } from '../support/servers.ts'

const tolerance = { p50: '20%', min: '1ms' }

async function compared(base: Pick<Server, 'url'>, head: Pick<Server, 'url'>, options: Partial<CompareOptions> = {}) {
  const sides = { base: { url: base.url }, head: { url: head.url } }
  const { verdict, ...runs } = await compare({ ...sides, tolerance, warmup: 0, confidence: 0.9, ...options })
  return { ...runs, ...verdict }
}

/** That neither is slower; where a busy machine kept the generator from telling, that is all that is said. */
function sameUnlessSaturated(reasons: readonly string[]): Pick<ComparisonVerdict, 'verdict' | 'reasons'> {
  const saturation = reasons.filter((reason) => reason.includes('the load generator was saturated'))
  return { verdict: saturation.length > 0 ? 'unclear' : 'same', reasons: saturation }
}

describe('sides that a look has decided', () => {
  const judge = ({ base, head }: SideBySidePair) => compareSideBySide(base, head, parseTolerance({ p50: '10%' }), 0.99)
  const atLook = { base: steady(2), head: steady(2) }
  const intervals: LoadResult['intervals'] = [{ start: 0, duration: 5_000 } as LoadInterval]

  test('are what they were then, but for their seconds, where the end leaves it unclear', () => {
    const atEnd = { base: steady(2, { intervals }), head: steady(2.2) }
    expect(judge(atEnd)).toMatchObject({ verdict: 'unclear', doubtful: false })
    const { base, head } = pairAtLookOrEnd(atEnd, atLook, judge)
    expect(judge({ base, head }).verdict).toBe('same')
    expect(head.latency).toBe(atLook.head.latency)
    expect(base.intervals).toEqual(intervals)
  })

  test.for([
    ['is clear', steady(6)],
    ['shows that they cannot be compared', steady(2, { ended: 'aborted' })],
    ['shows that one has gone', steady(2.2, { ended: 'disconnected' })],
  ] as const)('are what they are at the end where that %s', ([, head]) => {
    const atEnd = { base: steady(2), head }
    expect(pairAtLookOrEnd(atEnd, atLook, judge)).toBe(atEnd)
  })
})

const chat = { protocol: new URL('../support/chat.protocol.ts', import.meta.url) }

describe('compare of fan-outs', () => {
  const load = { subscribers: 12, publishers: 2, rooms: 2, rate: '400/s', warmup: '200ms' } as const
  const protocol = new URL('../support/rooms.protocol.ts', import.meta.url)
  // That one per cent is not missing takes six hundred messages to tell.
  const decisive = {
    tolerance: { 'completion.p50': '50%', min: '2ms', errorRate: '20%' },
    confidence: 0.9,
  } as const

  test('finds the one subscriber that the head is late with', async () => {
    await using base = await passingOn()
    await using head = await passingOn({ delay: (nth) => (nth === 5 ? 40 : 0) })
    const sides = { base: { url: base.url }, head: { url: head.url } }
    const { verdict, ...runs } = await compare({ ...sides, ...load, ...decisive, protocol })
    expect(verdict.verdict).toBe('slower')
    expect(verdict.changes[0]).toMatchObject({ indicator: 'completion.p50', verdict: 'slower' })
    for (const run of [runs.base, runs.head]) {
      expect(run.options).toMatchObject({ connections: 14, fanOut: { subscribers: 12, publishers: 2, rooms: 2 } })
      expect(run.pings.sent).toBe(run.fanOut!.completion.pings.sent * 6)
      expect(run).toMatchObject({ errors: {}, fanOut: { duplicates: 0, outOfOrder: 0 } })
    }
  })

  test('is the same where both are as fast', async () => {
    await using base = await passingOn({ delay: () => 20 })
    await using head = await passingOn({ delay: () => 20 })
    const sides = { base: { url: base.url }, head: { url: head.url } }
    const { verdict } = await compare({
      ...sides,
      ...load,
      ...decisive,
      // Far more than what a busy machine adds to 20 ms.
      tolerance: { 'delivery.p50': '300%', errorRate: '20%' },
      confidence: 0.999,
      protocol,
    })
    expect(verdict).toMatchObject(sameUnlessSaturated(verdict.reasons))
  })

  test('is slower, and doubtful, where the head passes nothing on', async () => {
    await using base = await passingOn()
    await using head = await passingOn({ times: () => 0 })
    const sides = { base: { url: base.url }, head: { url: head.url } }
    const { verdict } = await compare({ ...sides, ...load, ...decisive, timeout: '200ms', maxDuration: '4s', protocol })
    expect(verdict).toMatchObject({ verdict: 'slower', doubtful: true })
    expect(verdict.reasons.join()).toContain('deliveries came')
  })
})

describe('compare of a protocol', () => {
  test('has a session of each connection on either side', async () => {
    await using base = await chatting({ answersAfter: 4 })
    await using head = await chatting({ answersAfter: 12 })
    const runs = await compared(base, head, { probe: chat, connections: 3 })
    expect(runs.verdict).toBe('slower')
    const users = ['user-0', 'user-1', 'user-2']
    expect([base.users.toSorted(), head.users.toSorted()]).toEqual([users, users])
    expect([runs.base.session.count, runs.head.session.count]).toEqual([3, 3])
  })

  test('keeps up the heartbeats of either side while the other one is flooded', async () => {
    const heartbeat = { every: 20, patience: 1_000 }
    const inPatience = heartbeat.patience / heartbeat.every
    await using base = await chatting({ answersAfter: 4, heartbeat })
    await using head = await chatting({ answersAfter: 4, heartbeat })
    const probe = { protocol: new URL('../support/beating-chat.protocol.ts', import.meta.url) }
    const undecided = { tolerance: { p50: '0.0001%', min: '1ns' }, confidence: 0.99999, maxDuration: '4s' } as const
    const runs = await compared(base, head, { ...undecided, probe, connections: 3 })
    for (const [server, run] of [
      [base, runs.base],
      [head, runs.head],
    ] as const) {
      expect(run).toMatchObject({ connections: { closedEarly: 0 }, errors: {} })
      expect(Math.min(...server.beats.values())).toBeGreaterThan(2 * inPatience)
    }
  })

  test('never goes to one server from both sides', async () => {
    await using server = await chatting()
    await using head = await dead()
    const protocol = await moduleFile(
      `export default { request: String, reply: Number, url: '${server.url}/?token=hunter2' }`,
    )
    const error = await compared(server, head, { probe: { protocol } }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'WSLOAD_ERR_INVALID_OPTIONS',
      message: expect.stringMatching(
        /probe\.protocol\.url: expected a URL relative to that of each side of the comparison.*token=masked/,
      ),
    })
    expect(server.handshakes).toEqual([])
  })
})

describe('compare', () => {
  test('finds a slower head, and ends as soon as it has', async () => {
    await using base = await delaying(() => 4)
    await using head = await delaying(() => 12)
    const { verdict, changes, ...runs } = await compared(base, head)
    expect(verdict).toBe('slower')
    expect(changes[0]).toMatchObject({ indicator: 'p50', verdict: 'slower' })
    expect(changes[0]!.low).toBeGreaterThan(changes[0]!.allowed)
    expect(runs.base.ended).toBe('decided')
    expect(runs.base.looks.taken).toBeLessThan(runs.base.looks.planned)
  })

  test('finds a faster head', async () => {
    await using base = await delaying(() => 12)
    await using head = await delaying(() => 4)
    const { verdict, changes } = await compared(base, head)
    expect(verdict).toBe('faster')
    expect(changes[0]).toMatchObject({ indicator: 'p50', verdict: 'faster' })
    expect(changes[0]!.high).toBeLessThan(0)
  })

  test('finds no difference between a server and itself, and tells the noise of the machine', async () => {
    await using server = await delaying(() => 8)
    const { verdict, reasons, noise, changes } = await compared(server, server)
    expect({ verdict, reasons }).toEqual(sameUnlessSaturated(reasons))
    expect(noise.map(({ indicator }) => indicator)).toEqual(['p50'])
    expect(changes.map(({ indicator }) => indicator)).toEqual(['p50', 'errorRate'])
  })

  test('says that it does not know when time is up', async () => {
    await using server = await delaying((nth) => (nth * 7) % 30)
    const { verdict, reasons, base } = await compared(server, server, { maxDuration: '1s', tolerance: { p99: '1%' } })
    expect(verdict).toBe('unclear')
    const isSaturated = sameUnlessSaturated(reasons).verdict === 'unclear'
    const tooLittle =
      /^p99: too little was measured; it takes a comparison of about \d+ (?:s|min) or more \(maxDuration\)$/
    expect(reasons[0]).toMatch(isSaturated ? /the load generator was saturated/ : tooLittle)
    expect(base.looks).toEqual({ taken: 1, planned: 1 })
  })

  test.each([
    ['that nobody listens at', dead],
    ['that closes its connections', async () => closing({ after: { answers: 1 } })],
  ])('never takes a head %s for the same or faster, and does not wait for it', async (_, start) => {
    await using base = await echoing()
    await using head = await start()
    const begun = performance.now()
    const { verdict, reasons } = await compared(base, head, { maxDuration: '60s' })
    expect(['slower', 'unclear']).toContain(verdict)
    expect(reasons.join()).toMatch(/head: (0 of 10 connections opened|10 of 10 connections ended before the run did)/)
    expect(performance.now() - begun).toBeLessThan(30_000)
  })

  test('says what is wrong with its options, all at once', async () => {
    const mistaken = {
      base: { url: 'http://x' },
      head: { url: 'ws://localhost', cwd: '/tmp' },
      url: 'ws://localhost',
      duration: '5s',
      connection: 5,
      tolerance: { p5O: '5%' },
      maxDuration: '1ms',
    }
    await expect(compare(mistaken as never)).rejects.toThrowErrorMatchingInlineSnapshot(`
      [WsLoadError: wsLoad.compare: 7 options are wrong
        base.url: expected a ws:// or wss:// URL, got "http://x"
        head.cwd: expected a command with it, or the url alone
        tolerance.p5O: no such latency figure, did you mean "p50"?; there are mean and percentiles like p50, p99.9
        maxDuration: expected milliseconds or a text like '250us', '20ms', '5s', '2m', from 1 s to 1 day, got "1ms"
        url: expected base.url and head.url instead
        duration: expected maxDuration instead, a comparison goes on until it is clear
        connection: no such option, did you mean "connections"?]
    `)
  })

  test('starts servers and ends them', async () => {
    const ports = [await freePort(), await freePort()] as const
    const command = (port: number): string =>
      `node -e "const { WebSocketServer } = require('ws'); new WebSocketServer({ port: ${port} })"`
    const { base, head } = await compare({
      base: { command: command(ports[0]), url: `ws://127.0.0.1:${ports[0]}` },
      head: { command: command(ports[1]), url: `ws://127.0.0.1:${ports[1]}` },
      tolerance: { p50: '100%', min: '50ms' },
      maxDuration: '1s',
      warmup: 0,
    })
    expect(Math.min(base.pings.answered, head.pings.answered)).toBeGreaterThan(0)
    expect([base.pings.timedOut, head.pings.timedOut]).toEqual([0, 0])
    for (const port of ports) await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow('fetch failed')
  })

  const canBeApart = process.platform === 'linux' && availableParallelism() > 1
  test.runIf(canBeApart)('advises to keep servers on one processor where the evidence does not suffice', async () => {
    const unclear = async (cpuAffinity?: number): Promise<ComparisonVerdict> => {
      const side = async () => {
        const port = await freePort()
        const place = { command: pidServer(port), url: `ws://127.0.0.1:${port}` }
        return { ...place, ...(cpuAffinity !== undefined && { cpuAffinity }) }
      }
      const sides = { base: await side(), head: await side() }
      const load = { connections: 2, rate: '100/s', warmup: 0, maxDuration: '1s' } as const
      const { verdict } = await compare({ ...sides, ...load, tolerance: { p50: '0.001%', min: 0 } })
      expect(verdict.verdict).toBe('unclear')
      return verdict
    }
    const advises = ({ reasons }: ComparisonVerdict): boolean =>
      reasons.some((reason) => reason.includes('cpuAffinity'))
    const anywhere = await unclear()
    expect(advises(anywhere)).toBe(!anywhere.doubtful)
    expect(advises(await unclear(1))).toBe(false)
  })

  test.runIf(canBeApart)(
    'advises it where a head is slower by no more than processors differ, by whatever tolerance',
    async () => {
      const program = (port: number, ms: number): string => `
      const { WebSocketServer } = require("ws")
      new WebSocketServer({ port: ${port}, autoPong: false }).on("connection", (socket) =>
        socket.on("ping", (data) => setTimeout(() => socket.pong(data), ${ms})))`
      const side = async (ms: number) => {
        const port = await freePort()
        return { command: evaluate(program(port, ms)), url: `ws://127.0.0.1:${port}` }
      }
      const load = { connections: 8, rate: '400/s', warmup: 0, tolerance: { p50: '5%' } } as const
      for (const [ms, isAdvised] of [
        [52, true],
        [160, false],
      ] as const) {
        const { base, head, verdict, judge } = await compare({ base: await side(40), head: await side(ms), ...load })
        const again = judgeAgain(new LoadComparison(base, head, verdict, judge), parseTolerance({ p50: '4%' }))
        for (const judged of [verdict, again]) {
          expect(judged.verdict).toBe('slower')
          const advises = judged.reasons.some((reason) => reason.includes('cpuAffinity'))
          expect(advises).toBe(isAdvised && !judged.doubtful)
        }
      }
    },
  )

  test.runIf(process.platform === 'linux')(
    'finds a head that works more in the time that both wait, where both are kept on one processor',
    async () => {
      // Answers leave 20 ms after their pings, whatever is worked meanwhile.
      const program = (port: number, ms: number): string => `
        const { WebSocketServer } = require("ws")
        const work = () => { for (const end = performance.now() + ${ms}; performance.now() < end;); }
        new WebSocketServer({ port: ${port}, autoPong: false }).on("connection", (socket) =>
          socket.on("ping", (data) => { setTimeout(() => socket.pong(data), 20); work() }))`
      const side = async (ms: number) => {
        const port = await freePort()
        return { command: evaluate(program(port, ms)), url: `ws://127.0.0.1:${port}`, cpuAffinity: 0 }
      }
      const sides = { base: await side(0.5), head: await side(1.5) }
      const load = { connections: 4, rate: '100/s', warmup: 0 } as const
      const { verdict } = await compare({ ...sides, ...load, tolerance: { min: '1s' } })
      const found = verdict.changes.map(({ indicator, verdict: of }) => `${indicator} ${of}`)
      expect(found).toEqual(expect.arrayContaining(['p50 same', 'cpuPerPing slower']))
      expect(verdict.verdict).toBe('slower')
      expect(verdict.reasons.join()).not.toContain('cpuAffinity')
    },
  )

  test('warns when a server was killed, because it did not end in time', async () => {
    await using base = await delaying(() => 4)
    const port = await freePort()
    const warnings: Error[] = []
    const listen = (warning: Error): unknown => warnings.push(warning)
    process.on('warning', listen)
    await compare({
      base: { url: base.url },
      head: { command: pidServer(port, '--ignore-sigterm'), url: `ws://127.0.0.1:${port}`, stopTimeout: 300 },
      maxDuration: '1s',
      warmup: 0,
    })
    await expect.poll(() => warnings.join()).toContain('did not end within 300 ms of SIGTERM')
    process.off('warning', listen)
  })

  test.each([
    [0, ''],
    [7, '\nThat was start 1 of 8 (restarts).'],
  ])('says how a server ended that was started with %i restarts', async (restarts, context) => {
    const sideOf = async (ending: string) => {
      const port = await freePort()
      const program = `
        const { WebSocketServer } = require("ws")
        const server = new WebSocketServer({ port: ${port}, host: "127.0.0.1" })
        server.on("connection", (socket) => socket.on("ping", () => { ${ending} }))`
      return { command: evaluate(program), url: `ws://127.0.0.1:${port}` }
    }
    const warnings: Error[] = []
    const listen = (warning: Error): unknown => warnings.push(warning)
    process.on('warning', listen)
    const [base, head] = [await sideOf(''), await sideOf('console.error("out of memory"); process.exit(7)')]
    await compare({ base, head, connections: 2, warmup: 0, maxDuration: '8s', restarts })
    await expect.poll(() => warnings.join()).toContain('(head.command) exited with code 7 while it was being tested')
    process.off('warning', listen)
    expect(warnings.join()).toMatch(/\| out of memory/)
    expect(warnings.join()).toContain(context)
  })

  test('is never green when what holds a server was killed', async () => {
    await using base = await delaying(() => 4)
    const port = await freePort()
    const url = `ws://127.0.0.1:${port}`
    const running = compare({
      base: { url: base.url },
      head: { command: `exec ${pidServer(port)}`, url },
      tolerance: { p50: '10000%', min: '10s' },
      confidence: 0.99999,
    })
    await vi.waitUntil(() => base.pings > 0, { timeout: 20_000 })
    process.kill(parentOf(await visit(url)), 'SIGKILL')
    const { verdict } = await running
    expect(verdict).toMatchObject({ verdict: 'unclear', doubtful: true })
    expect(verdict.reasons.join()).toContain('head: 10 of 10 connections ended before the run did')
    await expect(visit(url)).rejects.toThrow('ECONNREFUSED')
  })

  test('does not begin when it was aborted before', async () => {
    await using server = await echoing()
    await expect(compared(server, server, { signal: AbortSignal.abort() })).rejects.toThrow('aborted before')
  })
})
