/**
 * What all networks in memory have in common: endpoints, parcels that are used again, and what happens to a frame when it arrives.
 * When it does is theirs to say.
 */
import { invariant } from '../../base/invariant.ts';
import { brokenPeer, lostPeer } from '../../errors.ts';
import { copySegments } from '../../wire/segments.ts';
import type { Transport } from '../transport.ts';
import { type Carrier, MemoryTransport } from './endpoint.ts';
import { Parcel } from './parcel.ts';

const MAX_SPARE_PARCELS = 4096;

export abstract class MemoryFabric implements Carrier {
  readonly size: number;
  readonly #endpoints: MemoryTransport[];
  readonly #spare: Parcel[] = [];
  #idleScheduled = false;
  readonly #idleListeners: (() => void)[] = [];

  constructor(size: number) {
    invariant(size >= 1, 'an empty memory network', size);
    this.size = size;
    this.#endpoints = Array.from({ length: size }, (_, self) => new MemoryTransport(self, this));
  }

  /** What is under way just now: frames, news of lost links, whatever else is to come by itself. */
  abstract get inFlight(): number;

  /** Takes a filled parcel under way. For endpoints. */
  abstract carry(parcel: Parcel): void;

  /** The transport of endpoint `self`. */
  transport(self: number): Transport {
    return this.#endpoint(self);
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
      if (this.inFlight > 0) return;
      for (const listener of this.#idleListeners) listener();
    });
  }

  /**
   * Ends all links of one endpoint, as the end of its process would: its peers are told `reason` after the frames that it has
   * sent already; what is under way to it is dropped, and it hears nothing any more, not even this.
   */
  disconnect(self: number, reason: Error = hungUp(self)): void {
    const endpoint = this.#endpoint(self);
    if (endpoint.closed) return;
    endpoint.closed = true;
    for (let peer = 0; peer < this.size; peer++) {
      if (peer !== self && !this.#endpoint(peer).closed) this.#end(self, peer, reason);
    }
  }

  /** An empty parcel. For endpoints. HOT (bench: latency). */
  parcel(): Parcel {
    return this.#spare.pop() ?? new Parcel();
  }

  /** Hands a parcel over, and takes it back for reuse. HOT (bench: latency). */
  protected deliver(parcel: Parcel): void {
    const { from, to, loss } = parcel;
    const receiver = this.#endpoint(to);
    try {
      if (loss !== null) receiver.lose(from, loss);
      else if (!receiver.closed && !receiver.hasLost(from)) this.#land(parcel, receiver);
    } finally {
      this.drop(parcel);
    }
  }

  /** Takes a parcel back whose way has ended. HOT (bench: latency). */
  protected drop(parcel: Parcel): void {
    const { from, loss } = parcel;
    this.recycle(parcel);
    if (loss === null) this.#endpoint(from).departed();
  }

  protected recycle(parcel: Parcel): void {
    parcel.clear();
    if (this.#spare.length < MAX_SPARE_PARCELS) this.#spare.push(parcel);
  }

  #endpoint(index: number): MemoryTransport {
    const endpoint = this.#endpoints[index];
    invariant(endpoint, 'no such endpoint', index, this.size);
    return endpoint;
  }

  /** Tells `to` that nothing more comes from `from`, after what is under way between them. */
  #end(from: number, to: number, reason: Error): void {
    const parcel = this.parcel();
    parcel.from = from;
    parcel.to = to;
    parcel.loss = reason;
    this.carry(parcel);
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
      if (from !== to) this.#end(to, from, hungUp(to));
      return;
    }
    invariant(copied === bytes, 'a landing that does not fit its frame', copied, bytes);
    parcel.delivery?.sent();
  }
}

function hungUp(endpoint: number): Error {
  return lostPeer(endpoint, 'it has closed the connection');
}
