/** The examples with the packed package and what else they need installed by npm, as a user has them. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../support/processes.ts'
import { madeOnce } from './build.ts'
import { copiedExample, installedExample, pack, repository } from './consumer.ts'
import { startVitest, type VitestRun } from './vitest-run.ts'

interface Manifest {
  readonly devDependencies: Readonly<Record<string, string>>
}

const { devDependencies } = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as Manifest

export const newest: string = devDependencies['vitest']!
export const versions = [
  { name: 'the newest Vitest', version: newest, benchmarks: true },
  { name: 'Vitest 4.1', version: '4.1.12', benchmarks: false },
] as const

/** Examples of ready-made protocols; their tests, and what the servers need besides `ws`. */
export const protocols = [
  { name: 'socket-io', tests: 2, packages: ['socket.io'] },
  { name: 'graphql-ws', tests: 2, packages: ['graphql', 'graphql-ws'] },
] as const

/** Milliseconds. */
export const installTimeout = 180_000

/** `examples/basic` with the packed package and that version of Vitest; the newest has what the other examples need as well. */
export function installed(version: string): Promise<string> {
  return madeOnce(`vitest-${version}`, async (directory) => {
    const others = version === newest ? protocols.flatMap(({ packages }) => packages) : []
    const packages = ['@types/node', ...others].map((name) => `${name}@${devDependencies[name]}`)
    await installedExample(directory, await freePort(), [await tarball(), `vitest@${version}`, ...packages])
  })
}

/** What tests put beside an installed example, to run it with the same packages. */
export const copiesPattern = 'copy-*/**'

let copies = 0

/** Runs a copy of an example, at a port of its own, with the packages of that version. */
export async function runCopy(
  version: string,
  name: string,
  env: Readonly<Record<string, string>> = {},
): Promise<VitestRun> {
  const directory = await installed(version)
  const copy = await copiedExample(name, join(directory, `copy-${process.pid}-${++copies}`), await freePort())
  return startVitest(directory, copy, [], env).finished
}

async function tarball(): Promise<string> {
  const place = await madeOnce('packed', pack)
  const name = (await readdir(place)).find((file) => file.endsWith('.tgz'))
  return join(place, name!)
}
