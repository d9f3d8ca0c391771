/** The action of this repository, step by step, as a runner of GitHub runs it: with a shell, and files for outputs and summary. */
import { readFileSync } from 'node:fs'
import { chmod, cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
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
  const outputs = Object.fromEntries(
    ['exit-code', 'markdown'].map((name) => [name, values[`steps.compare.outputs.${name}`] ?? '']),
  )
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
    const { steps } = await runAction(directory, await inputs(base, { install: 'test -f nothing-of-the-kind' }))
    expect(steps).toMatchObject({
      'Check out the base beside the head': { exitCode: 1 },
      'Remove the checkout of the base': { exitCode: 0, stderr: '' },
    })
    expect(steps).not.toHaveProperty('Compare')
    expect(await git(directory, 'worktree', 'list')).toMatch(/^.*\n$/)
  })

  test('judges every figure of a tolerance of several lines', { timeout: 90_000 }, async () => {
    const { directory, base } = await checkedOut(4)
    const given = await inputs(base, { tolerance: 'mean=5000%\np50=10%\n  min=0.2ms\n' })
    const { outputs, summary } = await runAction(directory, given)
    expect(outputs['exit-code']).toBe('1')
    expect(summary).toMatch(/^\| p50 /m)
  })

  test('takes a branch for the base', async () => {
    const { directory } = await checkedOut(0)
    const given = await inputs('main', { install: 'exit 7' })
    const { steps } = await runAction(directory, given)
    expect(steps['Check out the base beside the head']).toMatchObject({ exitCode: 7, stderr: '' })
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

  test('takes the base of a pull request whose head is checked out', async () => {
    const { directory, base } = await checkedOut(0)
    await git(directory, 'commit', '--quiet', '--allow-empty', '-m', 'Change the gateway once more')
    const given = await inputs('', { install: 'git rev-parse HEAD; exit 7' })
    const { steps } = await runAction(directory, given, { base, head: await commitOf(directory) })
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
      'bin/gh': '#!/bin/sh\nprintf "%s\\n" "$@"\n',
      'comparison.md': 'No regression',
    })
    await chmod(join(place, 'bin/gh'), 0o755)
    const env = {
      PATH: `${join(place, 'bin')}:${process.env['PATH']}`,
      PULL_REQUEST: '17',
      GITHUB_REPOSITORY: 'someone/gateway',
      MARKDOWN: 'comparison.md',
    }
    const { exitCode, stdout } = await startCommand(['bash', '-euc', step.run], place, env).finished
    expect(exitCode).toBe(0)
    expect(stdout.trim().split('\n')).toEqual(
      'pr comment 17 --repo someone/gateway --body-file comparison.md --edit-last --create-if-none'.split(' '),
    )
  })
})
