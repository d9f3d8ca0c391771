import { readFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, platform, release } from 'node:os'
import type { Environment } from '../result/load-result.ts'

/** Read when the module loads: a run may leave no file descriptor for it. */
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string
}

/** Describes this machine and this package; the number of other floods is the run's own to find out. */
export function describeEnvironment(): Environment {
  return {
    node: process.version,
    os: `${platform()} ${release()} ${arch()}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    version,
    otherFloods: 0,
  }
}
