/** This package, as it is published, at a rate, while somebody else looks at the server. */
import { parseOptions } from '../../dist/options/options.js'
import { run } from '../../dist/run/run.js'
import { cpuSeconds, type PacedOrder } from './ws-paced.ts'

const { url, connections, rate, seconds } = JSON.parse(process.argv[2]!) as PacedOrder
const options = { url, connections, rate, duration: seconds * 1_000, warmup: 0, threads: 1, server: false } as const
const before = cpuSeconds()
const { pings, generator } = await run(parseOptions(options))
process.stdout.write(JSON.stringify({ sent: pings.sent, cpu: cpuSeconds() - before, delay: generator.sendDelay }))
