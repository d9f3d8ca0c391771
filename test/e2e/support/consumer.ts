/** Projects of a user in a temporary directory, in which the package built from this source is installed. */
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { build } from './build.ts'
import { type RunningVitest, startCommand, startVitest, type VitestRun } from './vitest-run.ts'

export const repository = join(import.meta.dirname, '../../..')

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Within the project. */
  readonly cwd?: string
}

export class Consumer implements AsyncDisposable {
  readonly directory: string
  #projects = 0

  constructor(directory: string) {
    this.directory = directory
  }

  /** Writes a project's files and runs `vitest run` on it. */
  async run(files: Files, args: readonly string[] = [], options: RunOptions = {}): Promise<VitestRun> {
    return (await this.start(files, args, options)).finished
  }

  /** The same, without waiting for the end. */
  async start(files: Files, args: readonly string[] = [], options: RunOptions = {}): Promise<RunningVitest> {
    const project = await this.project(files)
    return startVitest(this.directory, join(project, options.cwd ?? ''), args, options.env)
  }

  /** Writes a project's files and runs `vitest bench --run` on it. */
  async bench(files: Files, args: readonly string[] = []): Promise<VitestRun> {
    const vitest = join(this.directory, 'node_modules/vitest/vitest.mjs')
    return startCommand([process.execPath, vitest, 'bench', '--run', ...args], await this.project(files)).finished
  }

  /** Runs `vitest run` once more in a project's directory. */
  rerun(project: string, args: readonly string[]): Promise<VitestRun> {
    return startVitest(this.directory, project, args).finished
  }

  /** Writes a project's files; its directory. */
  async project(files: Files): Promise<string> {
    const project = join(this.directory, `project-${++this.#projects}`)
    for (const [path, text] of Object.entries({ 'package.json': '{ "type": "module" }', ...files })) {
      await mkdir(dirname(join(project, path)), { recursive: true })
      await writeFile(join(project, path), text)
    }
    return project
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, maxRetries: 5 })
  }
}

/** Texts by path within the project. */
export type Files = Readonly<Record<string, string>>

/** A directory whose projects find the package as a copy in `node_modules`, and the repository's other packages. */
export async function linkedConsumer(): Promise<Consumer> {
  const directory = await temporaryDirectory()
  const modules = join(directory, 'node_modules')
  await mkdir(join(modules, 'vitest-ws-load'), { recursive: true })
  for (const name of await readdir(join(repository, 'node_modules'))) {
    if (!name.startsWith('.')) await symlink(join(repository, 'node_modules', name), join(modules, name))
  }
  await cp(join(repository, 'package.json'), join(modules, 'vitest-ws-load/package.json'))
  await cp(await build(), join(modules, 'vitest-ws-load/dist'), { recursive: true })
  return new Consumer(directory)
}

/** Packs the package as it would be published; the path of the tarball. */
export async function pack(into: string): Promise<string> {
  const copy = join(into, 'repository')
  await mkdir(copy, { recursive: true })
  for (const name of ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'src', 'README.md', 'LICENSE']) {
    await cp(join(repository, name), join(copy, name), { recursive: true })
  }
  await symlink(join(repository, 'node_modules'), join(copy, 'node_modules'))
  const [packed] = JSON.parse(await npm(copy, 'pack', '--json', '--pack-destination', into)) as { filename: string }[]
  return join(into, packed!.filename)
}

/** A copy of an example on a port of its own. */
export async function copiedExample(name: string, into: string, port: number): Promise<string> {
  await cp(join(repository, 'examples', name), into, { recursive: true })
  for (const file of ['server.js', 'vitest.config.ts']) {
    const text = await readFile(join(into, file), 'utf8')
    await writeFile(join(into, file), text.replaceAll('3001', String(port)))
  }
  return into
}

/** A copy of `examples/basic` on a port of its own, with these packages installed by npm. */
export async function installedExample(into: string, port: number, packages: readonly string[]): Promise<string> {
  await copiedExample('basic', into, port)
  await npm(into, 'install', '--save-exact', '--prefer-offline', '--no-audit', '--no-fund', ...packages)
  return into
}

async function npm(cwd: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('npm', args, { cwd })
  return stdout
}

export async function temporaryDirectory(): Promise<string> {
  return realpath(await mkdtemp(join(tmpdir(), 'ws-load-consumer-')))
}
