import * as v from 'valibot'
import { expected, only, text, wholeNumber } from './fields.ts'

/** The server that a flood watches; see `WsLoadOptions.server`. */
export type ServerOption = 'auto' | false | { readonly pid: number } | { readonly cgroup: string }

const highestPid = 2 ** 31 - 1

export function server() {
  return v.union(
    [
      v.literal('auto'),
      v.literal(false),
      only({ pid: wholeNumber(1, highestPid) }),
      only({ cgroup: text('the path of a control group') }),
    ],
    expected("'auto', false, { pid } with a process id, or { cgroup } with a path"),
  )
}
