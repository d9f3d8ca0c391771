/** Floods in processes that are short of something. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { WsLoadOptions } from '../../src/options/options.ts'
import type { LoadResult } from '../../src/result/load-result.ts'
import type { SLOVerdict } from '../../src/slo/verdict.ts'

export type Limited = Pick<LoadResult, 'ended' | 'errors' | 'connections'> &
  Pick<SLOVerdict, 'verdict' | 'reasons'> & { readonly text: string }

export interface Refused {
  readonly code: string
  readonly message: string
}

/**
 * Floods for 200 ms without warm-up, after a line of the shell that sets a limit, `ulimit -n 100` say.
 * @param left file descriptors that are left once the flood has begun
 */
export async function floodWithin(
  limit: string,
  options: WsLoadOptions,
  left?: number,
): Promise<Partial<Limited & Refused>> {
  const program = join(import.meta.dirname, 'limited-program.ts')
  const args = [process.execPath, program, JSON.stringify(options), ...(left === undefined ? [] : [String(left)])]
  const { stdout } = await promisify(execFile)('bash', ['-c', `${limit}; exec "$@"`, 'bash', ...args])
  return JSON.parse(stdout) as Partial<Limited & Refused>
}
