/** Defaults of options that more than one place has to know: milliseconds, shares, counts. */
export const defaults = {
  subscribers: 100,
  connections: 10,
  duration: 10_000,
  maxDuration: 60_000,
  maxDurationOfComparison: 30_000,
  maxDurationOfCapacities: 120_000,
  /** Of a capacity's interval: a share of its lower end. */
  precision: 0.1,
  /** Pings per second, where a search varies connections. */
  ratePerConnection: 1,
  confidence: 0.99,
  warmup: 1_000,
  inFlight: 1,
  /** As many as `ws` 8.23 takes: its `maxPendingAutoPongs`. It resets a connection that leaves more to be answered. */
  maxPendingPongs: 60,
  arrivals: 'constant',
  probe: 'ping',
  pingPayloadBytes: 8,
  timeout: 5_000,
  connectTimeout: 10_000,
  sessionTimeout: 10_000,
  reconnectBackoff: 1_000,
  threads: 'auto',
  server: 'auto',
  group: 'default',
  agentsWait: 15_000,
  targetTimeout: 60_000,
  stdin: 'closed',
  stopSignal: 'SIGTERM',
  stopTimeout: 5_000,
} as const
