/** One endpoint of a {@link MemoryNetwork}: its transport, and which of its links still stand. */

import { Deferred } from '../../base/deferred.ts';
import { invariant } from '../../base/invariant.ts';
import { type Frame, FrameKind } from '../../wire/frame.ts';
import { segmentBytes } from '../../wire/segments.ts';
import type { Delivery, FrameSink, Transport } from '../transport.ts';
import type { Parcel } from './parcel.ts';

/** What an endpoint needs of its network. */
export interface Carrier {
  readonly size: number;
  /** An empty parcel to fill. */
  parcel(): Parcel;
  /** Takes a filled parcel under way. */
  carry(parcel: Parcel): void;
  /** Ends all links of an endpoint, after what it has sent. */
  disconnect(endpoint: number): void;
}

export class MemoryTransport implements Transport {
  readonly self: number;
  /** Frames of ours that are under way. */
  outgoing = 0;
  /** Ours is closed: nothing is delivered to us any more. */
  closed = false;
  #sink: FrameSink | undefined;
  readonly #carrier: Carrier;
  /** The peers whose link has ended, as far as we have been told. */
  readonly #lost = new Set<number>();
  #drained: Deferred<void> | undefined;

  constructor(self: number, carrier: Carrier) {
    this.self = self;
    this.#carrier = carrier;
  }

  attach(sink: FrameSink): void {
    invariant(this.#sink === undefined, 'attach called twice', this.self);
    this.#sink = sink;
  }

  get sink(): FrameSink {
    const sink = this.#sink;
    invariant(sink, 'a frame for an endpoint without a sink', this.self);
    return sink;
  }

  /** HOT (bench: latency). */
  send(peer: number, frame: Frame, segments: readonly Uint8Array[], delivery: Delivery | null): boolean {
    invariant(peer >= 0 && peer < this.#carrier.size, 'send to an unknown endpoint', peer, this.#carrier.size);
    invariant(frame.bytes === segmentBytes(segments), 'frame.bytes differs from its segments', frame.bytes);
    if (this.closed || this.hasLost(peer)) return true;
    const parcel = this.#carrier.parcel();
    parcel.address(this.self, peer, frame);
    const referenced = frame.kind === FrameKind.DATA && frame.bytes > 0;
    if (referenced) {
      parcel.segments = segments;
      parcel.delivery = delivery;
    } else if (frame.bytes > 0) {
      parcel.copy(segments);
    }
    this.outgoing++;
    this.#carrier.carry(parcel);
    return !referenced;
  }

  linked(): boolean {
    return true;
  }

  async settled(): Promise<void> {
    // All links stand from the start.
  }

  readonly quick = false;

  poll(): boolean {
    return false;
  }

  arm(): boolean {
    return true;
  }

  flush(): void {
    // Nothing is held back.
  }

  async close(): Promise<void> {
    this.#carrier.disconnect(this.self);
    if (this.outgoing === 0) return;
    this.#drained ??= new Deferred<void>();
    await this.#drained.promise;
  }

  /** One frame of ours has arrived or was dropped. */
  departed(): void {
    this.outgoing--;
    if (this.outgoing === 0) this.#drained?.resolve();
  }

  hasLost(peer: number): boolean {
    return this.#lost.size > 0 && this.#lost.has(peer);
  }

  /** Ends our side of the link to `peer`, once. */
  lose(peer: number, reason: Error): void {
    if (this.closed || this.#lost.has(peer)) return;
    this.#lost.add(peer);
    this.#sink?.lost(peer, reason);
  }
}
