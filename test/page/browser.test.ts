import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatPage } from '../../src/page/page.ts'
import { formatPicture } from '../../src/page/picture.ts'
import { recordedSLO } from '../../src/report/flood-record.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { findProgram } from '../support/child.ts'
import { hostileTexts } from '../support/hostile.ts'
import { loadResult } from '../support/result.ts'

const executablePath = findProgram('chromium')
if (executablePath === undefined) console.warn('Skipping tests: there is no chromium: apt-get install chromium')

const second = { duration: 1_000, sent: 4_000, answered: 4_000, timedOut: 0, lost: 0, dropped: 0, throughput: 4_000 }
const intervals = [0, 1_000, 2_000].map((start) => ({ ...second, start, p50: 2, p99: 18, max: 18 }))
const result = loadResult(undefined, { intervals })
const verdicts = [recordedSLO(evaluateSLO(result, ['p99 < 20ms', 'p50 < 1ms']))]

describe.skipIf(executablePath === undefined)('in Chromium', () => {
  let directory: string
  let browser: Browser

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ws-load-page-'))
    browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox'] })
  })
  afterAll(async () => {
    await browser.close()
    await rm(directory, { recursive: true })
  })

  /** Opens a file, and tells whatever it loads, runs or complains about. */
  async function open(name: string, text: string, colorScheme: 'light' | 'dark' = 'light') {
    const page = await browser.newPage({ colorScheme, viewport: { width: 1000, height: 800 } })
    return { page, complaints: await show(page, name, text) }
  }

  async function show(page: Page, name: string, text: string): Promise<string[]> {
    await writeFile(join(directory, name), text)
    const url = pathToFileURL(join(directory, name)).href
    const complaints: string[] = []
    page.removeAllListeners()
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('dialog', (dialog) => complaints.push(dialog.message()))
    page.on('request', (request) => request.url() !== url && complaints.push(request.url()))
    await page.goto(url)
    return complaints
  }

  function colours(page: Page): Promise<string[]> {
    return page.evaluate<string[]>(
      '[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]',
    )
  }

  test('a page shows its charts, and loads nothing', async () => {
    const { page, complaints } = await open(
      'page.html',
      formatPage('Gateway', [{ title: 'answers', runs: [{ name: 'latency', result }], verdicts }]),
    )
    expect(complaints).toEqual([])
    for (const chart of await page.getByRole('img').all()) {
      const box = await chart.boundingBox()
      expect(box?.width).toBeGreaterThan(900)
    }
    expect(await page.getByRole('img').count()).toBe(3)
    expect(await page.getByRole('heading', { name: 'answers ✗ fail' }).isVisible()).toBe(true)
  })

  test('a page follows the light and the dark scheme', async () => {
    const html = formatPage('Gateway', [{ title: 'answers', runs: [{ name: 'latency', result }], verdicts }])
    expect(await colours((await open('page.html', html)).page)).toEqual(['rgb(255, 255, 255)', 'rgb(31, 35, 40)'])
    expect(await colours((await open('page.html', html, 'dark')).page)).toEqual([
      'rgb(13, 17, 23)',
      'rgb(230, 237, 243)',
    ])
  })

  test.for(['light', 'dark'] as const)(
    'a screen reader finds its way through a page, in the %s scheme',
    async (scheme) => {
      const section = { title: 'answers', runs: [{ name: 'latency', result }], verdicts }
      const { page } = await open('page.html', formatPage('Gateway', [section, section]), scheme)
      for (const fold of await page.locator('summary').all()) await fold.click()
      await page.evaluate(axe.source)
      const { violations, passes } = await page.evaluate<axe.AxeResults>('axe.run()')
      expect(violations.map(({ help, nodes: [{ html } = {}] }) => `${help}: ${html}`)).toEqual([])
      expect(passes.map(({ id }) => id)).toEqual(
        expect.arrayContaining(['color-contrast', 'svg-img-alt', 'heading-order']),
      )
    },
  )

  test('the keyboard unfolds the tables, and reaches all that scrolls', async () => {
    const { page } = await open(
      'page.html',
      formatPage('Gateway', [{ title: 'answers', runs: [{ name: 'latency', result }], verdicts }]),
    )
    const percentiles = page.getByRole('group', { name: 'Latency by percentile' })
    expect(await percentiles.isVisible()).toBe(false)
    await page.locator('summary').first().focus()
    await page.keyboard.press('Enter')
    expect(await percentiles.isVisible()).toBe(true)
    expect(await percentiles.getByRole('row', { name: 'p99 ' }).first().innerText()).toContain('18 ms')
    await page.keyboard.press('Tab')
    expect(await page.locator(':focus').getAttribute('aria-label')).toBe('Latency by percentile')
  })

  test('hostile texts are texts', async () => {
    const sections = hostileTexts.map((hostile) => ({
      title: hostile,
      runs: [
        {
          name: hostile,
          result: loadResult(undefined, {
            errors: { [hostile]: { count: 1, samples: [hostile] } },
            options: { url: hostile },
            intervals,
          }),
        },
      ],
      verdicts: [],
    }))
    const { page, complaints } = await open('hostile.html', formatPage(hostileTexts[0]!, sections))
    expect(complaints).toEqual([])
    expect(await page.title()).toBe('<script>alert(1)</script>')
    expect(await page.locator('section').count()).toBe(hostileTexts.length)
    expect(await page.locator('script, main img, a:not([href^="#flood-"])').count()).toBe(0)
  })

  test('a picture is a well-formed SVG of its own', async () => {
    const page = await browser.newPage()
    for (const hostile of hostileTexts) {
      const picture = formatPicture(loadResult(undefined, { intervals }), hostile)!
      expect(await show(page, 'picture.svg', picture)).toEqual([])
      expect(await page.locator('parsererror').count()).toBe(0)
      expect(await page.locator('svg svg svg').count()).toBe(2)
    }
  })
})
