/**
 * A flood in a process of its own: `node flood-program.ts OPTIONS`, options of `wsLoad()` as JSON. Its pings are stamped
 * (holding.ts) if the probe is 'stamped'. Says `ready`, begins when it is told anything, and says its summary as JSON at the
 * end, each on a line.
 */
import { once } from 'node:events'
import { parseOptions } from '../../src/options/options.ts'
import { run } from '../../src/run/run.ts'
import { LoadSummary } from '../../src/summary/load-summary.ts'
import type { ProcessOptions } from './flood-process.ts'
import { stamped, stampsFor } from './holding.ts'

const { probe, ...options } = JSON.parse(process.argv[2]!) as ProcessOptions
const parsed = parseOptions({
  ...options,
  probe: probe === 'stamped' ? { ...stamped, data: stampsFor(options.connections!) } : 'ping',
})
process.stdout.write('ready\n')
await once(process.stdin, 'data')
process.stdin.destroy()
process.stdout.write(`${JSON.stringify(new LoadSummary(await run(parsed)))}\n`)
