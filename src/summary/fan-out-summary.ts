import { WsLoadError } from '../errors.ts'
import { reachOf } from '../result/error-rate.ts'
import { fromJSON } from '../result/from-json.ts'
import type { LatencySummary } from '../result/latency-summary.ts'
import type { FanOutResult, LoadResult, PingTotals } from '../result/load-result.ts'
import { LoadSummary } from './load-summary.ts'

/**
 * What `wsLoad.fanOut()` returns. Its `pings`, `latency`, `intervals` and rates are those of deliveries, one for each message
 * and subscriber of its room. Totals balance: `expected = delivered + missed`.
 */
export class FanOutSummary extends LoadSummary {
  declare readonly fanOut: FanOutResult

  /**
   * Reads what {@link toJSON} wrote.
   * @throws {WsLoadError} `WSLOAD_ERR_UNREADABLE_SUMMARY`, also of a run that was no fan-out
   */
  static override fromJSON(json: unknown): FanOutSummary {
    const result = fromJSON(json, 'FanOutSummary.fromJSON')
    if (result.fanOut !== undefined) return FanOutSummary.of(result)
    throw new WsLoadError(
      'WSLOAD_ERR_UNREADABLE_SUMMARY',
      'FanOutSummary.fromJSON: expected a fan-out, got a run of pings',
    )
  }

  /** @param result of a fan-out */
  static of(result: LoadResult): FanOutSummary {
    return new FanOutSummary({ ...result, fanOut: result.fanOut! })
  }

  // oxlint-disable-next-line no-useless-constructor -- It asks for more than the class that it extends.
  constructor(result: LoadResult & { readonly fanOut: FanOutResult }) {
    super(result)
  }

  /** From the instant a message was due to the instant a subscriber surely had it, in milliseconds. */
  get delivery(): LatencySummary {
    return this.latency
  }

  /** Until the first subscriber of its room had a message. */
  get first(): LatencySummary {
    return this.fanOut.first.latency
  }

  /** Until the last one had it; of messages that nobody missed. */
  get completion(): LatencySummary {
    return this.fanOut.completion.latency
  }

  /** Messages, each of which counts as a ping does: those that reached everybody are `answered`. */
  get published(): PingTotals {
    return this.fanOut.completion.pings
  }

  /** Deliveries of published messages that should have come. */
  get expected(): number {
    return this.pings.sent
  }

  get delivered(): number {
    return this.pings.answered
  }

  /** Deliveries that took longer than `timeout`, or whose subscriber had left. */
  get missed(): number {
    return this.pings.timedOut + this.pings.lost
  }

  /** Delivered ÷ expected, 0 to 1; `NaN` where nothing was expected. */
  get reach(): number {
    return reachOf(this.pings)
  }

  get duplicates(): number {
    return this.fanOut.duplicates
  }

  /** Deliveries behind which their publisher's later message had come to the same subscriber. */
  get outOfOrder(): number {
    return this.fanOut.outOfOrder
  }

  /** Deliveries to a subscriber of another room than its message was published to. */
  get misrouted(): number {
    return this.fanOut.misrouted
  }

  /** Messages whose publisher the server answered with an error. */
  get refused(): number {
    return this.fanOut.refused
  }
}
