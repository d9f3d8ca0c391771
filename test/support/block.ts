/** Keeps this thread's event loop from polling. */
export function block(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}
