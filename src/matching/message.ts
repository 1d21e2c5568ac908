/** A message that has arrived (or announced itself) before anybody asked for it. */
import type { Frame } from '../wire/frame.ts';
import type { PacketHead } from '../wire/packet.ts';
import type { Linked } from './lanes.ts';
import type { ReceiveOperation } from './operation.ts';
import type { Spares } from './spares.ts';

const NO_META = new Uint8Array(0);
const NOTHING = new Uint8Array(0);

export class Message implements Linked, PacketHead {
  readonly links: (Linked | null)[] = [null, null, null, null, null, null, null, null];
  queued = false;
  readonly source: number;
  readonly tag: number;
  readonly peer: number;
  readonly format: number;
  readonly dtype: number;
  readonly meta: Uint8Array;
  /** Payload bytes of the whole message. */
  readonly bytes: number;
  /** The sender's operation, where it waits for an answer (rendezvous, synchronous); else 0. */
  readonly id: number;
  /** The payload is still at the sender. */
  readonly rendezvous: boolean;
  readonly synchronous: boolean;
  /** What an eager message brought. */
  readonly payload: Uint8Array;
  readonly segments: readonly Uint8Array[];
  /** Eager: all of the payload is in. */
  complete: boolean;
  /** Eager: the receive that has taken it while its payload was still coming in. */
  receiver: ReceiveOperation | null = null;

  constructor(peer: number, frame: Frame, rendezvous: boolean, synchronous: boolean, spares: Spares) {
    this.peer = peer;
    this.source = frame.source;
    this.tag = frame.tag;
    this.format = frame.format;
    this.dtype = frame.dtype;
    this.meta = frame.meta.length === 0 ? NO_META : frame.meta.slice();
    this.id = frame.id;
    this.rendezvous = rendezvous;
    this.synchronous = synchronous;
    this.bytes = rendezvous ? frame.total : frame.bytes;
    this.payload = rendezvous || frame.bytes === 0 ? NOTHING : spares.take(frame.bytes);
    this.segments = [this.payload];
    this.complete = rendezvous || frame.bytes === 0;
  }
}
