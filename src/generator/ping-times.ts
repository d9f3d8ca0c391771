import { performance } from 'node:perf_hooks'

/**
 * The times of the ping at hand, in milliseconds of `performance.now()`: who sends a ping writes down the first two, who
 * reads an answer the other two, and looks up the first two. One object serves all pings of a flood: numbers handed over
 * one by one, or to fields that did not begin as numbers, would each be put on the heap.
 */
export class PingTimes {
  /** When it was due: in the closed model, when it was sent. */
  due: number = performance.now()
  /** When it was handed to its socket; of one that has to be made, or compressed, when that began. */
  sent: number = this.due
  /** By when it had left. */
  left: number = this.due
  /** When its answer was surely not there yet. */
  floor: number = this.due
  /**
   * When its answer would surely not have been there yet, had it been sent when it was due and not been held back;
   * Infinity if it was not held back.
   */
  floorIfOnTime: number = Infinity
  /** When it surely was. */
  ceiling: number = this.due
}
