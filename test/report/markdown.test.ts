import { expect, test } from 'vitest'
import { compareRuns } from '../../src/gate/compare.ts'
import { parseTolerance } from '../../src/gate/tolerance.ts'
import { comparisonToMarkdown } from '../../src/report/markdown.ts'
import { comparison, steady } from '../support/comparison.ts'

test('bounds a change as the terminal does, where nothing bounds how slow the base was', () => {
  const timedOut = steady(2, { pings: { timedOut: 300 } })
  const head = steady(2)
  const judged = compareRuns(timedOut, head, parseTolerance(), 0.99)
  const { changes } = judged
  expect(changes[1]).toMatchObject({ indicator: 'p99', base: Infinity, low: -1 })
  const markdown = comparisonToMarkdown({ base: timedOut, head, ...judged })
  expect(markdown).toMatch(/^\| p99 \| ∞ \| 6\.96 ms \| -100 % \| -100 … \S+ % \| 25 % \|/m)
})

test('prints a comparison as Markdown', () => {
  expect(comparison(steady(2), steady(3)).toMarkdown()).toMatchInlineSnapshot(`
    "### ❌ Slower

    - p50 changed by &#43;50 %, from 2.06 ms to 3.08 ms; 4 % is allowed

    - p99 changed by &#43;49.9 %, from 6.96 ms to 10.4 ms; 25 % is allowed

    | figure | base | head | change | 99 % sure | allowed | base against itself |
    | --- | ---: | ---: | ---: | ---: | ---: | ---: |
    | p50 | 2.06 ms | 3.08 ms | +50 % | +49.9 … +50.1 % | 4 % | -1.89 … +2.4 % |
    | p99 | 6.96 ms | 10.4 ms | +49.9 % | +49.6 … +50.2 % | 25 % | - |
    | errorRate | 0 % | 0 % | 0 pp | -0.032 … +0.0265 pp | 1 pp |  |

    base: 20,000 pings answered in 5 s, in the whole run p50 2.04 ms; head: 20,000 pings answered in 5 s, in the whole run p50 3.07 ms"
  `)
})

test('lets no reason be markup', () => {
  const hostile = '<img src=x onerror=alert(1)> [a](javascript:b) `c` | @everyone #1'
  const compared = Object.assign(comparison(steady(2), steady(3)), { reasons: [hostile] })
  const [, , reason = ''] = comparisonToMarkdown(compared).split('\n')
  expect(reason).not.toMatch(/[<>[\]()`|@]/)
  expect(reason.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))).toBe(`- ${hostile}`)
})
