import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Runs git as somebody, whatever the machine is configured for; what it printed. */
export async function git(cwd: string, ...args: string[]): Promise<string> {
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org', '-c', 'commit.gpgsign=false']
  const { stdout } = await promisify(execFile)('git', [...identity, ...args], { cwd })
  return stdout
}

/** The commit that is checked out. */
export async function commitOf(cwd: string): Promise<string> {
  return (await git(cwd, 'rev-parse', 'HEAD')).trim()
}
