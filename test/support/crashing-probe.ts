/**
 * A probe that takes its thread down with it: with an exit, or with an error that nobody can catch, in the words that it is told. A little
 * later than it asks, or, where it is to obey, when it is answered with 'crash'.
 */
export function request(id: number, how: unknown): string {
  if (how !== 'obey') {
    setTimeout(() => {
      if (how === 'exit') process.exit(7)
      throw typeof how === 'string' ? new Error(how, { cause: new Error(how) }) : new Error('out of the blue')
    }, 20)
  }
  return String(id)
}

export function reply(message: string | Uint8Array): number {
  if (message === 'crash') {
    setImmediate(() => {
      throw new Error('as it was told')
    })
  }
  return Number(message)
}
