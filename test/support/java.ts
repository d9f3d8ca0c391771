/** A port of HdrHistogram that is not ours: Debian's libhdrhistogram-java, the original one. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findProgram } from './child.ts'

const jar = '/usr/share/java/hdrhistogram.jar'

/** Why `processLog` cannot be had here, for a skipped test to say; `undefined` when it can. */
export function javaMissing(): string | undefined {
  if (findProgram('java') === undefined) return 'there is no java: apt-get install default-jre-headless'
  return existsSync(jar) ? undefined : `there is no ${jar}: apt-get install libhdrhistogram-java`
}

/**
 * Has Java's HistogramLogProcessor read a histogram from a log and write its percentile distribution, in milliseconds.
 * @param histogram nanoseconds, V2 compressed, base64
 * @see https://hdrhistogram.github.io/HdrHistogram/JavaDoc/org/HdrHistogram/HistogramLogProcessor.html
 */
export async function processLog(histogram: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ws-load-java-'))
  try {
    const log = join(directory, 'log.hlog')
    await writeFile(log, `#[Histogram log format version 1.2]\n0.000,1.000,0.000,${histogram}\n`)
    const main = 'org.HdrHistogram.HistogramLogProcessor'
    const unit = ['-outputValueUnitRatio', '1000000']
    await promisify(execFile)('java', ['-cp', jar, main, '-i', log, '-o', join(directory, 'out'), ...unit])
    return await readFile(join(directory, 'out.hgrm'), 'utf8')
  } finally {
    await rm(directory, { recursive: true })
  }
}
