/**
 * When a message arrives: the LogGP model (Alexandrov, Ionescu, Schauser, Scheiman 1995), with lines that cut through.
 *
 *     processor of the sender   [o]                          overhead, one message after the other
 *     line out of its host         [== bytes / bandwidth ==]
 *     line into the other host         L [== bytes / bandwidth ==]      begins with the first byte, latency L later
 *     processor of the receiver                               [o]
 *
 * So a message of n bytes between idle ranks takes latency + 2 overhead + n / bandwidth, and what meets on a processor or a line
 * waits in order of arrival. Ranks of one host have a line each through its memory, with figures of their own, and do not meet on the
 * network. A message to oneself costs the overhead only.
 *
 * Times are whole picoseconds: sums of them are exact (for two and a half hours), so what happens at the same time does so
 * whichever way it was computed, and closed formulas hold to the digit.
 */
import { seededRandom } from '../../base/random.ts';

/** Of a second. */
export const PICOSECONDS = 1e12;

/** The cost of a message on one kind of link. */
export interface LinkCost {
  /** Seconds from one end to the other. */
  readonly latency: number;
  /** Bytes a second. */
  readonly bandwidth: number;
  /** Seconds of the processor for a message, at each end. */
  readonly overhead: number;
}

/** Messages that take longer. */
export interface Delay {
  /** Only those from this rank; of all without. */
  readonly from?: number | undefined;
  /** Only those to this rank. */
  readonly to?: number | undefined;
  /** Only those whose first byte leaves at this time or later, in seconds. */
  readonly after?: number | undefined;
  /** … and before this time. */
  readonly until?: number | undefined;
  /** Seconds by which their first byte arrives later. */
  readonly by: number;
}

export interface ModelParameters {
  /** Between hosts. */
  readonly network: LinkCost;
  /** Within a host. */
  readonly local: LinkCost;
  /** The host of each rank, counted from 0. */
  readonly hosts: readonly number[];
  /** Each message between hosts takes up to so many seconds more, drawn evenly. */
  readonly jitter: number;
  readonly seed: number;
  readonly delays: readonly Delay[];
}

/** A message under way. */
export interface Journey {
  from: number;
  to: number;
  /** Of payload: headers cost nothing. */
  bytes: number;
  /** Whether the processors have to deal with it. */
  handled: boolean;
  /** When its last byte leaves. */
  leaves: number;
}

/** A {@link LinkCost} in picoseconds. */
class Cost {
  readonly latency: number;
  readonly overhead: number;
  readonly #byte: number;

  constructor({ latency, bandwidth, overhead }: LinkCost) {
    this.latency = picoseconds(latency);
    this.overhead = picoseconds(overhead);
    this.#byte = PICOSECONDS / bandwidth;
  }

  /** How long a line is busy. */
  line(bytes: number): number {
    return Math.round(bytes * this.#byte);
  }
}

export class NetworkModel {
  readonly #network: Cost;
  readonly #local: Cost;
  readonly #hosts: Int32Array;
  /** When each processor and each line is free again. The lines of hosts come first, then the memory lines of ranks. */
  readonly #processors: Float64Array;
  readonly #out: Float64Array;
  readonly #in: Float64Array;
  readonly #lines: number;
  readonly #jitter: number;
  readonly #random: () => number;
  readonly #delays: readonly { from: number; to: number; after: number; until: number; by: number }[];
  /** When the last message of each pair came: none overtakes another. Where all take equally long it needs no record. */
  readonly #latest: Map<number, number> | null;

  constructor({ network, local, hosts, jitter, seed, delays }: ModelParameters) {
    this.#network = new Cost(network);
    this.#local = new Cost(local);
    this.#hosts = Int32Array.from(hosts);
    this.#lines = hosts.reduce((most, host) => Math.max(most, host + 1), 0);
    this.#processors = new Float64Array(hosts.length);
    this.#out = new Float64Array(this.#lines + hosts.length);
    this.#in = new Float64Array(this.#lines + hosts.length);
    this.#jitter = jitter * PICOSECONDS;
    this.#random = seededRandom(seed);
    this.#delays = delays.map(({ from = -1, to = -1, after = 0, until = Infinity, by }) => {
      return { from, to, after: picoseconds(after), until: picoseconds(until), by: picoseconds(by) };
    });
    this.#latest = jitter > 0 || delays.length > 0 ? new Map() : null;
  }

  /** A message is sent: says when its last byte leaves, and gives the time at which its first byte arrives. HOT (bench: scale). */
  depart(journey: Journey, now: number): number {
    const { from, to, bytes } = journey;
    const cost = this.#cost(from, to);
    const busy = this.#work(from, now, journey.handled ? cost.overhead : 0);
    if (from === to) return (journey.leaves = busy);
    const line = this.#line(from, to, from);
    const start = Math.max(busy, this.#out[line] as number);
    journey.leaves = this.#out[line] = start + cost.line(bytes);
    const first = start + cost.latency;
    return this.#latest === null ? first : this.#inOrder(from, to, first + this.#extra(from, to, start, cost));
  }

  /** Its first byte arrives: gives the time at which the last one has. HOT (bench: scale). */
  arrive({ from, to, bytes }: Journey, now: number): number {
    if (from === to) return now;
    const line = this.#line(from, to, to);
    return (this.#in[line] = Math.max(now, this.#in[line] as number) + this.#cost(from, to).line(bytes));
  }

  /** Its last byte has arrived: gives the time at which the rank has it. HOT (bench: scale). */
  take({ from, to, handled }: Journey, now: number): number {
    return this.#work(to, now, handled ? this.#cost(from, to).overhead : 0);
  }

  /** When `to` hears that `from` has failed: after all that had left there by `now`. */
  notice(from: number, to: number, now: number): number {
    const arrives = now + this.#cost(from, to).latency;
    return this.#latest === null ? arrives : this.#inOrder(from, to, arrives);
  }

  #cost(from: number, to: number): Cost {
    return this.#hosts[from] === this.#hosts[to] ? this.#local : this.#network;
  }

  /** The line of rank `end` for messages between two ranks. */
  #line(from: number, to: number, end: number): number {
    return this.#hosts[from] === this.#hosts[to] ? this.#lines + end : (this.#hosts[end] as number);
  }

  #work(rank: number, now: number, time: number): number {
    const done = Math.max(now, this.#processors[rank] as number) + time;
    if (time > 0) this.#processors[rank] = done;
    return done;
  }

  #extra(from: number, to: number, start: number, cost: Cost): number {
    let extra = cost === this.#network ? Math.floor(this.#random() * this.#jitter) : 0;
    for (const delay of this.#delays) {
      if (delay.from !== -1 && delay.from !== from) continue;
      if (delay.to !== -1 && delay.to !== to) continue;
      if (start >= delay.after && start < delay.until) extra += delay.by;
    }
    return extra;
  }

  #inOrder(from: number, to: number, time: number): number {
    const latest = this.#latest as Map<number, number>;
    const pair = from * this.#hosts.length + to;
    const inOrder = Math.max(time, latest.get(pair) ?? 0);
    latest.set(pair, inOrder);
    return inOrder;
  }
}

export function picoseconds(seconds: number): number {
  return Math.round(seconds * PICOSECONDS);
}
