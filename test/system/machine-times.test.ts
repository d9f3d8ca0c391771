import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { idleTime, machineTimes, pressure } from '../../src/system/machine-times.ts'

async function proc(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ws-load-proc-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true })
    await writeFile(join(directory, name), text)
  }
  return directory
}

test('the times of a machine are those of all its processors, guests among them once', async () => {
  const stat =
    'cpu  100 20 30 400 5 6 7 8 90 10\ncpu0 50 10 15 200 2 3 3 4 45 5\ncpu1 50 10 15 200 3 3 4 4 45 5\nintr 1\n'
  expect(machineTimes(await proc({ stat }))).toEqual({
    processors: 2,
    total: 5_760,
    idle: 4_050,
    interrupts: 130,
    stolen: 80,
  })
})

test('where there is no such file Node tells what it knows, and nobody what was stolen', async () => {
  const { processors, total, idle, stolen } = machineTimes(await proc({}))
  expect(processors).toBeGreaterThanOrEqual(1)
  expect(idle).toBeGreaterThan(0)
  expect(total).toBeGreaterThan(idle)
  expect(stolen).toBeUndefined()
})

test('the idle time is that of the processors that the thread may use', async () => {
  const cpus = [
    'cpu0 0 0 0 1 0 0',
    'cpu1 0 0 0 20 2 0',
    'cpu2 0 0 0 300 0 0',
    'cpu3 0 0 0 4000 0 0',
    'cpu10 0 0 0 50000 0 0',
  ]
  const stat = `cpu  0 0 0 54321 2 0\n${cpus.join('\n')}\nintr 1\n`
  const idleOf = async (allowed: string): Promise<number> =>
    idleTime(
      await proc({
        stat,
        'thread-self/status': `Name:\tnode\nCpus_allowed:\t7\nCpus_allowed_list:\t${allowed}\nMems_allowed:\t1\n`,
      }),
    )
  expect(await idleOf('1')).toBe(220)
  expect(await idleOf('0-2,10')).toBe(503_230)
  expect(await idleOf('0-255')).toBe(543_230)
  expect(await idleOf('16-19')).toBe(543_230)
  expect(idleTime(await proc({ stat }))).toBe(543_230)
})

test('a machine that spins is not idle', () => {
  const before = machineTimes()
  for (const end = performance.now() + 300; performance.now() < end;);
  const after = machineTimes()
  const busy = after.total - after.idle - (before.total - before.idle)
  expect(busy).toBeGreaterThan(200)
})

test('pressure is what some task waited, as far as the kernel tells', async () => {
  const cpu =
    'some avg10=79.84 avg60=72.95 avg300=38.91 total=28509266\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=9\n'
  expect(pressure(await proc({ 'pressure/cpu': cpu }))).toEqual({ cpu: 28_509.266, memory: undefined, io: undefined })
})
