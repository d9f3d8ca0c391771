import { join } from 'node:path'
import { writeFile } from 'node:fs/promises'
import type { WsLoadOptions } from '../../src/options/options.ts'
import { echoing, ticking } from '../support/servers.ts'
import { flooding } from './flooding.ts'
import { matrix } from './matrix.ts'
import { program } from './program.ts'

const support = join(import.meta.dirname, '../support')
const short = ['-c', '3', '-d', '300ms', '-r', '200/s', '--warmup', '0', '--drain', '100ms']
/** The options are refused before anything is sent. */
const refused = { exit: 'throws', codes: 'WSLOAD_ERR_INVALID_OPTIONS' } as const
const nothing = { exit: 3, pings: { answered: 0 } } as const

const request = (id: number): string => `${id}`
const reply = (message: unknown): number => Number(String(message))

function probing(probe: unknown, options: WsLoadOptions = {}) {
  return flooding(echoing, { drain: 100, ...options, probe: probe as never })
}

/** The command line with a module of this text. */
function importing(module: string) {
  return program(({ file, url }) => [url, ...short, '--probe', file('probe.mjs')], {
    server: echoing,
    prepare: ({ file }) => writeFile(file('probe.mjs'), module),
  })
}

matrix('probes', [
  {
    fault: 'a request that throws',
    run: probing({
      request: () => {
        throw new Error('no')
      },
      reply,
    }),
    ...refused,
    says: /probe\.request: expected a function that works on its own, got "Error: no"/,
  },
  {
    fault: 'a request that throws later',
    run: probing(
      {
        request: (id: number) => {
          if (id > 5) throw new Error('no more')
          return `${id}`
        },
        reply,
      },
      { drain: '3s' },
    ),
    exit: 3,
    codes: 'PROBE_REQUEST_FAILED',
    holds: { 'those pings are dropped': ({ result }) => result!.pings.dropped > 50 },
  },
  {
    fault: 'a request that returns nothing',
    run: probing({ request: () => undefined, reply }),
    ...refused,
    says: /probe\.request: expected it to return a text or a Uint8Array, got undefined/,
  },
  {
    fault: 'a request that returns nothing later',
    run: probing({ request: (id: number) => (id > 5 ? undefined : `${id}`), reply }, { drain: '3s' }),
    exit: 3,
    codes: 'PROBE_REQUEST_FAILED',
  },
  { fault: 'a request that returns a number', run: probing({ request: (id: number) => id, reply }), ...refused },
  {
    fault: 'a request that returns a promise',
    run: probing({ request: async (id: number) => `${id}`, reply }),
    ...refused,
    says: /an async one/,
  },
  {
    fault: 'a request that knows its surroundings',
    run: probing({ request: (id: number) => `${support}${id}`, reply }),
    ...refused,
    says: /probe\.request: .*works on its own/,
  },
  {
    fault: 'a request of a megabyte, now and then',
    run: probing(
      {
        request: (id: number) => `${id} ${id % 10 === 0 ? 'x'.repeat(1_000_000) : ''}`,
        reply: (message: unknown) => Number(String(message).split(' ')[0]),
      },
      { rate: 100, drain: '5s' },
    ),
    exit: 0,
  },
  {
    fault: 'a reply that throws',
    run: probing({
      request,
      reply: () => {
        throw new Error('no')
      },
    }),
    exit: 3,
    codes: 'PROBE_REPLY_FAILED',
  },
  {
    fault: 'a reply that throws now and then',
    run: probing(
      {
        request,
        reply: (message: unknown) => {
          if (String(message).endsWith('7')) throw new Error('a seven')
          return Number(String(message))
        },
      },
      { drain: '3s' },
    ),
    exit: 1,
    codes: 'PROBE_REPLY_FAILED',
  },
  { fault: 'a reply that knows no id', run: probing({ request, reply: () => undefined }), ...nothing },
  {
    fault: 'a reply that always says the first id',
    run: probing({ request, reply: () => 1 }, { connections: 1, drain: '3s' }),
    exit: 1,
    pings: { answered: 1 },
  },
  {
    fault: 'a reply with an id that was not sent',
    run: probing({ request, reply: (message: unknown) => Number(String(message)) + 1e6 }),
    ...nothing,
  },
  { fault: 'a reply with an id that is no number', run: probing({ request, reply: () => NaN }), ...nothing },
  { fault: 'a reply with a negative id', run: probing({ request, reply: () => -1 }), ...nothing },
  {
    fault: 'a reply with half an id',
    run: probing({ request, reply: (message: unknown) => Number(String(message)) + 0.5 }),
    ...nothing,
  },
  { fault: 'a reply with an id beyond all numbers', run: probing({ request, reply: () => Infinity }), ...nothing },
  {
    fault: 'a reply with the id as a text',
    run: probing({ request, reply: (message: unknown) => String(message).trim() }, { drain: '5s' }),
    exit: 0,
  },
  {
    fault: 'a reply that is no function',
    run: probing({ request, reply: 7 }),
    ...refused,
    says: /probe\.reply: expected a function, got 7/,
  },
  {
    fault: 'a request without a reply',
    run: probing({ request }),
    ...refused,
    says: /probe\.reply: expected a function/,
  },
  {
    fault: 'data that cannot be sent to a thread',
    run: probing({ request, reply, data: { f() {} } }),
    ...refused,
    says: /probe\.data: expected what survives structuredClone/,
  },
  { fault: 'a probe that there is not', run: probing('pong'), ...refused },
  {
    fault: 'a probe with a typing mistake',
    run: probing({ txt: 'x' }),
    ...refused,
    says: /probe\.txt: no such option/,
  },
  { fault: 'two probes in one', run: probing({ text: 'x', request, reply }), ...refused },
  { fault: 'an empty text that is repeated to a size', run: probing({ text: '' }, { payloadBytes: 100 }), ...refused },
  {
    fault: 'a text of two-byte characters that is cut to a size',
    run: probing({ text: 'ä' }, { payloadBytes: 99 }),
    ...refused,
  },
  {
    fault: 'an answer function that throws',
    run: probing({
      text: 'x',
      answer: () => {
        throw new Error('no')
      },
    }),
    exit: 3,
    codes: 'PROBE_REPLY_FAILED',
  },
  {
    fault: 'an answer function that takes nothing for an answer',
    run: probing({ text: 'x', answer: () => false }),
    ...nothing,
  },
  { fault: 'a pattern that is found in no answer', run: probing({ text: 'x', answer: /y/ }), ...nothing },
  {
    fault: 'a server that answers nobody',
    run: flooding(() => ticking(5), { drain: 100, probe: { request, reply } }),
    ...nothing,
    holds: {
      'what it says is unsolicited': ({ result }) => result!.messages.unsolicited === result!.messages.received,
    },
  },
  {
    fault: 'a module that is named by a relative path',
    run: probing({ module: './probe.js' }),
    ...refused,
    says: /probe\.module: expected an absolute path/,
  },
  {
    fault: 'a module that does not exist',
    run: probing({ module: '/no/such/probe.js' }),
    ...refused,
    says: /probe\.module: .*no\/such\/probe\.js/,
  },
  {
    fault: 'a module that exits',
    run: probing({ module: join(support, 'crashing-probe.ts'), data: 'exit' }, { duration: '5s' }),
    exit: 'throws',
    codes: 'WSLOAD_ERR_THREAD_CRASHED',
  },
  {
    fault: 'a module that throws out of the blue',
    run: probing({ module: join(support, 'crashing-probe.ts') }, { duration: '5s' }),
    exit: 'throws',
    codes: 'WSLOAD_ERR_THREAD_CRASHED',
    says: /out of the blue/,
  },
  {
    fault: 'a module that is no JavaScript',
    run: importing('export function request( {'),
    exit: 2,
    says: /probe\.module: .*SyntaxError/,
  },
  {
    fault: 'a module that throws when it is imported',
    run: importing('throw new Error("not today")'),
    exit: 2,
    says: /probe\.module: .*not today/,
  },
  { fault: 'a module that throws nothing', run: importing('throw undefined'), exit: 2, says: /probe\.module: / },
  { fault: 'a module without exports', run: importing('export const other = 1'), exit: 2, says: /probe\.module: / },
  {
    fault: 'a module whose exports are no functions',
    run: importing('export const request = "x", reply = 1'),
    exit: 2,
    says: /probe\.module: /,
  },
  {
    fault: 'a module of a default export',
    run: importing('export default { request: String, reply: Number }'),
    exit: 2,
    says: /probe\.module: /,
  },
  {
    fault: 'a module that ends its thread when it is imported',
    run: importing('process.exit(0)'),
    exit: 5,
    says: /a load thread crashed/,
  },
])
