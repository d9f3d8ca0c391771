/** A probe that takes its thread down with it, a little later: with an error that nobody can catch, or with an exit. */
export function request(id: number, how: unknown): string {
  setTimeout(() => {
    if (how === 'exit') process.exit(7)
    throw new Error('out of the blue')
  }, 20)
  return String(id)
}

export const reply = Number
