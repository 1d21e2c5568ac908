/** The network of the cost formulas: what one message takes, and what trees of messages take. */
import type { LinkTimes, Reading } from '../../contract/calibration.ts';

/**
 * Every rank on a host of its own, as `simulate` takes it; `bandwidth` is that of each direction of a host's line. What is left out is
 * as it is there: long messages have the bandwidth of short ones, and to be asked for takes 2 alpha.
 */
export type Network = Pick<LinkTimes, 'latency' | 'bandwidth' | 'overhead'> & Partial<LinkTimes>;

/** A message up to so many bytes travels with its envelope; a larger one is asked for: REQUEST, GRANT, DATA. */
const EAGER_LIMIT = 64 * 1024;

/** Its DATA leaves in pieces of so many bytes, two at a time: then it is the turn of the next message. */
const TURN_BYTES = 2 * 4 * 2 ** 20;

/** As in `simulate`. */
const AT_NO_COST: Reading = { gamma: 0, landing: 0 };

/** The times of a network: alpha = latency + 2 overhead, beta = 1 / bandwidth. */
export class Link {
  readonly alpha: number;
  readonly overhead: number;
  /** From the REQUEST of a message to its GRANT. */
  readonly asking: number;
  readonly #reading: Reading;
  readonly #eagerBeta: number;
  readonly #beta: number;

  constructor({ latency, bandwidth, overhead, eagerBandwidth = bandwidth, asking }: Network, reading = AT_NO_COST) {
    this.alpha = latency + 2 * overhead;
    this.overhead = overhead;
    this.asking = asking ?? 2 * this.alpha;
    this.#reading = reading;
    this.#eagerBeta = 1 / eagerBandwidth;
    this.#beta = 1 / bandwidth;
  }

  /** How long payloads keep a line busy: of one message, or of several of `each` bytes. */
  line(bytes: number, each = bytes): number {
    return bytes * (isAsked(each) ? this.#beta : this.#eagerBeta);
  }

  /** From the send of a message to its receive, both begun at once: alpha + n beta, and more for one that is asked for. */
  message(bytes: number): number {
    return this.alpha + (isAsked(bytes) ? this.asking : 0) + this.line(bytes);
  }

  /** How long a rank combines so many bytes of its operand with as many that have come. */
  combine(bytes: number): number {
    return bytes * this.#reading.gamma;
  }

  /** How long it takes to put a message in its place that has come to new memory. */
  land(bytes: number): number {
    return bytes * this.#reading.landing;
  }

  /**
   * What an exchange takes longer between ranks that begin at different times. The DATA of the early one leaves as soon as the late
   * one answers its REQUEST, and the GRANT for the other way has to wait behind it: one way after the other.
   */
  skew(bytes: number): number {
    return isAsked(bytes) ? this.line(bytes) : 0;
  }

  /** How much later the second of two messages is through that one rank sends, or gets, at once. */
  gap(bytes: number): number {
    return Math.max(this.overhead, this.line(bytes));
  }

  /** `count` messages at once from one rank to as many others, or from those to the one. */
  fan(count: number, bytes: number): number {
    return count === 0 ? 0 : this.message(bytes) + (count - 1) * this.gap(bytes);
  }

  /**
   * Down a binomial tree, to the child with the largest subtree first (`shapes/binomial.ts`). A number of ranks that is no power of
   * two has a first child whose subtree is not full, and behind it the tree of the power of two below.
   *
   * @param bytesFor of the message to a subtree of so many ranks.
   */
  down(ranks: number, bytesFor: (ranks: number) => number): number {
    if (ranks === 1) return 0;
    const full = largestPower(ranks - 1);
    const bytes = bytesFor(ranks - full);
    const asked = isAsked(bytes) ? Math.max(this.asking, this.#overtaking(full, bytesFor)) : 0;
    const first = asked + this.alpha + this.#shared(bytes, full, bytesFor) + this.down(ranks - full, bytesFor);
    return ranks === 2 * full ? first : Math.max(first, this.gap(bytes) + this.down(full, bytesFor));
  }

  /** How long the line has to do with one message, where those for the smaller subtrees get their turns. */
  #shared(bytes: number, ranks: number, bytesFor: (ranks: number) => number): number {
    const before = Math.max(0, Math.ceil(bytes / TURN_BYTES) - 1) * TURN_BYTES;
    let sum = bytes;
    for (let size = 1; size < ranks; size *= 2) sum += Math.min(before, bytesFor(size));
    return this.line(sum, bytes);
  }

  /** How long the line is busy with the messages for smaller subtrees that need not be asked for. */
  #overtaking(ranks: number, bytesFor: (ranks: number) => number): number {
    let time = 0;
    for (let size = 1; size < ranks; size *= 2) if (!isAsked(bytesFor(size))) time += this.line(bytesFor(size));
    return time;
  }

  /** Up the same tree: every rank takes the messages of its children in ascending order, then sends its own. */
  up(ranks: number, bytesFor: (ranks: number) => number): number {
    if (ranks === 1) return 0;
    const full = largestPower(ranks - 1);
    let before = 0;
    for (let size = 1; size < full; size *= 2) before += this.message(bytesFor(size));
    const bytes = bytesFor(ranks - full);
    const sent = this.up(ranks - full, bytesFor);
    // Its turn comes last: one that is asked for gets its GRANT only then.
    if (isAsked(bytes)) return Math.max(before, sent + this.alpha) + this.message(bytes) - this.alpha;
    const last = sent + this.message(bytes);
    return Math.max(before, last, Math.min(before, last) + this.gap(bytes));
  }
}

/** Whether a message of so many bytes has to be asked for. */
export function isAsked(bytes: number): boolean {
  return bytes > EAGER_LIMIT;
}

/** The largest power of two that is no larger. */
export function largestPower(n: number): number {
  return 2 ** Math.floor(Math.log2(n));
}
