import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, TLSSocket } from 'node:tls'
import { WebSocket } from 'ws'
import type { FrameReader, FrameReaders, FrameSink } from '../wire/frame-reader.ts'
import type { Probe } from '../wire/probe.ts'
import { type ConnectionFault, faultOfClose, faultOfError, faultOfResponse } from './faults.ts'
import { InFlight, type PingMemory } from './in-flight.ts'
import type { PollClock } from './poll-clock.ts'
import type { Recorder, Sample } from './recorder.ts'
import type { ThreadPlan } from './thread-plan.ts'

/** What the connections of a thread share. */
export interface ConnectionContext {
  readonly plan: ThreadPlan
  readonly probe: Probe
  readonly clock: PollClock
  readonly recorder: Recorder
  readonly sample: Sample
  readonly memory: PingMemory
  readonly readers: FrameReaders
  /** One receive buffer for all sockets of the thread: it is read before the callback returns. */
  readonly receiveBuffer: Uint8Array
  /** A place became free on an open connection. */
  readonly freed: (connection: Connection, places: number) => void
  /** The connection opened, failed to, or ended. */
  readonly changed: (connection: Connection) => void
}

/** `abandoned`: given up by us before it was open. */
type State = 'connecting' | 'open' | 'closing' | 'failed' | 'abandoned' | 'ended'

const endOfHead = [13, 10, 13, 10]

/**
 * One socket of the flood. `ws` does the handshake and understands everything a server may say; once the connection is
 * open, the frames that the flood consists of are read here, straight from the receive buffer, and written to the
 * socket ready-made. Every other byte goes to `ws` unchanged.
 */
export class Connection implements FrameSink {
  /** Number in the run, from 0. */
  readonly index: number
  state: State = 'connecting'
  /** The connection ended though nobody here asked for it. */
  endedEarly = false
  /** When the attempt began, in milliseconds of `performance.now()`. */
  readonly started: number = performance.now()
  /** Pings added to `flight` that wait for {@link flush}. */
  #queued = 0
  /** Places that have become free and that the load model does not know of yet. */
  #free = 0
  /** Bytes of the blank line behind the handshake's head that were seen. */
  #headSeen = 0
  /** Whether frames are read here, and not by `ws` alone. */
  #understood = false
  /** Whether `ws` was passed anything since, so that it may have begun to close. */
  #passed = false
  #reader: FrameReader | undefined
  #fault: ConnectionFault | undefined
  #socket: Socket | undefined
  /** Whether `ws` still accepts what is passed to it. */
  #flowing = true
  readonly #context: ConnectionContext
  readonly #flight: InFlight
  readonly #ws: WebSocket

  constructor(index: number, context: ConnectionContext) {
    const { plan } = context
    this.index = index
    this.#context = context
    this.#flight = new InFlight(plan.open === undefined ? plan.inFlight : 4, context.memory)
    this.#ws = new WebSocket(plan.url, [...plan.protocols], {
      headers: plan.headers as Record<string, string>,
      perMessageDeflate: plan.perMessageDeflate,
      createConnection: ((options: object) => this.#connect(options)) as never,
    })
    this.#listen()
  }

  /** Whether a frame may still be sent: neither side has begun to close. */
  get writable(): boolean {
    if (this.state !== 'open' || !this.#socket!.writable) return false
    return (this.#understood && !this.#passed) || this.#ws.readyState === WebSocket.OPEN
  }

  /** Whether a ping can be handed to the socket without piling up behind others. */
  get ready(): boolean {
    return this.writable && !this.#flight.full && !this.#socket!.writableNeedDrain
  }

  /** Sends `count` pings that are due at the clock's `departure`. */
  send(count: number): void {
    for (let nth = 0; nth < count; nth++) this.#flight.add(Infinity, Infinity)
    this.#queued += count
    this.#hand()
  }

  /** Adds a ping that was due at `due`; {@link flush} sends it. Says whether it is the first since the last flush. */
  queue(due: number): boolean {
    this.#flight.add(due, Infinity)
    return ++this.#queued === 1
  }

  /** Hands all queued pings to the socket in one write. */
  flush(): void {
    if (this.#queued === 0) return
    this.#context.clock.departure = performance.now()
    this.#hand()
  }

  /** Settles what has waited too long. */
  expire(now: number): void {
    const flight = this.#flight
    const { probe, plan, recorder } = this.#context
    const limit = now - plan.timeout
    let places = 0
    for (let sequence = flight.oldest; sequence < flight.next; sequence++) {
      if (flight.sent(sequence) > limit) break
      if (!flight.isPending(sequence)) continue
      recorder.count('timedOut', flight.due(sequence))
      if (probe.settles === 'oldest') flight.markOverdue(sequence)
      else flight.settle(sequence)
      places++
    }
    if (places > 0 && this.writable) this.#context.freed(this, places)
  }

  /** Calls back with when each unanswered ping was due and sent, timed-out ones aside. */
  forEachUnanswered(visit: (due: number, sent: number) => void): void {
    const flight = this.#flight
    for (let sequence = flight.oldest; sequence < flight.next; sequence++) {
      if (flight.isPending(sequence)) visit(flight.due(sequence), flight.sent(sequence))
    }
  }

  /** Gives up the attempt to connect. */
  fail(fault: ConnectionFault): void {
    this.#fault = fault
    this.#ws.terminate()
  }

  /** Settles what is still unanswered as lost and says goodbye. */
  close(): void {
    this.#loseAll()
    if (this.state === 'open') {
      this.state = 'closing'
      this.#ws.close(1000)
    } else if (this.state === 'connecting') {
      this.state = 'abandoned'
      this.#ws.terminate()
    }
  }

  /** Ends the socket whatever the server does. */
  terminate(): void {
    this.#ws.terminate()
  }

  answer(bytes: Uint8Array, start: number, end: number, binary: boolean): void {
    const { probe, clock, recorder, plan, sample } = this.#context
    const flight = this.#flight
    const low = this.#identify(bytes, start, end, binary)
    const sequence =
      low === -1 ? -1 : probe.settles === 'oldest' ? (flight.empty ? -1 : flight.oldest) : flight.locate(low)
    if (sequence === -1) return
    if (probe.settles === 'up to') {
      while (flight.oldest < sequence) {
        recorder.count('coalesced', flight.due(flight.oldest))
        flight.settle(flight.oldest)
        this.#free++
      }
    }
    if (!flight.isOverdue(sequence)) {
      flight.tell(sequence, sample)
      sample.floor = clock.before
      sample.ceiling = clock.ceiling
      if (sample.floor - sample.sent > plan.timeout) recorder.count('timedOut', sample.due)
      else recorder.answered(sample)
      this.#free++
    }
    flight.settle(sequence)
  }

  pass(bytes: Uint8Array, start: number, end: number): void {
    this.#passed = true
    this.#flowing = this.#socket!.push(Buffer.from(bytes.subarray(start, end)))
  }

  #hand(): void {
    const { recorder, clock } = this.#context
    const flight = this.#flight
    const count = this.#queued
    const first = flight.next - count
    this.#queued = 0
    flight.send(first, clock)
    try {
      if (this.#understood) this.#handToSocket(first, count)
      else this.#handToWs(first, count)
    } catch (error) {
      recorder.fault('PROBE_REQUEST_FAILED', String(error))
      for (let sequence = first; sequence < flight.next; sequence++) {
        recorder.count('dropped', flight.due(sequence))
        flight.settle(sequence)
      }
      this.#free += count
      setImmediate(() => this.#release())
      return
    }
    for (let sequence = first; sequence < flight.next; sequence++) {
      recorder.sent(flight.due(sequence), clock.departure)
    }
  }

  #handToSocket(first: number, count: number): void {
    const { probe } = this.#context
    const socket = this.#socket!
    const frames = probe.frames(this.index, first, count)
    socket.write(frames)
    // TLS has encrypted them by now if they did not have to queue behind others.
    const waiting = socket instanceof TLSSocket ? socket.writableLength - frames.length : socket.writableLength
    if (waiting > 0) probe.keep()
  }

  #handToWs(first: number, count: number): void {
    const { probe } = this.#context
    const payloads = Array.from({ length: count }, (_, nth) => probe.payload(this.index, first + nth))
    for (const payload of payloads) {
      if (probe.answers === 'pong') this.#ws.ping(payload)
      else this.#ws.send(payload)
    }
  }

  #identify(bytes: Uint8Array, start: number, end: number, binary: boolean): number {
    try {
      return this.#context.probe.read(this.index, bytes, start, end, binary)
    } catch (error) {
      this.#context.recorder.fault('PROBE_REPLY_FAILED', String(error))
      return -1
    }
  }

  #connect(options: object & { host?: string; servername?: string }): Socket {
    const { plan, receiveBuffer } = this.#context
    const localAddress = plan.localAddresses[this.index % plan.localAddresses.length]
    const common = {
      ...options,
      ...(localAddress !== undefined && { localAddress }),
      noDelay: true,
      onread: { buffer: receiveBuffer, callback: (length: number, bytes: Uint8Array) => this.#read(length, bytes) },
    }
    const servername = options.servername ?? (isIP(options.host ?? '') ? '' : options.host)
    this.#socket = plan.url.startsWith('wss:')
      ? connectTls({ ...common, servername, ...plan.tls, path: undefined } as never)
      : connectTcp({ ...common, path: undefined } as never)
    return this.#socket.on('error', (error) => (this.#fault ??= faultOfError(error)))
  }

  /** Every byte of the connection comes through here. */
  #read(length: number, bytes: Uint8Array): boolean {
    const { clock, readers } = this.#context
    clock.stamp()
    clock.ceiling = this.#flight.several ? performance.now() : clock.now
    this.#flowing = true
    if (this.#understood) this.#reader = readers.read(this.#reader, bytes, length, this)
    else this.#readHead(bytes, length)
    this.#release()
    return this.#flowing
  }

  /** Passes the handshake's answer on; what comes behind its blank line are frames. */
  #readHead(bytes: Uint8Array, length: number): void {
    let at = 0
    while (at < length && this.#headSeen < endOfHead.length) {
      const expected = bytes[at] === endOfHead[this.#headSeen]
      this.#headSeen = expected ? this.#headSeen + 1 : bytes[at] === endOfHead[0] ? 1 : 0
      at++
    }
    this.pass(bytes, 0, at)
    const { probe, readers } = this.#context
    this.#understood = this.state === 'open' && (probe.answers === 'pong' || this.#ws.extensions === '')
    this.#passed = false
    if (at === length) return
    if (this.#understood) this.#reader = readers.read(this.#reader, bytes.subarray(at), length - at, this)
    else this.pass(bytes, at, length)
  }

  /** Tells the load model how many places have become free. */
  #release(): void {
    const places = this.#free
    if (places === 0) return
    this.#free = 0
    if (this.writable) this.#context.freed(this, places)
  }

  /** What `ws` understood of the bytes that were passed to it. */
  #listen(): void {
    const { probe, clock, recorder } = this.#context
    const slowAnswer = (data: Uint8Array, binary: boolean): void => {
      clock.stamp()
      clock.ceiling = performance.now()
      this.answer(data, 0, data.length, binary)
      this.#release()
    }
    this.#ws.on('open', () => {
      clock.stamp()
      this.state = 'open'
      recorder.opened(this.started, clock.before, performance.now())
      this.#context.changed(this)
    })
    if (probe.answers === 'pong') this.#ws.on('pong', (data) => slowAnswer(data, true))
    else this.#ws.on('message', (data, binary) => slowAnswer(data as Buffer, binary))
    this.#ws.on('unexpected-response', (_request, response) => this.fail(faultOfResponse(response)))
    this.#ws.on('error', (error) => (this.#fault ??= faultOfError(error)))
    this.#ws.on('close', (code, reason) => this.#ended(code, reason))
  }

  #ended(code: number, reason: Buffer): void {
    if (this.state === 'abandoned') return
    if (this.state !== 'closing') {
      this.endedEarly = this.state === 'open'
      const fault = this.#fault ?? faultOfClose(code, reason)
      this.#context.recorder.fault(fault.code, fault.sample)
      this.#loseAll()
    }
    this.state = this.state === 'connecting' ? 'failed' : 'ended'
    this.#context.changed(this)
  }

  #loseAll(): void {
    const flight = this.#flight
    for (let sequence = flight.oldest; sequence < flight.next; sequence++) {
      if (flight.isPending(sequence)) this.#context.recorder.count('lost', flight.due(sequence))
      flight.settle(sequence)
    }
  }
}
