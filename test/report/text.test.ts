import { styleText, stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { paintWith } from '../../src/report/paint.ts'
import { formatSummary } from '../../src/report/text.ts'
import type { AfterSilence } from '../../src/result/load-result.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { latencies, loadResult, repeated } from '../support/result.ts'

function troubled() {
  return loadResult(
    Array.from({ length: 2000 }, (_, at) => [at / 200, (at + 100) / 150] as const),
    {
      pings: { timedOut: 12, lost: 4, dropped: 3, coalesced: 20 },
      connections: { opened: 9, failed: 1, closedEarly: 1 },
      errors: {
        PROBE_REPLY_FAILED: { count: 12, samples: ['SyntaxError: Unexpected token'] },
        CLOSE_1008: { count: 1, samples: ['go away'] },
      },
      serviceTime: latencies(repeated(2000, 0.6)).both,
      generator: {
        saturated: true,
        reasons: ['thread 1 was busy 99 % of the time: use more threads or fewer connections per thread'],
        sendDelay: latencies(repeated(2000, 0.3)).both,
        threads: 2,
      },
      options: { inFlight: undefined, rate: 4000, arrivals: 'poisson', probe: 'text "PING"' },
    },
  )
}

test('prints a quiet run on one screen', () => {
  const samples = Array.from({ length: 20_000 }, (_, at) => 0.8 + 3 * (at / 20_000) ** 6)
  expect(formatSummary(loadResult(samples))).toMatchInlineSnapshot(`
    "ws://127.0.0.1:3001/
    10 connections, closed model with 1 in flight each, measured for 5 s

    Latency                       Throughput   4k/s answered
      min     800 µs              Offered      4k/s sent
      p50     847 µs              Pings        20,000 sent
      p75     1.33 ms                          20,000 answered
      p90     2.39 ms             Error rate   0 %
      p95     3.01 ms             Connections  10 of 10 opened
      p99     3.62 ms             Handshake    p50 1.5 ms
      p99.9   3.78 ms                          p99 1.5 ms
      p99.99  3.8 ms
      max     3.8 ms
      mean    1.23 ms ± 713 µs

       680 … 830 µs  9,281   46.41 %  ██████████████████████████████████████████████
      830 µs … 1 ms  3,454   17.27 %  █████████████████▏
         1 … 1.2 ms  1,561    7.80 %  ███████▊
       1.2 … 1.5 ms  1,398    6.99 %  ███████
       1.5 … 1.8 ms    961    4.81 %  ████▉
       1.8 … 2.2 ms    959    4.79 %  ████▉
       2.2 … 2.6 ms    756    3.78 %  ███▊
       2.6 … 3.2 ms    899    4.50 %  ████▌
       3.2 … 3.8 ms    730    3.65 %  ███▋
       3.8 … 4.6 ms      1    0.01 %  ▏

    generator: 1 thread, event loop 40 % busy, 5 µs CPU per ping
    closed model: a server that stalls is asked less, so stalls count for less than
      they last; a rate shows them"
  `)
})

test('prints the generator first, then the verdict, when they matter', () => {
  const result = troubled()
  expect(formatSummary(result, { verdict: evaluateSLO(result, { p99: '< 12ms' }) })).toMatchInlineSnapshot(`
    "The load generator was saturated: it, not the server, may be what was measured.
      thread 1 was busy 99 % of the time: use more threads or fewer connections per
        thread

    ws://127.0.0.1:3001/
    10 connections, open model at 4k/s (Poisson), probe text "PING", measured for
      5 s

    SLO missed: opened, closedEarly (2 of 3 objectives)
        objective    limit   measured        99 % sure  by how much
      ✗ opened       >= 10   9                          1 short (10 %)
      ✗ closedEarly  <= 0    1                          1 over
      ? p99          < 12ms  600 µs … 14 ms  ≥ 600 µs   undecided
      p99: the generator cannot tell, it lies between 600 µs and 14 ms

    Response time                         Throughput      396/s answered
      min       600 … 667 µs              Offered         403/s sent
      p50       600 µs … 7.4 ms           Pings           2,016 sent
      p75       600 µs … 10.8 ms                          1,980 answered
      p90       600 µs … 12.8 ms                          20 coalesced
      p95       600 µs … 13.5 ms                          12 timed out
      p99       600 µs … 14 ms                            4 lost
      p99.9     ∞                                         3 dropped
      max       ∞                         Error rate      0.941 %
      answered  mean 7.33 ms ± 3.85 ms    Connect errors  10 %
                max 9.99 … 14 ms          Connections     9 of 10 opened
                                                          1 closed early
                                          Handshake       p50 1.5 ms
                                                          p99 ∞
                                          Service time    p50 600 µs
                                                          p99 600 µs

       460 … 680 µs    2    0.10 %  ▎
      680 µs … 1 ms   48    2.38 %  ███▉
         1 … 1.5 ms   76    3.77 %  ██████▏
       1.5 … 2.2 ms  104    5.16 %  ████████▍
       2.2 … 3.2 ms  150    7.44 %  ████████████▏
       3.2 … 4.6 ms  210   10.42 %  ████████████████▉
       4.6 … 6.8 ms  330   16.37 %  ██████████████████████████▌
        6.8 … 10 ms  481   23.86 %  ██████████████████████████████████████▋
         10 … 15 ms  599   29.71 %  ████████████████████████████████████████████████
          no answer   16    0.79 %  █▍

    Errors
      PROBE_REPLY_FAILED × 12 (SyntaxError: Unexpected token)
      CLOSE_1008 × 1 (go away)

    generator: 2 threads, event loop 40 % busy, 5 µs CPU per ping, p99 sent 300 µs
      late"
  `)
})

test('says in words what a closed model cannot see, and what does', () => {
  const words = (options: Record<string, unknown>) =>
    formatSummary(loadResult(undefined, { options })).split(/\s+/).join(' ')
  const blindness = 'a server that stalls is asked less, so stalls count for less than they last; a rate shows them'
  expect(words({ inFlight: 16 })).toContain(blindness)
  expect(words({ inFlight: undefined, rate: 4000 })).not.toContain(blindness)
})

test('says how many pings were held back, if any', () => {
  const held = (heldBack: number) =>
    formatSummary(loadResult(undefined, { generator: { heldBack } }))
      .split(/\s+/)
      .join(' ')
  expect(held(1_200)).toContain('1,200 pings held back until others were answered')
  expect(held(0)).not.toContain('held back')
})

test('says what failed just after the generator had not run for a while, if anything did', () => {
  const failed = (counts: Partial<AfterSilence>) => {
    const afterSilence = { timedOut: 0, lost: 0, dropped: 0, failed: 0, closedEarly: 0, failedReconnects: 0, ...counts }
    return formatSummary(loadResult(undefined, { generator: { afterSilence } }))
      .split(/\s+/)
      .join(' ')
  }
  const after = 'failed just after it had not run for a while'
  expect(failed({ timedOut: 2, lost: 1_000, closedEarly: 1 })).toContain(`, 1,002 pings and 1 connection ${after}`)
  expect(failed({ failed: 3 })).toContain(`, 3 connections ${after}`)
  expect(failed({})).not.toContain(after)
})

test('prints that nothing was measured', () => {
  const result = loadResult([], {
    connections: { opened: 0, failed: 10 },
    errors: { ECONNREFUSED: { count: 10, samples: ['connect ECONNREFUSED 127.0.0.1:3001'] } },
  })
  expect(formatSummary(result)).toMatchInlineSnapshot(`
    "ws://127.0.0.1:3001/
    10 connections, closed model with 1 in flight each, measured for 5 s

    Nothing was measured    Throughput      0/s answered
                            Offered         0/s sent
                            Pings           0 sent
                                            0 answered
                            Error rate      -
                            Connect errors  100 %
                            Connections     0 of 10 opened

    Errors
      ECONNREFUSED × 10 (connect ECONNREFUSED 127.0.0.1:3001)

    generator: 1 thread, event loop 40 % busy, 5 µs CPU per ping"
  `)
})

test('says how long answers came where they came after the measured window', () => {
  expect(formatSummary(loadResult())).toContain('Throughput   4k/s answered\n')
  expect(formatSummary(loadResult(undefined, { throughput: 2_000 }))).toContain('Throughput   2k/s answered in 10 s\n')
})

test('prints stages, and an early end', () => {
  const stages = [{ duration: 1000, rate: 500 }]
  const text = formatSummary(loadResult(undefined, { ended: 'aborted', options: { stages, rate: 0 } }))
  expect(text).toContain('10 connections, open model, 1 stage, aborted early, measured for 5 s\n')
})

test('prints the five most frequent faults', () => {
  const errors = Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((count) => [`FAULT_${count}`, { count, samples: [] }]))
  const text = formatSummary(loadResult(undefined, { errors }))
  expect(text).toContain('Errors\n  FAULT_7 × 7\n')
  expect(text).toContain('  FAULT_3 × 3\n  … and 2 more kinds\n')
})

test('prints the 99th percentile as the 99th', () => {
  const hundred = Array.from({ length: 100 }, (_, at) => at + 1)
  expect(formatSummary(loadResult(hundred))).toMatch(/p99 +99 ms/)
})

test('leaves out percentiles that have less than one sample beyond them', () => {
  const text = formatSummary(loadResult(repeated(999, 2)))
  expect(text).toContain('p99 ')
  expect(text).not.toContain('p99.9')
})

test.for([
  [[2], 1],
  [[1, 1.05], 3],
  [[0.001, 3_600_000], 10],
])('spreads %j over at most 10 rows', ([samples, most]) => {
  const rows = formatSummary(loadResult(samples as number[])).match(/\d\.\d\d %/g)!
  expect(rows.length).toBeLessThanOrEqual(most as number)
})

test('counts every sample in its histogram', () => {
  const text = formatSummary(troubled())
  const counts = [...text.matchAll(/([\d,]+) +\d+\.\d\d %/g)].map(([, count = '']) => Number(count.replaceAll(',', '')))
  const total = counts.reduce((sum, count) => sum + count, 0)
  expect(total).toBe(2016)
})

test.for([
  ['a quiet run', loadResult()],
  ['a troubled run', troubled()],
  ['a run that measured nothing', loadResult([], { errors: { ECONNREFUSED: { count: 10, samples: ['no'] } } })],
] as const)('looks the same in colours: %s', ([, result]) => {
  const paint = paintWith((format, text) => styleText(format, text, { validateStream: false }))
  const verdict = evaluateSLO(result, ['p99 < 1ms', 'warn: p50 < 1ms', 'errorRate < 1%'])
  const painted = formatSummary(result, { verdict, paint })
  expect(painted).toContain('\u001B[')
  expect(stripVTControlCharacters(painted)).toBe(formatSummary(result, { verdict }))
})

test('says how long the generator could not run, where that matters', () => {
  const lines = (waiting: number) =>
    formatSummary(loadResult(undefined, { generator: { starvation: { waiting, stopped: 0.01 } } }))
  expect(lines(0.005)).not.toContain('kept from running')
  expect(lines(0.05)).toMatch(/kept from running\s+6 % of the time/)
})

const pushed = { received: 30_000, unsolicited: 10_000, surplus: 1_200, afterLastAnswer: 200 }

test('prints messages that answered nothing, and first of all what they put in doubt', () => {
  const lines = formatSummary(loadResult(undefined, { messages: pushed })).split('\n')
  expect(lines.slice(0, 3).join('\n')).toMatchInlineSnapshot(`
    "1,200 messages came when no ping was unanswered, 200 of these after the last
      answer; others may have been taken for answers: let the probe's answer
      recognise them, or match answers by id with request and reply"
  `)
  expect(lines.join('\n')).toMatch(/Messages +30,000 received\n.* {2,}10,000 unsolicited\n/)
})

test('prints messages that answered nothing and put nothing in doubt as a mere count', () => {
  const text = formatSummary(loadResult(undefined, { messages: { ...pushed, surplus: 0, afterLastAnswer: 0 } }))
  expect(text).toMatch(/^ws:/)
  expect(text).toContain('10,000 unsolicited')
  expect(formatSummary(loadResult(undefined, { messages: { received: 20_000 } }))).not.toContain('Messages')
})

test('pongs that answered nothing are counted', () => {
  expect(formatSummary(loadResult(undefined, { pongs: { unsolicited: 1_234 } }))).toMatch(/Pongs +1,234 unsolicited/)
  expect(formatSummary(loadResult())).not.toContain('Pongs')
})

test('says once that messages answered nothing where a verdict says so', () => {
  const result = loadResult(undefined, { messages: pushed })
  const text = formatSummary(result, { verdict: evaluateSLO(result, 'p99 < 20ms') })
  expect(text.match(/1,200/g)).toHaveLength(1)
  expect(text).toContain('SLO inconclusive: 1,200 messages came')
})

test('limits of the machines of agents are told as theirs', () => {
  const errors = { EADDRNOTAVAIL: { count: 3, samples: [] }, EMFILE: { count: 1, samples: [] } }
  const { environment } = loadResult()
  const machines = [{ name: 'a', connections: 10, environment }]
  const ofAgents = formatSummary(loadResult(undefined, { errors, machines })).replaceAll(/\n */g, ' ')
  expect(ofAgents).toContain('the machine of an agent had no such local address')
  expect(ofAgents).toContain('give addresses (--local-address of ws-load agent) that it has')
  expect(ofAgents).toContain('an agent had no file descriptor left')
  expect(formatSummary(loadResult(undefined, { errors })).replaceAll(/\n */g, ' ')).toContain(
    'this machine had no such local address, or no free port at it: give localAddresses that it has',
  )
})
