import { checkSignal } from '../errors.ts'
import type { CapacityResult } from '../capacity/capacity.ts'
import type { ResolvedCapacity } from '../options/capacity.ts'
import { startEmbedded } from '../server/embedded.ts'
import { CapacitySearch, type CapacityWatch } from './capacity-search.ts'

/**
 * Looks for the highest load under which a server surely keeps an SLO: each load is an open-model flood of its own that lasts until its
 * verdict is clear, and the verdicts say which one is next. A server that missed the SLO has the time to recover before that.
 *
 * @throws {WsLoadError} as `run`
 */
export async function findCapacity(options: ResolvedCapacity, watch: CapacityWatch = {}): Promise<CapacityResult> {
  checkSignal(watch.signal)
  const embedded = options.url === undefined ? await startEmbedded() : undefined
  try {
    const search = new CapacitySearch({ ...options, url: options.url ?? embedded!.url }, watch)
    await search.begin()
    while (await search.step());
    return search.found
  } finally {
    await embedded?.stop()
  }
}
