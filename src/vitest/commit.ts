import { execFileSync } from 'node:child_process'

/** The commit that is checked out, `null` outside of a repository. */
export function commitOf(directory: string): string | null {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], {
      cwd: directory,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  } catch {
    return null
  }
}
