import { join } from 'node:path'
import { configDefaults, defineConfig } from 'vitest/config'
import { rooms } from './rooms.ts'

/** Whether load threads can be started from a room: its tests may measure, so they have the machine to themselves. */
function canFlood(room: string): boolean {
  return room === 'generator' || rooms[room]!.imports.some(canFlood)
}

/** Tests that no neighbour can change the outcome of; of `docs` and `e2e`, those that judge no figure. */
const sideBySide = [
  'test/*.test.ts',
  'test/lint/*.test.ts',
  'test/docs/{blocks,links,output,tables}.test.ts',
  'test/e2e/{fixture,target}.test.ts',
  ...Object.keys(rooms)
    .filter((room) => !canFlood(room))
    .map((room) => `test/${room}/**/*.test.ts`),
]

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Programs that tests start, again and again, start in half the time.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/node') },
    // Of what tests call themselves. Counting in load threads too (`autoAttachSubprocess`) would slow what they measure.
    coverage: { include: ['src/**/*.ts'], reporter: ['text-summary'] },
    projects: [
      {
        extends: true,
        test: {
          name: 'side by side',
          include: sideBySide,
          benchmark: { include: [] },
          setupFiles: ['test/support/no-load-threads.ts'],
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'one at a time',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...sideBySide],
          benchmark: { include: ['bench/micro/*.bench.ts'] },
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
