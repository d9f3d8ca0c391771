import { expect, test } from 'vitest'
import { formatVerdict } from '../../src/report/verdict.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import type { SLO } from '../../src/slo/objective.ts'
import type { LoadResult } from '../../src/result/load-result.ts'
import { fanOutResult } from '../support/fan-out-result.ts'
import { loadResult, repeated } from '../support/result.ts'

const slo: SLO = { p99: '< 20ms', errorRate: '< 0.1%', throughput: '> 5k/s' }

function message(result: LoadResult, objectives: SLO = slo): string {
  return formatVerdict(result, evaluateSLO(result, objectives))
}

test('says what is to spare when all is met', () => {
  expect(message(loadResult(), { ...slo, throughput: '> 300/s' })).toMatchInlineSnapshot(`
    "SLO met: 3 objectives
        objective   limit    measured  99 % sure       by how much
      ✓ p99         < 20ms   18 ms     18 ms           10 % to spare
      ✓ errorRate   < 0.1%   0 %       0 … 0.0515 %    100 % to spare
      ✓ throughput  > 300/s  4k/s      3.99 … 4.01k/s  1,230 % to spare"
  `)
})

test('says by how much a share that is nearly all falls short', () => {
  const verdict = message(fanOutResult({ missed: 8 }), { reach: '>= 100%' })
  expect(verdict).toContain('reach      >= 100%  99.96 %   0.04 pp short (0.04 %)')
  expect(verdict).toContain('of 20,000 deliveries due: 8 timed out')
})

test('says in its first line what one missed objective was', () => {
  expect(message(loadResult())).toMatchInlineSnapshot(`
    "SLO missed: throughput is 4k/s, the limit is > 5k/s
        objective   limit   measured  99 % sure       by how much
      ✗ throughput  > 5k/s  4k/s      3.99 … 4.01k/s  1k/s short (20 %)
      ✓ p99         < 20ms  18 ms     18 ms           10 % to spare
      ✓ errorRate   < 0.1%  0 %       0 … 0.0515 %    100 % to spare"
  `)
})

test('lists missed objectives first, then unanswered pings and faults', () => {
  const result = loadResult(repeated(20_000, 27.2), {
    throughput: 8000,
    pings: { timedOut: 120, lost: 40 },
    errors: {
      ECONNRESET: { count: 40, samples: ['read ECONNRESET'] },
      PROBE_REPLY_FAILED: { count: 120, samples: ['SyntaxError: Unexpected token'] },
    },
  })
  expect(message(result)).toMatchInlineSnapshot(`
    "SLO missed: p99, errorRate (2 of 3 objectives)
        objective   limit   measured  99 % sure       by how much
      ✗ p99         < 20ms  27.2 ms   ≥ 27.2 ms       7.2 ms over (36 %)
      ✗ errorRate   < 0.1%  0.794 %   0.284 … 1.99 %  0.694 pp over (694 %)
      ✓ throughput  > 5k/s  8k/s      7.99 … 8.01k/s  60 % to spare
      of 20,160 pings due: 120 timed out, 40 lost
      PROBE_REPLY_FAILED × 120 (SyntaxError: Unexpected token)
      ECONNRESET × 40 (read ECONNRESET)"
  `)
})

test('gives the infinitely slow a sign of their own', () => {
  expect(message(loadResult(repeated(19_000, 2), { pings: { timedOut: 1_000 } }), { p99: '< 20ms' }))
    .toMatchInlineSnapshot(`
      "SLO missed: p99 is ∞, the limit is < 20ms
          objective  limit   measured  99 % sure  by how much
        ✗ p99        < 20ms  ∞         ∞          too many unanswered
        of 20,000 pings due: 1,000 timed out"
    `)
})

test('says that other floods ran on the machine, after a miss and before all else', () => {
  const sentence = 'Another flood ran on this machine at the same time, and may have slowed this one\n  down.'
  const beside = loadResult(undefined, { environment: { otherFloods: 1 } })
  expect(formatVerdict(beside, evaluateSLO(beside, { p99: '< 15ms' }))).toMatch(
    new RegExp(`^SLO missed: [^]*\n${sentence}$`),
  )
  expect(formatVerdict(beside, evaluateSLO(beside, { p99: '< 20ms' }))).toMatch(new RegExp(`^${sentence}\nSLO met: `))
})

test('leads with the generator when it was saturated', () => {
  const result = loadResult(repeated(20_000, [12.1, 25] as const), {
    generator: {
      saturated: true,
      reasons: ['thread 1 was busy 99 % of the time: use more threads or fewer connections'],
    },
  })
  expect(message(result)).toMatchInlineSnapshot(`
    "The load generator was saturated: it, not the server, may be what was measured.
      thread 1 was busy 99 % of the time: use more threads or fewer connections
    SLO inconclusive: p99, throughput (2 of 3 objectives)
        objective   limit   measured      99 % sure     by how much
      ? p99         < 20ms  12.1 … 25 ms  12.1 … 25 ms  undecided
      ? throughput  > 5k/s  ≥ 4k/s        ≥ 3.99k/s     undecided
      ✓ errorRate   < 0.1%  0 %           0 … 0.0515 %  100 % to spare
      p99: the generator cannot tell, it lies between 12.1 ms and 25 ms
      throughput: the generator was saturated, the server may be able to do more"
  `)
})

test('shows what is undecided however much there is to say of the generator first', () => {
  const reasons = Array.from({ length: 8 }, (_, nth) => `the agent a${nth}: its event loop was busy, take more threads`)
  const lines = message(
    loadResult(repeated(20_000, [12.1, 25] as const), { generator: { saturated: true, reasons } }),
  ).split('\n')
  expect(lines[4]).toBe('  …')
  expect(lines[5]).toMatch(/^SLO inconclusive: p99/)
  expect(lines.join('\n')).toMatch(/\? p99 +< 20ms +12.1 … 25 ms/)
})

test('ends with the generator when the server surely missed something', () => {
  const generator = { saturated: true, reasons: ['its event loop was busy: take more threads'] }
  expect(message(loadResult(undefined, { generator }), { p99: '< 10ms', throughput: '> 5k/s' })).toMatchInlineSnapshot(`
    "SLO missed: p99 is 18 ms, the limit is < 10ms
        objective   limit   measured  99 % sure  by how much
      ✗ p99         < 10ms  18 ms     18 ms      8 ms over (80 %)
      ? throughput  > 5k/s  ≥ 4k/s    ≥ 3.99k/s  undecided
      throughput: the generator was saturated, the server may be able to do more
    The load generator was saturated: it, not the server, may be what was measured.
      its event loop was busy: take more threads"
  `)
})

test('says that nothing was measured, and why', () => {
  const result = loadResult([], {
    connections: { opened: 0, failed: 10 },
    errors: { ECONNREFUSED: { count: 10, samples: ['connect ECONNREFUSED 127.0.0.1:3001'] } },
  })
  expect(message(result)).toMatchInlineSnapshot(`
    "SLO inconclusive: nothing was measured, 0 of 10 connections opened, no ping was
      sent
        objective   limit   measured  by how much
      ? p99         < 20ms  -         undecided
      ? errorRate   < 0.1%  -         undecided
      ? throughput  > 5k/s  0/s       undecided
      ECONNREFUSED × 10 (connect ECONNREFUSED 127.0.0.1:3001)"
  `)
})

test('says that the server hung up', () => {
  const result = loadResult(undefined, {
    ended: 'disconnected',
    duration: 1230,
    connections: { closedEarly: 10 },
    pings: { lost: 10 },
    errors: { CLOSE_1008: { count: 10, samples: ['policy'] } },
  })
  expect(message(result, { p99: '< 20ms' })).toMatchInlineSnapshot(`
    "SLO missed: 10 of 10 connections ended before the run did
        objective    limit   measured  99 % sure  by how much
      ✗ closedEarly  <= 0    10                   10 over
      ✓ p99          < 20ms  18 ms     2 … 18 ms  10 % to spare
      every connection was gone 1.23 s into the measured window
      CLOSE_1008 × 10 (policy)
      of 20,010 pings due: 10 lost"
  `)
})

test('gives a wide margin as a percentage of the limit', () => {
  expect(message(loadResult(), { throughput: '> 4/s' })).toContain('99,900 % to spare')
})

test('counts a limit of zero in pieces', () => {
  expect(message(loadResult(undefined, { pings: { lost: 3 } }), { lost: '<= 0' })).toMatch(/✗ lost +<= 0 +3 +3 over\n/)
})

test.for([
  ['', []],
  [' under a saturated generator', ['a long reason '.repeat(8), 'a short reason '.repeat(5)]],
] as const)('stays below 15 lines of 80 columns however much went wrong%s', ([, reasons]) => {
  const errors = Object.fromEntries(
    repeated(30, 'x'.repeat(300)).map((sample, at) => [`FAULT_${at}`, { count: at, samples: [`${sample} ${sample}`] }]),
  )
  const result = loadResult(repeated(100, [1, 5] as const), {
    pings: { timedOut: 5, lost: 5, dropped: 5 },
    errors,
    generator: { saturated: reasons.length > 0, reasons },
  })
  const bounds = Object.fromEntries(repeated(20, '< 2ms').map((bound, at) => [`serviceTime.p${at + 40}`, bound]))
  const lines = message(result, bounds).split('\n')
  expect(lines.filter((line) => line.startsWith('  ? '))).toHaveLength(6)
  expect(lines.length).toBeLessThan(15)
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80)
})

test('colours by verdict and keeps the text', () => {
  const tag = (name: string) => (text: string) => `<${name}>${text}</${name}>`
  const paint = { red: tag('red'), green: tag('green'), yellow: tag('yellow'), bold: tag('b'), dim: tag('dim') }
  const result = loadResult()
  const verdict = evaluateSLO(result, { p99: '< 1ms', p50: '< 3ms' })
  const painted = formatVerdict(result, verdict, paint)
  expect(painted).toContain('<red>✗</red> p99')
  expect(painted).toContain('<green>✓</green> p50')
  expect(painted.replaceAll(/<\/?\w+>/g, '')).toBe(formatVerdict(result, verdict))
})

test('marks a warning as one, behind what was missed', () => {
  const warned = { p99: { warn: '< 10ms', fail: '< 20ms' }, throughput: '> 5k/s' }
  expect(message(loadResult(), warned)).toMatchInlineSnapshot(`
    "SLO missed: throughput is 4k/s, the limit is > 5k/s
        objective   limit   measured  99 % sure       by how much
      ✗ throughput  > 5k/s  4k/s      3.99 … 4.01k/s  1k/s short (20 %)
      ! p99         < 10ms  18 ms     18 ms           8 ms over (80 %)
      ✓ p99         < 20ms  18 ms     18 ms           10 % to spare
      warning: p99 is 18 ms, the limit is < 10ms"
  `)
})

test('says what is missing for a verdict', () => {
  const close = loadResult([...repeated(4_067, 2), ...repeated(33, 24)])
  expect(message(close, { p99: '< 20ms' })).toMatchInlineSnapshot(`
    "SLO inconclusive: not enough evidence: p99 is 2 … 24 ms at 99 % confidence, the
      limit is < 20ms; 33 of 4,100 pings were slower; p99 < 20ms takes about 30 s or
      more
        objective  limit   measured  99 % sure  by how much
      ? p99        < 20ms  2 ms      2 … 24 ms  undecided"
  `)
})

test('says by how much memory is over its limit, as the table shows it', () => {
  const server = { source: 'port', processes: 1, cpuPerPing: 0.05, cores: 0.5, blocks: [] } as const
  const using = (rss: number) =>
    loadResult(undefined, { server: { ...server, rss: { start: rss, max: rss, end: rss } } })
  // 95.8 MiB are 100,453,581 bytes.
  expect(message(using(100_401_152), 'server.rss < 100MB')).toMatch(/ 95\.8 MiB +443 KiB over \(0\.45 %\)$/m)
  expect(message(using(315_400_192), 'server.rss < 300MiB')).toMatch(/ 301 MiB +1 MiB over \(0\.33 %\)$/m)
})

test('says that connections failed where too many of them had no handshake', () => {
  const failing = loadResult(undefined, { connections: { requested: 100, opened: 1, failed: 99 } })
  const verdict = message(failing, { 'handshake.p50': '< 1s', opened: '>= 1' })
  expect(verdict).toMatch(/handshake\.p50 .* too many failed$/m)
})
