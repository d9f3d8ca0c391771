/** A probe whose request with this number keeps the generator's thread busy for so many milliseconds. */
export function blockingProbe(blockingId: number, milliseconds: number) {
  return {
    request(id: number, busy: { readonly id: number; readonly milliseconds: number }): string {
      const until = performance.now() + (id === busy.id ? busy.milliseconds : 0)
      while (performance.now() < until);
      return `${id}`
    },
    reply: (answer: unknown) => Number(String(answer)),
    data: { id: blockingId, milliseconds },
  }
}
