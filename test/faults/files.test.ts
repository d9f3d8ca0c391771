import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { deflateSync } from 'node:zlib'
import { LoadSummary } from '../../src/summary/load-summary.ts'
import { steady } from '../support/comparison.ts'
import { hostileTexts } from '../support/hostile.ts'
import { loadResult } from '../support/result.ts'
import { matrix, type Run, unprintable } from './matrix.ts'
import { program, type Surroundings } from './program.ts'

const short = ['-c', '3', '-d', '300ms', '-r', '200/s', '--warmup', '0']
const hasFull = existsSync('/dev/full')
const wrong = { exit: 2, says: /^error: / } as const

type Summary = Record<string, unknown>

/** `ws-load report` of a file. */
function reporting(content: () => string | Buffer): Run {
  return program(({ file }) => ['report', file('run.json')], {
    prepare: ({ file }) => writeFile(file('run.json'), content()),
  })
}

/** Of a run of which something has been changed. */
function reportingChanged(change: (summary: Summary) => unknown): Run {
  return reporting(() => {
    const summary = JSON.parse(JSON.stringify(steady(2))) as Summary
    change(summary)
    return JSON.stringify(summary)
  })
}

/** A field of a field, to be changed. */
function within(summary: Summary, name: string): Summary {
  return summary[name] as Summary
}

/** A histogram's text that inflates to 64 MiB of nothing. */
function bomb(): string {
  const deflated = deflateSync(Buffer.alloc(2 ** 26), { level: 1 })
  const header = Buffer.alloc(8)
  header.writeInt32BE(0x1c849304, 0)
  header.writeInt32BE(deflated.length, 4)
  return Buffer.concat([header, deflated]).toString('base64')
}

async function aRun({ file }: Surroundings): Promise<void> {
  await writeFile(file('run.json'), JSON.stringify(steady(2)))
}

matrix('files', [
  {
    fault: 'JSON into a folder',
    run: program([...short, '--json', '/']),
    ...wrong,
    says: /^error: --json: .* it is a directory/,
  },
  {
    fault: 'JSON into a folder that does not exist',
    run: program([...short, '--json', '/no/such/folder/out.json']),
    ...wrong,
    says: /^error: --json: .*ENOENT/,
  },
  {
    fault: 'JSON into a file as if it were a folder',
    run: program(({ file }) => [...short, '--json', file('run.json/out.json')], { prepare: aRun }),
    ...wrong,
    says: /^error: --json: .*run\.json is no directory/,
  },
  {
    fault: 'JSON under a name that is too long',
    run: program(({ file }) => [...short, '--json', file('x'.repeat(300))]),
    ...wrong,
    says: /^error: --json: .*ENAMETOOLONG/,
  },
  {
    fault: 'JSON under no name',
    run: program([...short, '--json', '']),
    ...wrong,
  },
  {
    fault: 'three files that cannot be written',
    run: program([...short, '--json', '/', '--hgrm', '/no/out.hgrm', '--html', '/no/out.html']),
    ...wrong,
    says: /^error: --json: .*\n {7}--hgrm: .*\n {7}--html: /,
  },
  {
    fault: 'JSON on a full disk',
    run: program([...short, '--json', '/dev/full']),
    exit: 4,
    says: /error: --json: ENOSPC/,
    isPossible: hasFull,
  },
  {
    fault: 'a page on a full disk',
    run: program([...short, '--html', '/dev/full']),
    exit: 4,
    says: /error: --html: ENOSPC/,
    isPossible: hasFull,
  },
  {
    fault: 'a percentile distribution on a full disk, and a red verdict',
    run: program([...short, '--hgrm', '/dev/full', '--slo', 'opened > 1000']),
    exit: 1,
    says: /error: --hgrm: ENOSPC/,
    isPossible: hasFull,
  },
  {
    fault: 'a folder that is gone when the run is over',
    run: program(({ file }) => [...short, '-d', '2s', '-v', 'debug', '--json', file('gone/out.json')], {
      prepare: ({ file }) => mkdir(file('gone')),
      async meanwhile(running, _, { file }) {
        await running.says('measuring')
        await rm(file('gone'), { recursive: true })
      },
    }),
    exit: 4,
    says: /error: --json: ENOENT/,
  },

  { fault: 'a file that does not exist', run: program(['report', '/no/such/run.json']), ...wrong, says: /ENOENT/ },
  { fault: 'a folder in place of a run', run: program(['report', '/']), ...wrong, says: /EISDIR/ },
  { fault: 'an empty file', run: reporting(() => ''), ...wrong, says: /Unexpected end of JSON input/ },
  { fault: 'a file that is no JSON', run: reporting(() => 'p99 4 ms'), ...wrong },
  {
    fault: 'a file that is cut short',
    run: reporting(() => JSON.stringify(steady(2)).slice(0, 2_000)),
    ...wrong,
    says: /JSON/,
  },
  { fault: 'a file that is cut within its first word', run: reporting(() => '{"schemaV'), ...wrong },
  { fault: 'a file with a byte order mark', run: reporting(() => `\uFEFF${JSON.stringify(steady(2))}`), ...wrong },
  { fault: 'a file in UTF-16', run: reporting(() => Buffer.from(JSON.stringify(steady(2)), 'utf16le')), ...wrong },
  { fault: 'a file of bytes at random', run: reporting(() => randomBytes(10_000)), ...wrong, never: unprintable },
  {
    fault: 'a file of escape sequences and commands',
    run: reporting(() => hostileTexts.join('\n')),
    ...wrong,
    never: unprintable,
  },
  { fault: 'a file that says null', run: reporting(() => 'null'), ...wrong, says: /expected an object, got null/ },
  { fault: 'a file that says a number', run: reporting(() => '42'), ...wrong },
  { fault: 'a file that says a list', run: reporting(() => '[]'), ...wrong, says: /schemaVersion/ },
  {
    fault: 'a file of something else',
    run: reporting(() => '{"name":"vitest-ws-load"}'),
    ...wrong,
    says: /schemaVersion/,
  },
  { fault: 'a file of ten thousand lists within each other', run: reporting(() => '['.repeat(10_000)), ...wrong },
  {
    fault: 'a run of a later version',
    run: reportingChanged((run) => (run['schemaVersion'] = 2)),
    ...wrong,
    says: /schemaVersion: expected 1, got 2/,
  },
  {
    fault: 'a run without its pings',
    run: reportingChanged((run) => delete run['pings']),
    ...wrong,
    says: /pings: missing/,
  },
  {
    fault: 'a run whose duration is a text',
    run: reportingChanged((run) => (run['duration'] = '5s')),
    ...wrong,
    says: /duration: expected number, got "5s"/,
  },
  {
    fault: 'a run whose duration is negative',
    run: reportingChanged((run) => (run['duration'] = -1)),
    ...wrong,
    says: /duration: expected >=0, got -1/,
  },
  {
    fault: 'a run that lasted for ten thousand seconds, as it says',
    run: reportingChanged((run) => (run['duration'] = 1e7)),
    exit: 0,
  },
  {
    fault: 'a run that lasted for longer than the universe, as it says',
    run: reportingChanged((run) => (run['duration'] = 1e300)),
    exit: 0,
  },
  {
    fault: 'a run with half a ping',
    run: reportingChanged((run) => (within(run, 'pings')['sent'] = 0.5)),
    ...wrong,
    says: /pings\.sent: expected/,
  },
  {
    fault: 'a run with more pings than there are numbers',
    run: reportingChanged((run) => (within(run, 'pings')['due'] = 1e300)),
    ...wrong,
    says: /pings\.due: expected/,
  },
  {
    fault: 'a run with more looks than there are numbers',
    run: reportingChanged((run) => (within(run, 'looks')['planned'] = 1e300)),
    ...wrong,
    says: /looks\.planned: expected/,
  },
  {
    fault: 'a run that ended in a way that there is not',
    run: reportingChanged((run) => (run['ended'] = '\u001B[2Jwell')),
    ...wrong,
    says: /ended: expected/,
    never: unprintable,
  },
  {
    fault: 'a run whose histogram is no base64',
    run: reportingChanged((run) => (within(run, 'latency')['histogram'] = '???')),
    ...wrong,
  },
  {
    fault: 'a run whose histogram is cut short',
    run: reportingChanged((run) => {
      within(run, 'latency')['histogram'] = String(within(run, 'latency')['histogram']).slice(0, 60)
    }),
    ...wrong,
  },
  {
    fault: 'a run whose histogram inflates to 64 MiB',
    run: reportingChanged((run) => (within(run, 'latency')['histogram'] = bomb())),
    ...wrong,
  },
  {
    fault: 'a run whose slices are nonsense',
    run: reportingChanged((run) => (run['slices'] = '/////w==')),
    ...wrong,
    says: /slices end too early/,
  },
  {
    fault: 'a run with slices without end',
    run: reportingChanged(
      (run) => (run['slices'] = btoa('\u0080\u0080\u0080\u0080\u0010\u00FF\u00FF\u00FF\u00FF\u007F')),
    ),
    ...wrong,
  },
  {
    fault: 'a run whose every text is an escape sequence and a command',
    run: reportingChanged((run) => {
      run['startedAt'] = hostileTexts.join('')
      run['environment'] = { ...within(run, 'environment'), node: '\n::error::a', os: '\u001B[2J', cpu: '##vso[a]' }
      run['errors'] = { '\u001B[31m': { count: 1, samples: ['\r\n::error::b'] } }
      run['options'] = { ...within(run, 'options'), url: 'ws://\u009B31m', probe: '\u202E' }
      run['generator'] = { ...within(run, 'generator'), saturated: true, reasons: ['\n::error::c'] }
    }),
    exit: 0,
    never: unprintable,
  },
  {
    fault: 'a run with fields that change what an object is',
    run: reporting(() =>
      JSON.stringify(steady(2)).replace('"errors":{}', '"errors":{"__proto__":{"count":1,"samples":[]}}'),
    ),
    exit: 0,
  },
  {
    fault: 'a run with options of another kind',
    run: reportingChanged((run) => (run['options'] = { timeout: '5s' })),
    ...wrong,
    says: /options\.timeout: expected number/,
  },
  {
    fault: 'a run without anything answered',
    run: reportingChanged((run) =>
      Object.assign(run, new LoadSummary(loadResult([], { pings: { timedOut: 5 } })).toJSON()),
    ),
    exit: 3,
  },
  {
    fault: 'a head that is no run',
    run: program(({ file }) => ['compare', file('run.json'), file('none.json')], { prepare: aRun }),
    ...wrong,
    says: /none\.json: ENOENT/,
  },
  {
    fault: 'a page of a run into a folder',
    run: program(({ file }) => ['report', file('run.json'), '--html', '/'], { prepare: aRun }),
    exit: 4,
    says: /--html: EISDIR/,
  },

  { fault: 'a message in a file that does not exist', run: program([...short, '--binary', '/no/such/file']), ...wrong },
  { fault: 'a message in a folder', run: program([...short, '--binary', '/']), ...wrong, says: /EISDIR/ },
  {
    fault: 'authorities in a file that does not exist',
    run: program([...short, '--ca', '/no/such/ca.pem']),
    ...wrong,
    says: /--ca: expected PEM .* there is no such file/,
  },
  {
    fault: 'authorities in a file that has none',
    run: program(({ file }) => [...short, '--ca', file('run.json')], { prepare: aRun }),
    ...wrong,
    says: /--ca: expected PEM/,
  },
  {
    fault: 'a key in a file that has none',
    run: program(({ file }) => ['wss://127.0.0.1:9', ...short, '--key', file('run.json')], { prepare: aRun }),
    ...wrong,
  },
])
