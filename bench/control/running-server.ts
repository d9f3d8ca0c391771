/** A server in a process of its own that answers pings, at once or after a delay, and does nothing else. */
export interface RunningServer {
  readonly url: string
  stop(): void
}
