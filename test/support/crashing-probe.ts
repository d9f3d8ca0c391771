/** A probe that takes its thread down with it, a little later: with an exit, or with an error that nobody can catch, in the words that it is told. */
export function request(id: number, how: unknown): string {
  setTimeout(() => {
    if (how === 'exit') process.exit(7)
    throw new Error(typeof how === 'string' ? how : 'out of the blue')
  }, 20)
  return String(id)
}

export const reply = Number
