import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ControlGroups } from '../../src/system/control-group.ts'
import { availableProcessors } from '../../src/system/processors.ts'

/** Files of the kernel; `@` is where they are. */
type Files = Readonly<Record<string, string>>

async function groupsOf(
  files: Files,
): Promise<{ groups: ControlGroups; proc: string; write: (files: Files) => Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'ws-load-cgroup-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const write = async (changed: Files): Promise<void> => {
    for (const [name, text] of Object.entries(changed)) {
      const path = join(directory, name)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, text.replaceAll('@', directory))
    }
  }
  await write(files)
  const proc = join(directory, 'proc')
  return { groups: new ControlGroups(proc), proc, write }
}

const mounts = (root: string, at: string, type: string, options: string): string =>
  `22 1 8:1 / / rw - ext4 /dev/sda rw\n31 22 0:28 ${root} @/sys/${at} rw,nosuid shared:4 - ${type} ${type} ${options}\n`

const version2 = {
  'proc/self/cgroup': '0::/ci.slice/job-7.scope\n',
  'proc/self/mountinfo': mounts('/', 'cgroup', 'cgroup2', 'rw,nsdelegate'),
  'sys/cgroup/cpu.stat': 'usage_usec 5\n',
  'sys/cgroup/ci.slice/cpu.max': '150000 100000\n',
  'sys/cgroup/ci.slice/cpu.stat': 'usage_usec 9\nnr_periods 3\nnr_throttled 1\nthrottled_usec 2500\n',
  'sys/cgroup/ci.slice/job-7.scope/cpu.max': 'max 100000\n',
  'sys/cgroup/ci.slice/job-7.scope/cpu.stat': 'throttled_usec 0\n',
  'sys/cgroup/memory.pressure': 'some avg10=0.00 avg60=0.00 avg300=0.00 total=99\n',
  'sys/cgroup/ci.slice/job-7.scope/memory.pressure':
    'some avg10=0.00 avg60=0.00 avg300=0.00 total=7000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=1\n',
}

test('the quota is the least of those around a process, how long it was used up what they tell', async () => {
  const { groups } = await groupsOf(version2)
  expect(groups).toMatchObject({ quota: 1.5, throttled: 2.5 })
})

test.each(['0::/../other\n', '0::/elsewhere/job-8.scope\n'])(
  'a process of another container, %j, has no groups in sight',
  async (cgroup) => {
    const { proc } = await groupsOf({
      ...version2,
      'proc/self/mountinfo': mounts('/ci.slice', 'cgroup', 'cgroup2', 'rw'),
      'proc/7/cgroup': cgroup,
      'sys/cgroup/cpu.max': '50000 100000\n',
      'sys/cgroup/cpu.stat': 'throttled_usec 5000\n',
    })
    expect(new ControlGroups(proc)).toMatchObject({ quota: 0.5, throttled: 5 })
    expect(new ControlGroups(proc, 7)).toMatchObject({ quota: undefined, throttled: undefined })
  },
)

test('the wait for memory is that of the innermost group', async () => {
  const { groups, write } = await groupsOf(version2)
  expect(groups.memoryStall).toBe(7)
  await write({ 'sys/cgroup/ci.slice/job-7.scope/memory.pressure': 'some avg10=1.00 total=9000\n' })
  expect(groups.memoryStall).toBe(9)
})

test('of version 1 both are read too', async () => {
  const { groups } = await groupsOf({
    'proc/self/cgroup': '4:memory:/\n3:cpu,cpuacct:/docker/c0ffee\n1:name=systemd:/x:y\n',
    'proc/self/mountinfo': mounts('/docker/c0ffee', 'cpu', 'cgroup', 'rw,cpu,cpuacct'),
    'sys/cpu/cpu.cfs_quota_us': '25000\n',
    'sys/cpu/cpu.cfs_period_us': '100000\n',
    'sys/cpu/cpu.stat': 'nr_periods 53\nnr_throttled 35\nthrottled_time 1911988032\n',
  })
  expect(groups.quota).toBe(0.25)
  expect(groups.throttled).toBeCloseTo(1_911.988, 3)
})

test.for([
  [
    'of version 1',
    'cgroup',
    'rw,cpu',
    { 'sys/cgroup/cpu.cfs_quota_us': '-1', 'sys/cgroup/cpu.cfs_period_us': '100000' },
  ],
  ['of version 2', 'cgroup2', 'rw', { 'sys/cgroup/cpu.max': 'max 100000' }],
  ['that is not told', 'cgroup2', 'rw', {}],
] as const)(
  'a group without a bound %s has no quota, and is never stopped by one',
  async ([, type, options, files]) => {
    const { groups } = await groupsOf({
      'proc/self/cgroup': '2:cpu:/\n0::/\n',
      'proc/self/mountinfo': mounts('/', 'cgroup', type, options),
      ...files,
    })
    expect(groups).toMatchObject({ quota: undefined, throttled: undefined })
    expect(availableProcessors(groups)).toBe(availableParallelism())
  },
)

test.for([
  ['where there is no process file system', {}],
  [
    'outside of what is mounted',
    { 'proc/self/cgroup': '0::/../other\n', 'proc/self/mountinfo': mounts('/', 'nowhere', 'cgroup2', 'rw') },
  ],
] as const)('nothing is known %s', async ([, files]) => {
  const { groups } = await groupsOf(files)
  expect(groups).toMatchObject({ quota: undefined, throttled: undefined })
})

test('the processors that may be used are a quota of those of the machine', async () => {
  const quarter = await groupsOf({ ...version2, 'sys/cgroup/ci.slice/job-7.scope/cpu.max': '25000 100000' })
  expect(availableProcessors(quarter.groups)).toBe(0.25)
  const plenty = await groupsOf({ ...version2, 'sys/cgroup/ci.slice/cpu.max': '99999999 100000' })
  expect(availableProcessors(plenty.groups)).toBe(availableParallelism())
})
