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
import { brokenPeer, lostPeer } from '../../errors.ts';
import { copySegments } from '../../wire/segments.ts';
import { Fifo } from '../fifo.ts';
import type { Transport } from '../transport.ts';
import { MemoryTransport } from './endpoint.ts';
import { Parcel } from './parcel.ts';

export interface MemoryNetworkOptions {
  /** Draws the order of delivery; without it frames arrive in the order in which they were sent. */
  readonly seed?: number | undefined;
  /** Frames delivered in microtasks before the event loop gets its turn. */
  readonly maxBatch?: number | undefined;
}

const DEFAULT_BATCH = 256;
const MAX_SPARE_PARCELS = 1024;

export class MemoryNetwork {
  readonly size: number;
  readonly #endpoints: MemoryTransport[];
  readonly #random: (() => number) | undefined;
  readonly #maxBatch: number;
  /** Queues that have parcels in them: one for all pairs without a seed, one a pair with it. */
  readonly #busy: Fifo<Parcel>[] = [];
  readonly #lanes = new Map<number, Fifo<Parcel>>();
  readonly #spare: Parcel[] = [];
  #inFlight = 0;
  /** Frames that may still be delivered before the event loop gets its turn. */
  #budget: number;
  #scheduled = false;
  #idleScheduled = false;
  readonly #idleListeners: (() => void)[] = [];

  constructor(size: number, { seed, maxBatch = DEFAULT_BATCH }: MemoryNetworkOptions = {}) {
    invariant(size >= 1 && maxBatch >= 1, 'an empty memory network', size, maxBatch);
    this.size = size;
    this.#random = seed === undefined ? undefined : seededRandom(seed);
    this.#maxBatch = maxBatch;
    this.#budget = maxBatch;
    this.#endpoints = Array.from({ length: size }, (_, self) => new MemoryTransport(self, this));
  }

  /** The transport of endpoint `self`. */
  transport(self: number): Transport {
    return this.#endpoint(self);
  }

  /** Frames (and news of lost links) under way just now. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /**
   * `callback` runs whenever the network has gone quiet: nothing under way, and everything that the last delivery set
   * off in microtasks is done. It runs once after it was registered, too, and after every {@link checkIdle}.
   */
  onIdle(callback: () => void): void {
    this.#idleListeners.push(callback);
    this.checkIdle();
  }

  /** Asks for the `onIdle` callbacks at the end of this turn of the event loop, if nothing is under way then. */
  checkIdle(): void {
    if (this.#idleScheduled || this.#idleListeners.length === 0) return;
    this.#idleScheduled = true;
    setImmediate(() => {
      this.#idleScheduled = false;
      if (this.#inFlight > 0) return;
      for (const listener of this.#idleListeners) listener();
    });
  }

  /**
   * Ends all links of one endpoint, as the end of its process would: its peers are told after the frames that it has
   * sent already; what is under way to it is dropped, and it hears nothing any more, not even this.
   */
  disconnect(self: number): void {
    const endpoint = this.#endpoint(self);
    if (endpoint.closed) return;
    endpoint.closed = true;
    for (let peer = 0; peer < this.size; peer++) {
      if (peer === self || this.#endpoint(peer).closed) continue;
      this.#end(self, peer, lostPeer(self, 'it has closed the connection'));
    }
  }

  /** An empty parcel. For endpoints. HOT (bench: latency). */
  parcel(): Parcel {
    return this.#spare.pop() ?? new Parcel();
  }

  /** Takes a parcel under way. For endpoints. HOT (bench: latency). */
  carry(parcel: Parcel): void {
    const lane = this.#lane(parcel);
    if (lane.length === 0) this.#busy.push(lane);
    lane.push(parcel);
    this.#inFlight++;
    this.#schedule();
  }

  #endpoint(index: number): MemoryTransport {
    const endpoint = this.#endpoints[index];
    invariant(endpoint, 'no such endpoint', index, this.size);
    return endpoint;
  }

  #lane(parcel: Parcel): Fifo<Parcel> {
    const key = this.#random === undefined ? 0 : parcel.from * this.size + parcel.to;
    let lane = this.#lanes.get(key);
    if (lane === undefined) this.#lanes.set(key, (lane = new Fifo<Parcel>()));
    return lane;
  }

  /** Tells `to` that nothing more comes from `from`, after what is under way between them. */
  #end(from: number, to: number, reason: Error): void {
    const parcel = this.parcel();
    parcel.from = from;
    parcel.to = to;
    parcel.loss = reason;
    this.carry(parcel);
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
        const parcel = this.#next();
        try {
          this.#deliver(parcel);
        } finally {
          this.#inFlight--;
          parcel.clear();
          if (this.#spare.length < MAX_SPARE_PARCELS) this.#spare.push(parcel);
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

  /** HOT (bench: latency). */
  #deliver(parcel: Parcel): void {
    const { from, to } = parcel;
    const receiver = this.#endpoint(to);
    if (parcel.loss !== null) {
      receiver.lose(from, parcel.loss);
      return;
    }
    const sender = this.#endpoint(from);
    try {
      if (!receiver.closed && !receiver.hasLost(from)) this.#land(parcel, receiver);
    } finally {
      sender.departed();
    }
  }

  #land(parcel: Parcel, receiver: MemoryTransport): void {
    const { frame, from, to } = parcel;
    const { bytes } = frame;
    let copied = 0;
    try {
      const landing = receiver.sink.announce(from, frame);
      if (landing !== null) {
        copied = copySegments(parcel.segments, landing.segments);
        if (copied === bytes) receiver.sink.landed(from, landing);
      }
    } catch (error) {
      receiver.lose(from, brokenPeer(from, error));
      if (from !== to) this.#end(to, from, lostPeer(to, 'it has closed the connection'));
      return;
    }
    invariant(copied === bytes, 'a landing that does not fit its frame', copied, bytes);
    parcel.delivery?.sent();
  }
}
