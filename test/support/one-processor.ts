/**
 * Set up where test files flood side by side: the processes of each have one processor. Load threads that have only one do not
 * poll without a pause, which takes from the neighbours, and from whoever waits for the tests, what nobody needs who counts pings.
 */
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

const processors = availableParallelism()
// Linux alone has it; where it is missing the tests take longer.
if (processors > 1) {
  const one = Number(process.env['VITEST_POOL_ID']) % processors
  spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(one), String(process.pid)])
}
