/**
 * Makes the pictures of the documents: from a real run of `npm run demo:breach` what a terminal shows of a missed SLO, and the page that
 * is written of it, in both colour schemes; from a real search the curve of a capacity.
 *
 * Run: npm run docs:pictures (it needs Chromium)
 */
import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { startQueueingServer } from '../bench/control/queueing-server.ts'
import { capacity } from '../src/engine.ts'
import { formatCapacityPicture } from '../src/page/picture.ts'
import { terminalSVG } from './terminal-svg.ts'

const command = 'npm run demo:breach'
const images = join(import.meta.dirname, '../docs/images')
const page = join(import.meta.dirname, '.vitest/ws-load/report.html')
/** From the failure on; before it is what Vitest shows of every run. */
const failure = /^.*FAIL(?:.|\n)*?connections to \S+$/m

await mkdir(images, { recursive: true })
await writeFile(join(images, 'capacity.svg'), await curveOfCapacity())
const output = await failedRun()
const [shown] = failure.exec(output) ?? []
if (shown === undefined) throw new Error(`${command}: expected a missed SLO, got\n${output}`)
const prompt = `\u001B[90m$\u001B[39m ${command}\n\n`
await writeFile(join(images, 'miss.svg'), terminalSVG(prompt + shown, `${command} in a terminal: a missed SLO`))
await photograph()

/** What Vitest writes to a terminal that has colours. */
async function failedRun(): Promise<string> {
  const vitest = join(import.meta.dirname, '../node_modules/vitest/vitest.mjs')
  const args = [vitest, 'run', '--root', import.meta.dirname, 'breach.test.ts']
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env: { ...process.env, FORCE_COLOR: '1' } }, (_, stdout, stderr) =>
      resolve(stdout + stderr),
    )
  })
}

/** Of a server that takes 0.4 ms for each ping, one after the other; more precise than a gate has to be, for the sake of more points. */
async function curveOfCapacity(): Promise<string> {
  const server = await startQueueingServer({ service: 0.4 })
  try {
    const found = await capacity({ url: server.url, slo: { p95: '< 20ms' }, precision: '4%', maxDuration: '2m' })
    const picture = found.limitedBy === 'slo' ? formatCapacityPicture(found) : null
    if (picture === null) throw new Error(`expected the capacity of a server, got\n${String(found)}`)
    return picture
  } finally {
    server.stop()
  }
}

async function photograph(): Promise<void> {
  const { CHROMIUM: executablePath = '/usr/bin/chromium' } = process.env
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  for (const colorScheme of ['light', 'dark'] as const) {
    const tab = await browser.newPage({ colorScheme, viewport: { width: 1000, height: 690 } })
    await tab.goto(pathToFileURL(page).href)
    await tab.screenshot({ path: join(images, `page-${colorScheme}.png`) })
  }
  await browser.close()
}
