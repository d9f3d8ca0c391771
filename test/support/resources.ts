/** What keeps this process alive, timers of the test runner aside. */
export function resources(): string[] {
  return process.getActiveResourcesInfo().filter((name) => name !== 'Timeout' && name !== 'Immediate')
}

/** Resources that there are now and were not before; those of an earlier test may still go. */
export function added(before: readonly string[]): string[] {
  const left = resources()
  for (const name of before) if (left.includes(name)) left.splice(left.indexOf(name), 1)
  return left
}
