import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { configDefaults, defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'
import { rooms } from './rooms.ts'

/** Whether load threads can be started from a room: its tests may measure, so they have the machine to themselves. */
function canFlood(room: string): boolean {
  return room === 'generator' || rooms[room]!.imports.some(canFlood)
}

/** Tests that start no load thread, and whose outcome no neighbour can change: of rooms that can flood, those of pure functions. */
const sideBySide = [
  'test/{printable,secrets,units,wording}.test.ts',
  'test/lint/*.test.ts',
  'test/cli/{kept-runs,usage}.test.ts',
  'test/docs/{links,manifests,output,tables}.test.ts',
  'test/generator/{deliveries,faults,in-flight,intervals,passed-answers,publications,published,receipts,recorder,schedule,sequence-blocks,snapshot,turns}.test.ts',
  'test/run/{crossing,day-on-paper,generator-report,machine-limits,plan,readings,summarize}.test.ts',
  'test/machines/{clock-offset,clone,parcels,patience}.test.ts',
  'test/support/no-load-threads.test.ts',
  'test/vitest/{advice,baseline,bench-result,lane,matchers,output-file,own-writes,plugin,record,within-test}.test.ts',
  ...Object.keys(rooms)
    .filter((room) => !canFlood(room) && room !== 'protocols')
    .map((room) => `test/${room}/**/*.test.ts`),
]

/**
 * Tests that flood and judge no figure that a neighbour could change: they look at counts of pings and connections, at
 * codes and texts, or at a verdict on a limit that is seconds away from what is measured.
 */
const floodsSideBySide = [
  'test/engine.test.ts',
  'test/cli/{exit-code,fan-out,interrupt,main}.test.ts',
  'test/machines/{agents,exact}.test.ts',
  'test/run/{capacity-search,observer,until}.test.ts',
  'test/support/servers.test.ts',
  'test/vitest/{no-vacuous-pass,ws-load}.test.ts',
]

/** Real Vitests on small projects, the blocks and commands of the pages, agents, brokers and searches of a capacity: they take longest, and have a command of their own. */
const endToEnd = [
  'test/machines/{code,cut,fan-out,loss,namespaces,nats,refusals,states}.test.ts',
  'test/protocols/{mqtt,stomp}.test.ts',
  'test/docs/{blocks,commands}.test.ts',
  'test/run/compare-capacity.test.ts',
  'test/e2e/{bench,environments,fixture,machines,package,plug-and-play,protocol,reporter,target,together,watch}.test.ts',
]

/** Those of them that hold a figure to a limit, as a user's tests do. */
const endToEndAlone = [
  'test/{cli,run}/capacity.test.ts',
  'test/docs/first-test.test.ts',
  'test/e2e/{action,baseline,capacity,examples,gate}.test.ts',
]

/** Those that flood from their own process, and count; a processor for each is enough. */
const floodsOnOneProcessor = [
  'test/generator/{answers,coalesced,ends,fan-out,faults-of-the-handshake,faults-on-the-wire,foreign-answers,handshake,limits,message,passed-frames}.test.ts',
  'test/generator/{pending-pongs,place,probes,protocol,reconnects,session,signal,split,tls,unfinished-messages}.test.ts',
  // They flood the servers that these protocols are for.
  'test/protocols/!(mqtt.*|stomp.*)',
  'test/run/{abort,machine-faults,peers,pings,run,schema,secrets,threads,unsolicited}.test.ts',
]

/** Of each of these lists, and of the files that none of them has, those that take longest: a command of their own too. */
const long = {
  sideBySide: ['test/machines/parcels.test.ts', 'test/page/browser.test.ts', 'test/vitest/baseline.test.ts'],
  floodsSideBySide: [
    'test/cli/{exit-code,fan-out,main}.test.ts',
    'test/machines/agents.test.ts',
    'test/run/{capacity-search,observer,until}.test.ts',
  ],
  floodsOnOneProcessor: [
    'test/generator/{answers,coalesced,ends,fan-out,faults-of-the-handshake,foreign-answers,limits,probes,reconnects}.test.ts',
    'test/protocols/{graphql-ws,mqtt-topic,socket-io,socket-io-room}.test.ts',
    'test/run/unsolicited.test.ts',
  ],
  oneAtATime: [
    'test/cli/compare.test.ts',
    'test/generator/brackets.test.ts',
    'test/run/{bottleneck,compare,progress,starved}.test.ts',
  ],
}

/** Test files at the same time: more of them would only take each other's processors. */
const maxWorkers = Math.max(3, availableParallelism())

/** The table of faults, which judges no figure either; its runs are told when the machine was in their way. */
const faults = ['test/faults/*.test.ts']

type Settings = NonNullable<TestProjectInlineConfiguration['test']>

const sharingTheMachine: Settings = { maxWorkers, sequence: { groupOrder: 0 } }

/** After the others, one file at a time. */
const alone: Settings = { fileParallelism: false, sequence: { groupOrder: 1 } }

function project(name: string, include: string[], settings: Settings): TestProjectInlineConfiguration {
  return { extends: true, test: { benchmark: { include: [] }, ...settings, name, include } }
}

/** The short files of a list, and the long ones. */
function inTwoParts(
  name: string,
  include: string[],
  longOnes: string[],
  settings: Settings,
): TestProjectInlineConfiguration[] {
  const { exclude = configDefaults.exclude } = settings
  return [
    project(name, include, { ...settings, exclude: [...exclude, ...longOnes] }),
    project(`long, ${name}`, longOnes, settings),
  ]
}

export default defineConfig({
  test: {
    globalSetup: 'test/e2e/support/build-place.ts',
    // What takes a second or two here takes many times as long on a machine with other work.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Nor is a second long there.
    expect: { poll: { timeout: 30_000 } },
    // Programs that tests start, again and again, start in half the time.
    env: {
      NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/node'),
      // Without the native helpers that rpc-websockets brings along, and users do not have.
      WS_NO_BUFFER_UTIL: '1',
    },
    // Of what tests call themselves. Counting in load threads too (`autoAttachSubprocess`) would slow what they measure.
    coverage: { include: ['src/**/*.ts'], reporter: ['text-summary'] },
    projects: [
      ...inTwoParts('side by side', sideBySide, long.sideBySide, {
        ...sharingTheMachine,
        setupFiles: ['test/support/no-load-threads.ts'],
        // A process for each of a hundred files took longer than their tests.
        isolate: false,
      }),
      ...inTwoParts('floods side by side', floodsSideBySide, long.floodsSideBySide, sharingTheMachine),
      ...inTwoParts('floods on one processor', floodsOnOneProcessor, long.floodsOnOneProcessor, {
        ...sharingTheMachine,
        setupFiles: ['test/support/one-processor.ts'],
      }),
      ...inTwoParts('one at a time', ['test/**/*.test.ts'], long.oneAtATime, {
        ...alone,
        exclude: [
          ...configDefaults.exclude,
          ...sideBySide,
          ...floodsSideBySide,
          ...endToEnd,
          ...endToEndAlone,
          ...floodsOnOneProcessor,
          ...faults,
        ],
      }),
      project('end to end', endToEnd, sharingTheMachine),
      project('end to end, one at a time', endToEndAlone, alone),
      project('faults', faults, { maxWorkers: '100%', maxConcurrency: 6, sequence: { groupOrder: 2 } }),
      { extends: true, test: { name: 'bench', include: [], benchmark: { include: ['bench/micro/*.bench.ts'] } } },
    ],
  },
})
