import { parentOf, variableOf } from '../system/process-table.ts'

/**
 * What a command inherits: the environment of this process, with the user's `NODE_ENV`. Vitest sets it to 'test' where there is
 * none, and a server that takes that for its own mode is not the one that the user runs.
 */
export function inheritedEnvironment(): NodeJS.ProcessEnv {
  const { NODE_ENV, ...others } = process.env
  if (process.env['VITEST'] === undefined || NODE_ENV !== 'test') return process.env
  const own = variableOf(testRunner(), 'NODE_ENV')
  return own === undefined ? others : { ...others, NODE_ENV: own }
}

/** The main process of Vitest, which began without what Vitest gives to its workers. */
function testRunner(): number {
  let pid = process.pid
  while (pid > 1 && variableOf(pid, 'VITEST') !== undefined) pid = parentOf(pid)
  return pid
}
