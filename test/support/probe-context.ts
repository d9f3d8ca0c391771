import type { ProbeContext } from '../../src/wire/probe.ts'
import { drawMaskingKey } from '../../src/wire/frames.ts'

/** What a thread that has all connections of a run needs to know to make its probe. */
export function probeContext({ connections = 10, ...others }: Partial<ProbeContext> = {}): ProbeContext {
  return {
    connections,
    firstConnection: 0,
    ownConnections: connections,
    asked: { url: 'ws://127.0.0.1:3001/', headers: {}, protocols: [] },
    toOneServer: false,
    tag: 1,
    maskingKey: drawMaskingKey(),
    ...others,
  }
}
