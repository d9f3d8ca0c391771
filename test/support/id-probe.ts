/** A probe as a user's module exports it. */
interface Data {
  readonly prefix: string
}

export function request(id: number, { prefix }: Data): string {
  return `${prefix}${id}`
}

export function reply(answer: unknown, { prefix }: Data): number {
  return Number(String(answer).slice(prefix.length))
}
