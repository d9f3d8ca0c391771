import { execFileSync } from 'node:child_process'

/**
 * Keeps a process where the same happens to it all the time: the system leaves it on a processor for seconds, beside others or not.
 * @param processor the only one that it may use, by its number; any if `undefined`
 */
export function keepOnProcessor({ pid }: { readonly pid?: number | undefined }, processor: number | undefined): void {
  if (processor !== undefined) execFileSync('taskset', ['-acp', String(processor), String(pid)])
}
