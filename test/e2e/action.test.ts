/** The action of this repository, step by step, as a runner of GitHub runs it: with a shell, and files for outputs and summary. */
import { readFileSync } from 'node:fs'
import { chmod, cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { freePort } from '../support/processes.ts'
import { linkedConsumer, repository } from './support/consumer.ts'
import { commitOf, git } from './support/git.ts'
import { startCommand, type VitestRun } from './support/vitest-run.ts'

interface Step {
  readonly name: string
  readonly id?: string
  readonly if?: string
  readonly shell: string
  readonly 'working-directory'?: string
  readonly env: Readonly<Record<string, string>>
  readonly run: string
}

interface Action {
  readonly outputs: Readonly<Record<string, { readonly value: string }>>
  readonly inputs: Readonly<Record<string, { readonly default?: string; readonly required?: boolean }>>
  readonly runs: { readonly steps: readonly Step[] }
}

const action = parse(readFileSync(join(repository, 'action.yml'), 'utf8')) as Action
const consumer = await linkedConsumer()
afterAll(() => consumer[Symbol.asyncDispose]())

/**
 * A repository on a disk, and a clone of its head without its history.
 * @param slower milliseconds that the head answers later
 * @param folder of the repository that the server is in
 */
async function checkedOut(
  slower: number,
  folder = '.',
): Promise<{ readonly directory: string; readonly base: string }> {
  const origin = await consumer.project({})
  await cp(join(repository, 'examples/gate'), join(origin, folder), { recursive: true })
  await git(origin, 'init', '--quiet', '--initial-branch=main')
  // GitHub serves any commit of a repository.
  await git(origin, 'config', 'uploadpack.allowAnySHA1InWant', 'true')
  await git(origin, 'add', '.')
  await git(origin, 'commit', '--quiet', '-m', 'Add a gateway')
  const base = await commitOf(origin)
  const file = join(origin, folder, 'server.js')
  const server = await readFile(file, 'utf8')
  await writeFile(file, server.replace('work = 2', `work = ${2 + slower}`))
  await git(origin, 'commit', '--quiet', '--allow-empty', '-am', 'Change the gateway')
  const directory = `${origin}-clone`
  await git(origin, 'clone', '--quiet', '--depth=1', `file://${origin}`, directory)
  const bin = join(directory, folder, 'node_modules/.bin')
  await mkdir(bin, { recursive: true })
  await symlink(join(consumer.directory, 'node_modules/vitest-ws-load/dist/cli/main.js'), join(bin, 'ws-load'))
  await chmod(join(bin, 'ws-load'), 0o755)
  return { directory, base }
}

interface Ran {
  readonly steps: Readonly<Record<string, VitestRun>>
  readonly outputs: Readonly<Record<string, string>>
  readonly summary: string
}

/** Runs the steps up to the first that fails, and then those that are run always. */
async function runAction(
  directory: string,
  given: Readonly<Record<string, string>>,
  ofPullRequest: { readonly base?: string; readonly head?: string } = {},
): Promise<Ran> {
  const place = `${directory}-runner`
  await mkdir(place, { recursive: true })
  const files = { GITHUB_OUTPUT: join(place, 'output'), GITHUB_STEP_SUMMARY: join(place, 'summary.md') }
  for (const file of Object.values(files)) await writeFile(file, '')
  const values: Record<string, string> = {
    'github.event.pull_request.base.sha': ofPullRequest.base ?? '',
    'github.event.pull_request.head.sha': ofPullRequest.head ?? '',
  }
  for (const [name, { default: usual = '' }] of Object.entries(action.inputs))
    values[`inputs.${name}`] = given[name] ?? usual
  const filled = (text: string): string =>
    text.replaceAll(/\$\{\{ ([\w.-]+) \}\}/g, (_, name: string) => values[name] ?? '')
  const steps: Record<string, VitestRun> = {}
  let hasFailed = false
  for (const { name, id = '', if: condition, env, run, ...step } of action.runs.steps) {
    if (condition !== undefined && condition !== 'always()') continue
    if (hasFailed && condition === undefined) continue
    await writeFile(join(place, 'step.sh'), filled(run))
    const variables = Object.fromEntries(Object.entries(env).map(([key, value]) => [key, filled(value)]))
    const shell = ['bash', '--noprofile', '--norc', '-eo', 'pipefail', join(place, 'step.sh')]
    const cwd = join(directory, filled(step['working-directory'] ?? '.'))
    steps[name] = await startCommand(shell, cwd, { ...files, ...variables, RUNNER_TEMP: place }).finished
    for (const line of (await readFile(files.GITHUB_OUTPUT, 'utf8')).split('\n')) {
      const [, key = '', value = ''] = /^(.*?)=(.*)$/.exec(line) ?? []
      values[`steps.${id}.outputs.${key}`] = value
    }
    hasFailed ||= steps[name].exitCode !== 0
  }
  const outputs = Object.fromEntries(Object.entries(action.outputs).map(([name, { value }]) => [name, filled(value)]))
  return { steps, outputs, summary: await readFile(files.GITHUB_STEP_SUMMARY, 'utf8') }
}

async function inputs(base: string, more: Readonly<Record<string, string>> = {}): Promise<Record<string, string>> {
  const ports = `${await freePort()} ${await freePort()}`
  return {
    base,
    ports,
    command: 'node server.js',
    install: 'test -f server.js',
    flags: `--connections 20 --text 'PING'`,
    ...more,
  }
}

describe('the action', () => {
  test('is red on a pull request that makes the server slower', { timeout: 90_000 }, async () => {
    const { directory, base } = await checkedOut(4)
    const { steps, outputs, summary } = await runAction(directory, await inputs(base))
    expect(steps['Check out the base beside the head']).toMatchObject({ exitCode: 0, stderr: '' })
    expect(steps['Compare']).toMatchObject({ exitCode: 1 })
    expect(steps['Compare']!.stdout).toMatch(/^### ❌ Slower\n/)
    expect(outputs['exit-code']).toBe('1')
    expect(summary).toBe(steps['Compare']!.stdout)
    expect(await readFile(outputs['markdown']!, 'utf8')).toBe(summary)
  })

  test('is green on one that does not, in a folder of the repository as well', { timeout: 90_000 }, async () => {
    const { directory, base } = await checkedOut(0, 'services/gateway')
    // What two equal servers differ by on a busy machine is not what this is about.
    const tolerance = 'p50=100% p99=400% min=20ms'
    const given = await inputs(base, { 'working-directory': 'services/gateway', tolerance })
    const { steps, outputs, summary } = await runAction(directory, given)
    expect(steps['Compare']).toMatchObject({ exitCode: 0 })
    expect(outputs['exit-code']).toBe('0')
    expect(summary).toMatch(/^### ✅ /)
  })

  test('is red, and says why, where a server does not start', async () => {
    const { directory, base } = await checkedOut(0)
    const { steps, outputs, summary } = await runAction(
      directory,
      await inputs(base, { command: 'echo "no such file"; exit 3' }),
    )
    expect(steps['Compare']).toMatchObject({ exitCode: 5 })
    expect(steps['Compare']!.stderr).toMatch(/exited with code 3[^]*no such file/)
    expect(outputs['exit-code']).toBe('5')
    expect(summary).toMatch(/^### ❌ Nothing was compared: `ws-load compare` ended with 5/)
  })

  test('leaves the comparison of an earlier step of its job as it is', async () => {
    const { directory, base } = await checkedOut(0)
    const earlier = await runAction(directory, await inputs(base, { command: 'exit 3' }))
    const later = await runAction(directory, await inputs(base, { flags: '--no-such-flag' }))
    expect(later.summary).not.toBe(earlier.summary)
    for (const { outputs, summary } of [earlier, later]) {
      expect(await readFile(outputs['markdown']!, 'utf8')).toBe(summary)
    }
  })

  test.each(['4801', '4801 4802 4803', 'a b'])('is red where the ports are %s', async (ports) => {
    const { directory, base } = await checkedOut(0)
    const { steps } = await runAction(directory, await inputs(base, { ports }))
    expect(steps['Compare']).toMatchObject({
      exitCode: 2,
      stderr: `ports: expected that of the base and that of the head, like '3001 3002', got '${ports}'\n`,
    })
  })

  test('is red where the base has not what it needs', async () => {
    const { directory, base } = await checkedOut(0)
    const { steps, outputs } = await runAction(
      directory,
      await inputs(base, { install: 'test -f nothing-of-the-kind' }),
    )
    expect(steps).toMatchObject({
      'Check out the base beside the head': { exitCode: 1 },
      'Remove the checkout of the base': { exitCode: 0, stderr: '' },
    })
    expect(steps).not.toHaveProperty('Compare')
    expect(await git(directory, 'worktree', 'list')).toMatch(/^.*\n$/)
    expect(await readFile(outputs['markdown']!, 'utf8')).toBe('### ❌ Nothing was compared, see the log\n')
  })

  test('judges every figure of a tolerance of several lines', { timeout: 90_000 }, async () => {
    const { directory, base } = await checkedOut(4)
    const given = await inputs(base, { tolerance: 'mean=5000%\np50=10%\n  min=0.2ms\n' })
    const { outputs, summary } = await runAction(directory, given)
    expect(outputs['exit-code']).toBe('1')
    expect(summary).toMatch(/^\| p50 /m)
  })

  test('takes a branch for the base, which is fetched only if it is not there', async () => {
    const { directory, base } = await checkedOut(0)
    const origin = directory.replace(/-clone$/, '')
    await git(origin, 'branch', 'released', base)
    const given = await inputs('released', { install: 'git rev-parse HEAD; exit 7' })
    const fetched = await runAction(directory, given)
    expect(fetched.steps['Check out the base beside the head']).toMatchObject({ exitCode: 7, stdout: `${base}\n` })
    await git(directory, 'fetch', '--quiet', '--unshallow', 'origin', 'released:refs/remotes/origin/released')
    await git(directory, 'remote', 'set-url', 'origin', 'file:///nowhere')
    const there = await runAction(directory, given)
    expect(there.steps['Check out the base beside the head']).toMatchObject({ exitCode: 7, stdout: `${base}\n` })
  })

  test('refuses to compare a commit with itself', async () => {
    const { directory } = await checkedOut(0)
    const { steps, outputs } = await runAction(directory, await inputs('main'))
    expect(steps['Check out the base beside the head']).toMatchObject({
      exitCode: 2,
      stderr:
        "base: expected another commit than the one that is checked out, got 'main'; of a push that is github.event.before\n",
    })
    expect(outputs['exit-code']).toBe('')
  })

  test('is red where nothing was compared, whatever the program ended with', async () => {
    const { directory, base } = await checkedOut(0)
    const helped = await runAction(directory, await inputs(base, { flags: "-h 'Cookie: s=1'" }))
    expect(helped.steps['Compare']).toMatchObject({ exitCode: 5 })
    expect(helped.summary).toBe('### ❌ Nothing was compared: `ws-load compare` ended with 0, see the log\n')
    await rm(join(directory, 'node_modules'), { recursive: true })
    const missing = await runAction(directory, await inputs(base))
    expect(missing.steps['Compare']).toMatchObject({ exitCode: 5 })
    expect(missing.steps['Compare']!.stderr).toContain('vitest-ws-load is not installed in ')
  })

  test('runs on each side the programs of its own packages', { timeout: 90_000 }, async () => {
    const { directory, base } = await checkedOut(0)
    const tool = '#!/bin/sh\nexec node server.js\n'
    await writeFile(join(directory, 'node_modules/.bin/gateway'), `#!/bin/sh\necho of the head >&2\nexit 3\n`)
    await chmod(join(directory, 'node_modules/.bin/gateway'), 0o755)
    const install = `mkdir -p node_modules/.bin; printf '${tool.replaceAll('\n', '\\n')}' > node_modules/.bin/gateway; chmod +x node_modules/.bin/gateway`
    const { steps } = await runAction(directory, await inputs(base, { command: 'gateway', install }))
    expect(steps['Compare']).toMatchObject({ exitCode: 5 })
    expect(steps['Compare']!.stderr).toContain('(head.command) exited with code 3')
    expect(steps['Compare']!.stderr).toContain('of the head')
  })

  test('takes what the merge commit of a pull request was made on for the base', async () => {
    const { directory, base } = await checkedOut(0)
    const origin = directory.replace(/-clone$/, '')
    const onto = await commitOf(origin)
    await git(origin, 'checkout', '--quiet', '-b', 'pulled', base)
    await git(origin, 'commit', '--quiet', '--allow-empty', '-m', 'Change the gateway otherwise')
    const head = await commitOf(origin)
    await git(origin, 'checkout', '--quiet', '-b', 'merged', 'main')
    await git(origin, 'merge', '--quiet', '--no-ff', '-m', 'Merge', 'pulled')
    await git(directory, 'fetch', '--quiet', '--depth=1', 'origin', 'merged')
    await git(directory, 'checkout', '--quiet', 'FETCH_HEAD')
    const given = await inputs('', { install: 'git rev-parse HEAD; exit 7' })
    const { steps } = await runAction(directory, given, { base, head })
    expect(steps['Check out the base beside the head']).toMatchObject({ exitCode: 7, stdout: `${onto}\n` })
  })

  test('takes where a pull request whose head is checked out left its base, which has gone on since', async () => {
    const { directory, base } = await checkedOut(0)
    const origin = directory.replace(/-clone$/, '')
    await git(origin, 'checkout', '--quiet', '-b', 'pulled', base)
    await git(origin, 'commit', '--quiet', '--allow-empty', '-m', 'Change the gateway otherwise')
    const [head, ofBase] = [await commitOf(origin), await commitOf(directory)]
    const given = await inputs('', { install: 'git rev-parse HEAD; exit 7' })
    await git(directory, 'fetch', '--quiet', '--depth=1', 'origin', 'pulled')
    await git(directory, 'checkout', '--quiet', 'FETCH_HEAD')
    const shallow = await runAction(directory, given, { base: ofBase, head })
    expect(shallow.steps['Check out the base beside the head']).toMatchObject({
      exitCode: 2,
      stderr: 'base: expected the history of what is checked out, which is no merge: check out with fetch-depth: 0\n',
    })
    await git(directory, 'fetch', '--quiet', '--unshallow', 'origin', 'main', 'pulled')
    const { steps } = await runAction(directory, given, { base: ofBase, head })
    expect(steps['Check out the base beside the head']).toMatchObject({ exitCode: 7, stdout: `${base}\n` })
  })

  test.each(['', '--upload-pack=touch pwned;'])('refuses %j for the base', async (base) => {
    const { directory } = await checkedOut(0)
    const { steps } = await runAction(directory, { ...(await inputs('main')), base })
    expect(steps['Check out the base beside the head']).toMatchObject({
      exitCode: 2,
      stderr: `base: expected a commit, got '${base}'; outside of pull requests it has to be given\n`,
    })
  })

  test('comments by one command of the GitHub CLI, which edits the last comment of the token', async () => {
    const step = action.runs.steps.find(({ name }) => name === 'Comment')!
    const place = await consumer.project({
      'bin/gh': '#!/bin/sh\nprintf "%s\\n" "$@"\ncat\n',
      'comparison.md': 'No regression\n',
    })
    await chmod(join(place, 'bin/gh'), 0o755)
    const env = {
      PATH: `${join(place, 'bin')}:${process.env['PATH']}`,
      PULL_REQUEST: '17',
      GITHUB_REPOSITORY: 'someone/gateway',
      MARKDOWN: 'comparison.md',
      HEAD_OF_PULL_REQUEST: 'f00ba4',
    }
    const { exitCode, stdout } = await startCommand(['bash', '-euc', step.run], place, env).finished
    expect(exitCode).toBe(0)
    expect(stdout.trim().split('\n')).toEqual([
      ...'pr comment 17 --repo someone/gateway --body-file - --edit-last --create-if-none'.split(' '),
      'No regression',
      '',
      'Of f00ba4.',
    ])
  })
})
