import { functionProbe } from './function-probe.ts'
import { messageProbe } from './message-probe.ts'
import { pingProbe } from './ping-probe.ts'
import type { Probe, ProbeContext } from './probe.ts'
import type { ProbeSpec } from './probe-spec.ts'

/** Makes the probe that a thread uses for all of its connections. */
export async function createProbe(spec: ProbeSpec, context: ProbeContext): Promise<Probe> {
  switch (spec.kind) {
    case 'ping':
      return pingProbe(spec, context)
    case 'text':
    case 'binary':
      return messageProbe(spec, context)
    case 'functions':
    case 'module':
    case 'protocol':
      return functionProbe(spec, context)
  }
}
