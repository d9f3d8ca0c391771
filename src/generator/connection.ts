import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { TLSSocket } from 'node:tls'
import { WebSocket } from 'ws'
import { maskerOf } from '../secrets.ts'
import { AttachmentCollector } from '../wire/attachment-collector.ts'
import type { FrameReader, FrameReaders, FrameSink } from '../wire/frame-reader.ts'
import { HeadReader } from '../wire/head-reader.ts'
import { MessageSplitter } from '../wire/message-splitter.ts'
import type { Probe } from '../wire/probe.ts'
import { messageOfAnother, ofAnotherMachine } from '../wire/fan-out-probe.ts'
import { messageOf } from '../wire/probe-message.ts'
import { Conversation } from './conversation.ts'
import type { Deliveries } from './deliveries.ts'
import {
  type ConnectionFault,
  faultOfClose,
  faultOfError,
  faultOfLimit,
  faultOfResponse,
  generatorLimit,
  isRefusal,
  whileUnanswered,
} from './faults.ts'
import { InFlight, type PingMemory } from './in-flight.ts'
import { PassedFrames } from './passed-frames.ts'
import type { PingTimes } from './ping-times.ts'
import type { PollClock } from './poll-clock.ts'
import type { Recorder } from './recorder.ts'
import { answerPings } from './server-pings.ts'
import { openSocket, type SocketAddress } from './socket.ts'
import type { ThreadPlan } from './thread-plan.ts'
import type { UnfinishedMessages } from './unfinished-messages.ts'
import { closeReason, openWebSocket } from './web-socket.ts'

/** Pings in flight that a connection of the open model has room for at first; it grows with what is needed. */
const openModelCapacity = 4

/**
 * Of more bytes in an iteration of the event loop, a socket may have kept some for the next one: libuv reads it up to 32
 * times, a receive buffer or 16 KiB of TLS each.
 */
const surelyReadBytes = 262_144
/** An answer of more bytes may have come in several segments, of which only the first was there when a poll announced it. */
const surelyOneSegment = 1_024

/** What the end of a connection without a close frame is called. @see RFC 6455 section 7.1.5 */
const noCloseFrame = { code: 1006, reason: Buffer.alloc(0) }

/** Says that a message is more than we can process. @see RFC 6455 section 7.4.1 */
const tooBig = 1009

/** What the connections of a flood share. */
export interface ConnectionContext {
  readonly plan: ThreadPlan
  readonly probe: Probe
  /** What has been published, of a fan-out: its messages are no answers. */
  readonly deliveries: Pick<Deliveries, 'take' | 'takeFromOthers' | 'refuse' | 'isPublisher'> | undefined
  readonly clock: PollClock
  readonly recorder: Recorder
  /** The ping that is being sent, or whose answer is being read. */
  readonly ping: PingTimes
  readonly memory: PingMemory
  readonly readers: FrameReaders
  readonly unfinished: UnfinishedMessages
  /** One receive buffer for all sockets: it is read before the callback returns. */
  readonly receiveBuffer: Uint8Array
  /** Places became free on an open connection. */
  readonly freed: (connection: Connection, places: number) => void
  /** The state of the connection has changed; it was `before`. */
  readonly changed: (connection: Connection, before: State) => void
}

/**
 * `in session`: open, but not for pings yet. `abandoned`: given up by us before it was open. `closing`: we have said goodbye.
 * `ended`: anything else has begun to end it, and TCP may be open for a while; of one whose session was not over, `failed`.
 * `closed`: nothing is left of it.
 */
export type State = 'connecting' | 'in session' | 'open' | 'closing' | 'ended' | 'closed' | 'failed' | 'abandoned'

/**
 * One socket of the flood. `ws` does the handshake and understands everything a server may say; once the connection is
 * open, the frames that the flood consists of are read here, straight from the receive buffer, and written to the
 * socket ready-made. Every other byte goes to `ws` unchanged.
 */
export class Connection implements FrameSink {
  /** Number in the run, from 0. */
  readonly index: number
  state: State = 'connecting'
  /** When the attempt began, in milliseconds of `performance.now()`. */
  readonly started: number = performance.now()
  /** When its socket began to connect. */
  #attempted = this.started
  /** Pongs that were still to come when pings were sent for the last time. */
  #pendingPongs = 0
  /** Places that have become free and that the load model does not know of yet. */
  #free = 0
  /** Whether frames are read here, and not by `ws` alone. */
  #readsFrames = false
  /** Whether `ws` was passed anything since, so that it may have begun to close. */
  #hasPassed = false
  /** Whether `ws` still accepts what is passed to it. */
  #wsAccepts = true
  #headReader: HeadReader | undefined = new HeadReader()
  /** Of the frame or message under way; `undefined` between two of them. */
  #reader: FrameReader | undefined
  /** What `ws` is left to read. */
  #passed: PassedFrames | undefined
  /** The latest iteration that brought something, and how many bytes until now. */
  #readIn = 0
  #readBytes = 0
  /** What the socket may have kept back: when that was surely not there yet, and the last iteration that may bring it. */
  #keptBack: { readonly floor: number; readonly until: number } | undefined
  #fault: ConnectionFault | undefined
  /** Masks what this connection alone was asked with. */
  #mask: ((text: string) => string) | undefined
  #socket: Socket | undefined
  readonly #context: ConnectionContext
  /** Control-frame pings that it leaves unanswered at most. */
  readonly #maxPendingPongs: number
  readonly #flight: InFlight
  /** Of a probe that is a protocol. */
  readonly #conversation: Conversation | undefined
  /** Where messages go: to a protocol's `split` before they come here. */
  readonly #sink: FrameSink
  readonly #ws: WebSocket

  /** @param flight of the connection of this number that has ended before it */
  constructor(index: number, context: ConnectionContext, flight?: InFlight) {
    const { plan } = context
    this.index = index
    this.#context = context
    this.#maxPendingPongs = plan.maxPendingPongs ?? Infinity
    this.#flight = flight ?? new InFlight(plan.open === undefined ? plan.inFlight : openModelCapacity, context.memory)
    this.#conversation = this.#converse()
    this.#sink = this.#splitMessages()
    const asked = context.probe.asked?.(index)
    const own = asked === undefined ? plan : { ...plan, ...asked }
    this.#ws = openWebSocket(own, (address) => this.#connect(own, address))
    this.#listen()
  }

  /** Whether nothing is left of its socket. */
  get isClosed(): boolean {
    return this.#ws.readyState === WebSocket.CLOSED
  }

  /** Whether the server has refused its handshake for a reason of its own. */
  get isRefused(): boolean {
    return this.#fault !== undefined && isRefusal(this.#fault)
  }

  /** Opens another one in its place, now that it has ended: pings are counted on, so that their ids stay unique. */
  again(): Connection {
    this.#flight.forgetUnanswered()
    return new Connection(this.index, this.#context, this.#flight)
  }

  /** Whether a frame may still be sent: neither side has begun to close. */
  get writable(): boolean {
    if (this.state !== 'open' || !this.#socket!.writable) return false
    return (this.#readsFrames && !this.#hasPassed) || this.#ws.readyState === WebSocket.OPEN
  }

  /** Whether a ping can be handed to the socket without piling up behind others. */
  get ready(): boolean {
    return this.writable && !this.#flight.full && !this.#socket!.writableNeedDrain
  }

  /** Whether pings wait to be sent until the server has answered others. */
  get holdsBack(): boolean {
    return this.#flight.waiting > 0
  }

  /** Sends `count` pings now, each with the times of the ping at hand, or as soon as the server has answered others. */
  send(count: number): void {
    for (let nth = 0; nth < count; nth++) this.#flight.add(this.#context.ping)
    this.#handOver()
  }

  /** Queues the ping at hand; {@link flush} sends it. Says whether it is the first that can leave since the last flush. */
  queue(): boolean {
    const flight = this.#flight
    flight.add(this.#context.ping)
    const canLeave = flight.pendingPongs + flight.waiting <= this.#maxPendingPongs
    if (!canLeave) flight.holdBack()
    return canLeave && flight.waiting === 1
  }

  /** Sends in one write what is queued, as far as the server has answered what it was sent before. */
  flush(): void {
    this.#context.ping.sent = performance.now()
    this.#handOver()
  }

  /** Sends a message of a fan-out, and calls `leaves` when it is made, or compressed; says whether it could be made. */
  publish(message: number, leaves: () => void): boolean {
    try {
      if (this.#readsFrames) this.#writeToSocket(message, 1, leaves)
      else this.#sendThroughWs(message, 1, leaves)
      return true
    } catch (error) {
      this.#report({ code: 'PROBE_PUBLISH_FAILED', sample: String(error) })
      return false
    }
  }

  /** Settles what has waited too long. */
  expire(now: number): void {
    this.#noticeEnd()
    const flight = this.#flight
    const { probe, plan, recorder } = this.#context
    const limit = now - plan.timeout
    let places = this.#dropWaiting(limit) + this.#takeFree()
    for (let sequence = flight.oldest; sequence < flight.unsent; sequence++) {
      if (flight.left(sequence) > limit) break
      if (!flight.isPending(sequence)) continue
      recorder.count('timedOut', flight.due(sequence))
      if (probe.settles === 'oldest') flight.markOverdue(sequence)
      else flight.settle(sequence)
      places++
    }
    if (places > 0 && this.writable) this.#context.freed(this, places)
  }

  /** Calls back with when each unanswered ping was due and had left, timed-out ones aside; Infinity if it waits to be sent. */
  forEachUnanswered(visit: (due: number, sent: number) => void): void {
    const flight = this.#flight
    for (let sequence = flight.oldest; sequence < flight.next; sequence++) {
      if (!flight.isPending(sequence)) continue
      visit(flight.due(sequence), sequence < flight.unsent ? flight.left(sequence) : Infinity)
    }
  }

  /** Waits for no answer any more: what is unanswered is lost, and an answer to it counts for nothing. */
  giveUp(): void {
    const flight = this.#flight
    this.#dropWaiting(Infinity)
    for (let sequence = flight.oldest; sequence < flight.unsent; sequence++) {
      if (!flight.isPending(sequence)) continue
      this.#context.recorder.count('lost', flight.due(sequence))
      flight.markOverdue(sequence)
    }
  }

  /** Gives up the attempt to connect. */
  fail(fault: ConnectionFault): void {
    this.#fault = fault
    this.#ws.terminate()
  }

  /** Says what has to be said before the first ping. */
  beginSession(): void {
    this.#conversation?.begin()
  }

  /** Ends a session that takes too long. */
  expireSession(now: number): void {
    const { sessionTimeout = Infinity } = this.#context.plan
    this.#conversation?.expire(now - sessionTimeout, sessionTimeout)
  }

  /** Settles what is still unanswered as lost, drops what is not sent, and says goodbye. */
  close(): void {
    this.#noticeEnd()
    this.#loseAll()
    this.#conversation?.end('the run ends')
    if (this.state === 'open' || this.state === 'in session') {
      this.#become('closing')
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
    const { probe, recorder } = this.#context
    if (this.state !== 'open') {
      if (this.state === 'in session') {
        recorder.messages.received++
        this.#conversation!.deliver(messageOf(bytes, start, end, binary))
      }
      return
    }
    if (this.#context.deliveries !== undefined) {
      this.#deliver(bytes, start, end, binary)
      return
    }
    const flight = this.#flight
    if (probe.answers === 'message') recorder.messages.received++
    const sequence = this.#answeredBy(bytes, start, end, binary)
    if (sequence === -1) {
      this.#expectMore()
      return
    }
    if (probe.settles === 'up to') while (flight.oldest < sequence) this.#settle(flight.oldest, true)
    if (flight.isOverdue(sequence)) flight.settle(sequence)
    else this.#settle(sequence, false, probe.errorRead?.())
  }

  /** A message came of which a fan-out knows, or which is none of its own. */
  #deliver(bytes: Uint8Array, start: number, end: number, binary: boolean): void {
    const { deliveries, recorder, probe } = this.#context
    recorder.messages.received++
    const message = this.#read(bytes, start, end, binary)
    const error = probe.errorRead?.()
    if (error !== undefined) {
      this.#report({ code: 'ERROR_ANSWER', sample: error })
      deliveries!.refuse(this.index, message)
    } else if (!this.#take(message)) {
      // What its publisher is told of a message is none of those that nobody asked for.
      if (!deliveries!.isPublisher(this.index)) recorder.messages.unsolicited++
      this.#conversation!.hear(messageOf(bytes, start, end, binary))
    }
    this.#expectMore()
  }

  /** What follows in the same read may have come after the poll that announced what was read until here. */
  #expectMore(): void {
    this.#context.ping.ceiling = performance.now()
  }

  /** Says whether what was read is a message of this run that came to a subscriber. */
  #take(message: number): boolean {
    const { deliveries } = this.#context
    if (message <= ofAnotherMachine) return deliveries!.takeFromOthers(this.index, messageOfAnother(message))
    return message !== -1 && deliveries!.take(this.index, message)
  }

  /**
   * Settles a ping with the answer that is being read: its own, or the one to a newer ping, which stands for it.
   * @param error the server's words, if it is one
   */
  #settle(sequence: number, isCoalesced: boolean, error?: string): void {
    const { recorder, plan, ping } = this.#context
    const flight = this.#flight
    flight.lookUp(sequence, ping)
    if (ping.floor - ping.left > plan.timeout) recorder.count('timedOut', ping.due)
    else if (error !== undefined) {
      recorder.count('lost', ping.due)
      this.#report({ code: 'ERROR_ANSWER', sample: error })
    } else if (isCoalesced) recorder.coalesced(ping)
    else recorder.answered(ping)
    flight.settle(sequence)
    this.#free++
  }

  pass(bytes: Uint8Array, start: number, end: number): void {
    if (this.state === 'ended' || this.state === 'failed') return
    const { probe, ping, unfinished } = this.#context
    this.#passed ??= new PassedFrames(probe.answers)
    const before = this.#passed.unfinished
    this.#passed.follow(bytes, start, end, ping.floor)
    const excess = unfinished.change(before, this.#passed.unfinished)
    if (excess === undefined) {
      this.#giveToWs(bytes, start, end)
      this.#noticeEnd()
      this.#expectMore()
    } else this.#endEarly(faultOfLimit(excess))
  }

  #giveToWs(bytes: Uint8Array, start: number, end: number): void {
    this.#hasPassed = true
    this.#wsAccepts = this.#socket!.push(Buffer.from(bytes.subarray(start, end)))
  }

  /** Hands what may leave to the socket or to `ws`. */
  #handOver(): void {
    const flight = this.#flight
    const count = Math.min(flight.waiting, this.#maxPendingPongs - flight.pendingPongs)
    if (count <= 0) return
    const first = flight.unsent
    const areMadeApart = this.#context.probe.settles === 'named'
    if (areMadeApart && count > 1) this.#departEach(count)
    else this.#depart(count)
    if (areMadeApart) flight.leave(first, performance.now())
  }

  /** Hands `count` pings over in one write; the request of each may fail for itself. */
  #departEach(count: number): void {
    this.#socket!.cork()
    for (let nth = 0; nth < count; nth++) this.#depart(1)
    this.#socket!.uncork()
  }

  /** Hands `count` pings over. */
  #depart(count: number): void {
    const { probe, recorder, ping } = this.#context
    const flight = this.#flight
    const first = flight.unsent
    flight.depart(count, ping)
    if (probe.answers === 'pong') this.#pendingPongs = flight.pendingPongs
    try {
      if (this.#readsFrames) this.#writeToSocket(first, count)
      else this.#sendThroughWs(first, count, (sequence) => flight.leave(sequence, performance.now(), 1))
    } catch (error) {
      this.#report({ code: 'PROBE_REQUEST_FAILED', sample: String(error) })
      this.#drop(first)
      return
    }
    for (let sequence = first; sequence < flight.unsent; sequence++) {
      flight.lookUp(sequence, ping)
      recorder.sent(ping)
    }
  }

  /** @param leaves is called when the frames are made */
  #writeToSocket(first: number, count: number, leaves?: () => void): void {
    const { probe } = this.#context
    const socket = this.#socket!
    const frames = probe.frames(this.index, first, count)
    leaves?.()
    socket.write(frames)
    // TLS has encrypted them by now if they did not have to queue behind others.
    const waiting = socket instanceof TLSSocket ? socket.writableLength - frames.length : socket.writableLength
    if (waiting > 0) probe.keep()
  }

  /** @param left is called for each when it is compressed, and was written */
  #sendThroughWs(first: number, count: number, left: (sequence: number) => void): void {
    const { probe } = this.#context
    const payloads = Array.from({ length: count }, (_, nth) => [probe.payload(this.index, first + nth)].flat())
    for (const [nth, messages] of payloads.entries()) {
      for (const message of messages) {
        if (probe.answers === 'pong') this.#ws.ping(message)
        else this.#ws.send(message, () => left(first + nth))
      }
    }
  }

  /** Drops what has been due since `limit` and could not be sent; says how many pings. */
  #dropWaiting(limit: number): number {
    const flight = this.#flight
    let count = 0
    for (let sequence = flight.unsent; sequence < flight.next && flight.due(sequence) <= limit; sequence++) {
      this.#context.recorder.count('dropped', flight.due(sequence))
      count++
    }
    if (count > 0) flight.cancel(count)
    return count
  }

  /**
   * Settles the pings from the one numbered `first` on, which could not be made. Their places are free when something is read,
   * or at the next look for timeouts: at once, a `request` that throws would be asked again for ever.
   */
  #drop(first: number): void {
    const flight = this.#flight
    for (let sequence = first; sequence < flight.unsent; sequence++) {
      this.#context.recorder.count('dropped', flight.due(sequence))
      flight.settle(sequence)
      this.#free++
    }
  }

  /** What the probe reads in a frame. */
  #read(bytes: Uint8Array, start: number, end: number, binary: boolean): number {
    const { probe, deliveries } = this.#context
    try {
      return probe.read(this.index, bytes, start, end, binary)
    } catch (error) {
      const code = deliveries === undefined ? 'PROBE_REPLY_FAILED' : 'PROBE_DELIVERY_FAILED'
      this.#report({ code, sample: String(error) })
      return -1
    }
  }

  /** The sequence number of the ping that a frame answers, -1 if it answers none. */
  #answeredBy(bytes: Uint8Array, start: number, end: number, binary: boolean): number {
    const { probe, ping } = this.#context
    const flight = this.#flight
    const low = this.#read(bytes, start, end, binary)
    if (probe.settles === 'up to' && low !== -1) flight.acknowledge(low, ping)
    const sequence =
      low === -1 ? -1 : probe.settles === 'oldest' ? (flight.empty ? -1 : flight.oldest) : flight.locate(low)
    if (sequence === -1 && this.#countUnsolicited(low)) this.#conversation?.hear(messageOf(bytes, start, end, binary))
    return sequence
  }

  /**
   * Counts a message or a pong that answered nothing, and says whether it is one: the late answer to a ping is not.
   * @param low what the probe read in it: -1 if it is no answer
   */
  #countUnsolicited(low: number): boolean {
    const { probe, recorder, ping } = this.#context
    if (this.state !== 'open') return false
    const kind = probe.answers === 'pong' ? recorder.pongs : recorder.messages
    if (low !== -1 && probe.settles === 'oldest') recorder.surplus(ping)
    else if (low === -1 || !this.#flight.hasSent(low)) kind.unsolicited++
    else return false
    return true
  }

  /** Counts a message where pongs answer. */
  #countMessage(): void {
    if (this.state !== 'open') return
    const { messages } = this.#context.recorder
    messages.received++
    messages.unsolicited++
  }

  /** Counts a pong where messages answer. */
  #countPong(): void {
    if (this.state === 'open') this.#context.recorder.pongs.unsolicited++
  }

  #connect(plan: ThreadPlan, address: SocketAddress): Socket {
    const { receiveBuffer } = this.#context
    this.#socket = openSocket(plan, this.index, address, {
      buffer: receiveBuffer,
      callback: (length, bytes) => this.#receive(length, bytes),
    })
    // Node begins to connect once all that is begun together is made.
    process.nextTick(() => (this.#attempted = performance.now()))
    return this.#socket.on('error', (error) => (this.#fault ??= faultOfError(error)))
  }

  /** Every byte of the connection comes through here. */
  #receive(length: number, bytes: Uint8Array): boolean {
    this.#bracketAnswers(length)
    this.#wsAccepts = true
    if (this.#readsFrames) this.#reader = this.#context.readers.read(this.#reader, bytes, length, this.#sink)
    else this.#readHead(bytes, length)
    this.#noteWhatIsKeptBack()
    this.#release()
    return this.#wsAccepts
  }

  /**
   * Notes down when the answers of a read arrived. One may have come, or been completed, after the poll that announced
   * the first segment, as what TLS decrypts record by record: then it is certain only now that it is there.
   */
  #bracketAnswers(length: number): void {
    const { clock, ping } = this.#context
    clock.stamp()
    const { iteration } = clock
    const isFirst = this.#readIn !== iteration
    if (isFirst) this.#readBytes = 0
    this.#readIn = iteration
    this.#readBytes += length
    const keptBack = this.#keptBack
    ping.floor = keptBack !== undefined && iteration <= keptBack.until ? keptBack.floor : clock.floor
    const announcedWhole = isFirst && !this.#flight.several && this.#reader === undefined && length <= surelyOneSegment
    ping.ceiling = announcedWhole ? clock.ceiling : performance.now()
  }

  /** What comes next can have been there for as long, if the socket was not read to its end, or is not read for a while. */
  #noteWhatIsKeptBack(): void {
    const { floor } = this.#context.ping
    const isStopped = !this.#wsAccepts || (this.#hasPassed && this.#socket!.isPaused())
    if (isStopped) this.#keptBack = { floor, until: Infinity }
    else if (this.#readBytes > surelyReadBytes) this.#keptBack = { floor, until: this.#readIn + 1 }
    else this.#keptBack = undefined
  }

  /** Passes the handshake's answer on, and informational ones before it; what comes behind it are frames. */
  #readHead(bytes: Uint8Array, length: number): void {
    const { probe, readers } = this.#context
    let at = 0
    while (at < length && this.#headReader !== undefined) {
      const end = this.#headReader.read(bytes, at, length)
      this.#giveToWs(bytes, at, end)
      at = end
      if (this.state === 'connecting') continue
      this.#headReader = undefined
      this.#readsFrames = probe.answers === 'pong' || this.#ws.extensions === ''
      this.#hasPassed = false
    }
    if (at === length) return
    if (this.#readsFrames) this.#reader = readers.read(this.#reader, bytes.subarray(at), length - at, this.#sink)
    else this.pass(bytes, at, length)
  }

  /** Sends what had to wait for answers, and tells the load model how many places have become free. */
  #release(): void {
    if (this.holdsBack && this.writable) this.flush()
    const places = this.#takeFree()
    if (places > 0 && this.writable) this.#context.freed(this, places)
  }

  /** Places that have become free since. */
  #takeFree(): number {
    const places = this.#free
    this.#free = 0
    return places
  }

  /** What `ws` understood of the bytes that were passed to it. */
  #listen(): void {
    const { probe, clock, recorder, ping } = this.#context
    const answer = (data: Uint8Array, binary: boolean): void => {
      clock.stamp()
      const { floor, ceiling } = ping
      const arrival = this.#passed!.next()
      ping.floor = arrival.floor
      ping.ceiling = arrival.ceiling
      this.#sink.answer(data, 0, data.length, binary)
      ping.floor = floor
      ping.ceiling = ceiling
      this.#release()
    }
    this.#ws.on('open', () => {
      clock.stamp()
      answerPings(this.#ws, this.#socket!)
      recorder.opened(this.started, this.#attempted, clock.floor, performance.now())
      this.#become(probe.protocol?.session === undefined ? 'open' : 'in session')
    })
    if (probe.answers === 'pong') {
      this.#ws.on('pong', (data) => answer(data, true))
      this.#ws.on('message', () => this.#countMessage())
    } else {
      this.#ws.on('message', (data, binary) => answer(data as Buffer, binary))
      this.#ws.on('pong', () => this.#countPong())
    }
    this.#ws.on('unexpected-response', (_request, response) => this.fail(faultOfResponse(response)))
    this.#ws.on('error', (error) => {
      clock.update()
      this.#fault ??= faultOfError(error)
      if (this.state === 'open' || this.state === 'in session') this.#endEarly(this.#fault)
    })
    this.#ws.on('close', (code, reason) => this.#closed(code, reason))
  }

  /** Ends the connection once the server's end of it has come, by a close frame or without one, whatever becomes of TCP. */
  #noticeEnd(): void {
    const isOpen = this.state === 'open' || this.state === 'in session'
    if (!isOpen || this.#ws.readyState === WebSocket.OPEN || this.#passed?.isBehind) return
    const { code, reason } = this.#passed?.close ?? noCloseFrame
    // What was said before it may be what the session fails by.
    if (this.state === 'in session') setImmediate(() => this.#endSessionAsClosed(code, reason))
    else this.#endAsClosed(code, reason)
  }

  #endSessionAsClosed(code: number, reason: Buffer): void {
    if (this.state === 'in session') this.#endAsClosed(code, reason)
  }

  /** `ws` is done, and the socket is gone. */
  #closed(code: number, reason: Buffer): void {
    if (this.state === 'abandoned') return
    this.#context.clock.update()
    if (this.state === 'open' || this.state === 'in session') this.#endAsClosed(code, reason)
    if (this.state === 'connecting') {
      this.#report(this.#fault ?? faultOfClose(code, reason))
      this.#become('failed')
    } else this.#become('closed')
  }

  #become(state: State): void {
    const before = this.state
    this.state = state
    if (state !== 'in session' && state !== 'open') this.#conversation?.over()
    this.#context.changed(this, before)
  }

  /** Lets the protocol speak, if the probe is one. */
  #converse(): Conversation | undefined {
    const { probe, clock, recorder } = this.#context
    if (probe.protocol === undefined) return undefined
    return new Conversation({
      index: this.index,
      protocol: probe.protocol,
      clock,
      recorder,
      isOpen: () => this.state === 'open',
      isEnding: () => this.#ws.readyState !== WebSocket.OPEN,
      send: (message) => this.#ws.send(message),
      close: (code, reason) => this.#hangUp(code, reason),
      sessionOver: () => this.#become('open'),
      sessionFailed: (fault) => {
        this.#report(fault)
        this.#become('failed')
        this.#ws.close(1000)
      },
      report: (fault) => this.#report(fault),
    })
  }

  /** What reads messages as the protocol has cut them. */
  #splitMessages(): FrameSink {
    const { split, attachments } = this.#context.probe.protocol ?? {}
    const blame = (code: string) => (error: unknown) => this.#conversation!.blame(code, error)
    const whole =
      attachments === undefined ? this : new AttachmentCollector(attachments, this, blame('PROBE_ATTACHMENTS_FAILED'))
    return split === undefined ? whole : new MessageSplitter(split, whole, blame('PROBE_SPLIT_FAILED'))
  }

  /** Ends the connection for the protocol. */
  #hangUp(code = 1000, reason = ''): void {
    this.#ws.close(code, closeReason(reason))
    const why = reason === '' ? '' : `: ${reason}`
    this.#fault ??= { code: `CLOSE_${code}`, sample: `closed by the protocol${why}` }
    if (this.state === 'open') this.#noticeEnd()
  }

  #endAsClosed(code: number, reason: Buffer): void {
    const { plan, probe } = this.#context
    const isAskedFor = plan.open === undefined && this.#pendingPongs <= plan.inFlight
    const limit = isAskedFor ? 'inFlight' : 'maxPendingPongs'
    // A server that minds them ends the connection without a word; the last of its pongs may still have come.
    const unanswered = code === noCloseFrame.code ? this.#pendingPongs : this.#flight.pendingPongs
    const fault = this.#fault ?? faultOfClose(code, reason)
    this.#endEarly(probe.answers === 'pong' ? whileUnanswered(fault, unanswered, limit) : fault)
  }

  /** Ends an open connection, though its socket may be left for a while: nothing is read or sent any more. */
  #endEarly(fault: ConnectionFault): void {
    this.#report(fault)
    this.#loseAll()
    this.#context.unfinished.change(this.#passed?.unfinished ?? 0, 0)
    if (this.state === 'in session') this.#conversation!.breakOff(fault)
    else this.#become('ended')
    if (fault.code === generatorLimit) {
      this.#ws.close(tooBig)
      this.#ws.terminate()
    }
  }

  /** Counts a fault; a server, and advice on what it says, may repeat what this connection alone asked for. */
  #report(fault: ConnectionFault): void {
    const { probe, recorder } = this.#context
    const asked = probe.asked?.(this.index)
    if (asked !== undefined) this.#mask ??= maskerOf(asked)
    const masked = [fault.sample, this.#adviceOn(fault)].map((words) => this.#mask?.(words) ?? words)
    recorder.fault(fault.code, masked.join(''))
  }

  /** What the protocol says to a fault, to be put behind its words. */
  #adviceOn(fault: ConnectionFault): string {
    try {
      const during = this.state === 'connecting' ? 'handshake' : this.state === 'in session' ? 'session' : 'flood'
      const advice = this.#context.probe.protocol?.advise?.(this.index, { ...fault, during })
      return advice === undefined ? '' : `; ${advice}`
    } catch (error) {
      return `; advise threw ${String(error)}`
    }
  }

  #loseAll(): void {
    const flight = this.#flight
    this.#dropWaiting(Infinity)
    for (let sequence = flight.oldest; sequence < flight.unsent; sequence++) {
      if (flight.isPending(sequence)) this.#context.recorder.count('lost', flight.due(sequence))
      flight.settle(sequence)
    }
  }
}
