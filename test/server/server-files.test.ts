import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serverFilesOf } from '../../src/server/server-files.ts'
import { targetOf } from '../support/target.ts'

let directory: string

const files = [
  'server.js',
  'src/server.ts',
  'src/deep/.env',
  'src/deep/handler.ts',
  'src/log/today.log',
  'app/[id].js',
  'app/i.js',
  'my server.js',
  'set up.mjs',
  '../beside-server.js',
]

beforeAll(async () => {
  directory = join(await realpath(await mkdtemp(join(tmpdir(), 'ws-load-files-'))), 'project')
  for (const file of files) {
    await mkdir(dirname(join(directory, file)), { recursive: true })
    await writeFile(join(directory, file), '')
  }
})
afterAll(() => rm(dirname(directory), { recursive: true }))

/** Which of the files a server is made of. */
function filesOf(command: string, watch?: string | string[]): string[] {
  const target = targetOf({ command, url: 'ws://127.0.0.1', cwd: directory, ...(watch !== undefined && { watch }) })
  const made = serverFilesOf(target)
  return files.filter((file) => made.has(join(directory, file)))
}

test.for([
  ['node server.js', ['server.js']],
  ['PORT=1 exec node ./server.js --port 3001', ['server.js']],
  ['tsx watch src/server.ts', ['src/server.ts']],
  [`node --import="./set up.mjs" 'my server.js'`, ['my server.js', 'set up.mjs']],
  ['node my\\ server.js&wait', ['my server.js']],
  ['node ../beside-server.js', ['../beside-server.js']],
  ['npm start', []],
  ['node src', []],
  [`${process.execPath} server.js`, ['server.js']],
  [`node -e "${'x'.repeat(5_000)}"`, []],
] as const)('a server that `%s` starts is made of the files that this names', ([command, expected]) => {
  expect(filesOf(command)).toEqual(expected)
})

test.for([
  ['src', ['src/server.ts', 'src/deep/.env', 'src/deep/handler.ts', 'src/log/today.log']],
  ['src/', ['src/server.ts', 'src/deep/.env', 'src/deep/handler.ts', 'src/log/today.log']],
  ['./src/**/*.ts', ['src/server.ts', 'src/deep/handler.ts']],
  ['*.js', ['server.js', 'my server.js']],
  ['{server,other}.js', ['server.js']],
  ['app/[id].js', ['app/[id].js']],
  ['app/[h-j].js', ['app/i.js']],
  ['../*.js', ['../beside-server.js']],
  [
    ['src', '!src/log'],
    ['src/server.ts', 'src/deep/.env', 'src/deep/handler.ts'],
  ],
  [
    ['src', '!**/*.log', 'server.js'],
    ['server.js', 'src/server.ts', 'src/deep/.env', 'src/deep/handler.ts'],
  ],
  [[], []],
] as const)('a server whose files are said to be %j is made of these', ([watch, expected]) => {
  expect(filesOf('node server.js', typeof watch === 'string' ? watch : [...watch])).toEqual(expected)
})

test('a server has places where its files are', () => {
  const watch = ['src/**/*.ts', 'server.js', '!src/log', '../*.js']
  const { places } = serverFilesOf(targetOf({ command: 'a', url: 'ws://127.0.0.1', cwd: directory, watch }))
  expect(places).toEqual([join(directory, 'src'), join(directory, 'server.js'), dirname(directory)])
})
