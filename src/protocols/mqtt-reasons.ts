const leastRefusal = 128

/** Words of the return and reason codes of MQTT. */
const words: Readonly<Record<number, string>> = {
  // MQTT 3.1.1 section 3.2.2.3
  0: 'normal disconnection',
  1: 'unacceptable protocol version',
  2: 'identifier rejected',
  3: 'server unavailable',
  4: 'bad user name or password',
  5: 'not authorized',
  // MQTT 5.0 section 2.4; of a SUBACK of MQTT 3.1.1 the first one too
  128: 'unspecified error',
  129: 'malformed packet',
  130: 'protocol error',
  131: 'implementation specific error',
  132: 'unsupported protocol version',
  133: 'client identifier not valid',
  134: 'bad user name or password',
  135: 'not authorized',
  136: 'server unavailable',
  137: 'server busy',
  138: 'banned',
  139: 'server shutting down',
  140: 'bad authentication method',
  141: 'keep alive timeout',
  142: 'session taken over',
  143: 'topic filter invalid',
  144: 'topic name invalid',
  147: 'receive maximum exceeded',
  148: 'topic alias invalid',
  149: 'packet too large',
  150: 'message rate too high',
  151: 'quota exceeded',
  152: 'administrative action',
  153: 'payload format invalid',
  154: 'retain not supported',
  155: 'QoS not supported',
  156: 'use another server',
  157: 'server moved',
  158: 'shared subscriptions not supported',
  159: 'connection rate exceeded',
  160: 'maximum connect time',
  161: 'subscription identifiers not supported',
  162: 'wildcard subscriptions not supported',
}

/** What to do about some of them. */
const cures: Readonly<Record<number, string>> = {
  1: 'set protocolVersion to one that the broker speaks',
  2: 'set clientId to one that the broker takes',
  4: 'set username and password to those of a user of the broker',
  5: 'set username and password to those of a user of the broker who may do this',
  132: 'set protocolVersion to one that the broker speaks',
  133: 'set clientId to one that the broker takes',
  134: 'set username and password to those of a user of the broker',
  135: 'set username and password to those of a user of the broker who may do this',
  142: 'another client has the same clientId',
  143: 'set topic to one that the broker takes',
  144: 'set topic to one that the broker takes',
  147: 'take more connections, or a lower inFlight or rate',
  149: 'take a shorter payload',
  155: 'set qos to 0',
  159: 'take a lower connectRate or sessionRate',
}

/** Whether a code of MQTT 5, or of a SUBACK, says that something was not done. */
export function isRefusal(code: number): boolean {
  return code >= leastRefusal
}

/** `not authorized (135); set username and …` */
export function describeReason(code = 0): string {
  const cure = cures[code]
  return `${words[code] ?? 'unknown reason'} (${code})${cure === undefined ? '' : `; ${cure}`}`
}
