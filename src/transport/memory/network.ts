/**
 * Many endpoints in one process, joined by queues.
 *
 * Frames are delivered asynchronously and in order per pair. Payloads of DATA frames are copied once, from the sender's
 * memory into the landing; all others are copied at the send. Delivery runs in microtasks, so that a message costs no
 * turn of the event loop, but after a bounded number of frames it waits for one turn: timers and I/O are never starved.
 *
 * With a seed the next pair to deliver is drawn among those that have frames under way, as is how many are delivered
 * before the endpoints run: every order that a real network could show, and the same one again for the same seed.
 */
import { invariant } from '../../base/invariant.ts';
import { seededRandom } from '../../base/random.ts';
import { Fifo } from '../fifo.ts';
import { MemoryFabric } from './fabric.ts';
import type { Parcel } from './parcel.ts';

export interface MemoryNetworkOptions {
  /** Draws the order of delivery; without it frames arrive in the order in which they were sent. */
  readonly seed?: number | undefined;
  /** Frames delivered in microtasks before the event loop gets its turn. */
  readonly maxBatch?: number | undefined;
}

const DEFAULT_BATCH = 256;

export class MemoryNetwork extends MemoryFabric {
  readonly #random: (() => number) | undefined;
  readonly #maxBatch: number;
  /** Queues that have parcels in them: one for all pairs without a seed, one a pair with it. */
  readonly #busy: Fifo<Parcel>[] = [];
  readonly #lanes = new Map<number, Fifo<Parcel>>();
  #inFlight = 0;
  /** Frames that may still be delivered before the event loop gets its turn. */
  #budget: number;
  #scheduled = false;

  constructor(size: number, { seed, maxBatch = DEFAULT_BATCH }: MemoryNetworkOptions = {}) {
    super(size);
    invariant(maxBatch >= 1, 'a network that delivers nothing', maxBatch);
    this.#random = seed === undefined ? undefined : seededRandom(seed);
    this.#maxBatch = maxBatch;
    this.#budget = maxBatch;
  }

  override get inFlight(): number {
    return this.#inFlight;
  }

  /** HOT (bench: latency). */
  override carry(parcel: Parcel): void {
    const lane = this.#lane(parcel);
    if (lane.length === 0) this.#busy.push(lane);
    lane.push(parcel);
    this.#inFlight++;
    this.#schedule();
  }

  #lane(parcel: Parcel): Fifo<Parcel> {
    const key = this.#random === undefined ? 0 : parcel.from * this.size + parcel.to;
    let lane = this.#lanes.get(key);
    if (lane === undefined) this.#lanes.set(key, (lane = new Fifo<Parcel>()));
    return lane;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    if (this.#budget > 0) {
      queueMicrotask(this.#pump);
    } else {
      setImmediate(this.#turn);
    }
  }

  readonly #turn = (): void => {
    this.#budget = this.#maxBatch;
    this.#pump();
  };

  readonly #pump = (): void => {
    let left = this.#random === undefined ? this.#budget : 1 + Math.floor(this.#random() * this.#budget);
    this.#budget -= left;
    try {
      while (left > 0 && this.#inFlight > 0) {
        left--;
        try {
          this.deliver(this.#next());
        } finally {
          this.#inFlight--;
        }
      }
    } finally {
      this.#budget += left;
      this.#scheduled = false;
      if (this.#inFlight > 0) this.#schedule();
      else this.checkIdle();
    }
  };

  #next(): Parcel {
    const busy = this.#busy;
    const index = this.#random === undefined ? 0 : Math.floor(this.#random() * busy.length);
    const lane = busy[index]!;
    const parcel = lane.shift();
    invariant(parcel, 'an empty lane among the busy ones', index, busy.length);
    if (lane.length === 0) {
      busy[index] = busy[busy.length - 1]!;
      busy.pop();
    }
    return parcel;
  }
}
