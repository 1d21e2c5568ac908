/** One frame under way in a memory network, or the news that a link has ended. */
import { Frame, FrameKind } from '../../wire/frame.ts';
import { copySegments, segmentBytes } from '../../wire/segments.ts';
import type { Delivery } from '../transport.ts';

const NOTHING: readonly Uint8Array[] = [];
/** A copy of more bytes is not kept for the next payload. */
const KEPT_BYTES = 1024;

/** How far a parcel has come on a network that takes time: what happens to it next. */
export const Stage = { DEPARTED: 0, FIRST_BYTE: 1, LAST_BYTE: 2, HANDOVER: 3 } as const;
export type Stage = (typeof Stage)[keyof typeof Stage];

/** Instances are reused: a network of a thousand ranks makes no garbage per message beyond the payload's copy. */
export class Parcel {
  readonly frame = new Frame();
  from = 0;
  to = 0;
  segments: readonly Uint8Array[] = NOTHING;
  /** Told after the payload was copied; null where it was copied at the send already. */
  delivery: Delivery | null = null;
  /** Set on the last parcel of a link, which carries no frame: why the link ended. */
  loss: Error | null = null;

  // Where the network takes time (simulated.ts): what is next, when, and its place among what happens then.
  stage: Stage = Stage.FIRST_BYTE;
  time = 0;
  tie = 0;
  order = 0;
  /** When the last byte leaves its sender. */
  leaves = 0;
  /** The parcel that departs. */
  subject: Parcel | null = null;
  /** Of a payload before: the next one is often as long. */
  #copy = NOTHING;

  get bytes(): number {
    return this.frame.bytes;
  }

  /** Whether the processors have to deal with it: credit is the network's own business, and so is the loss of a link. */
  get handled(): boolean {
    return this.loss === null && this.frame.kind !== FrameKind.CREDIT;
  }

  /** Takes over a copy of the header and its meta data. HOT (bench: latency). */
  address(from: number, to: number, frame: Frame): void {
    this.from = from;
    this.to = to;
    const own = this.frame;
    own.kind = frame.kind;
    own.flags = frame.flags;
    own.format = frame.format;
    own.dtype = frame.dtype;
    own.context = frame.context;
    own.source = frame.source;
    own.tag = frame.tag;
    own.bytes = frame.bytes;
    own.total = frame.total;
    own.id = frame.id;
    own.peerId = frame.peerId;
    own.collective = frame.collective;
    own.op = frame.op;
    own.algorithm = frame.algorithm;
    own.callDtype = frame.callDtype;
    own.root = frame.root;
    own.count = frame.count;
    if (frame.meta.byteLength > 0) own.meta = frame.meta.slice();
  }

  /** Takes a copy of the payload, so that the sender may change its memory at once. HOT (bench: scale). */
  copy(segments: readonly Uint8Array[]): void {
    const bytes = segmentBytes(segments);
    if (this.#copy[0]?.byteLength !== bytes) this.#copy = [Buffer.allocUnsafe(bytes)];
    copySegments(segments, this.#copy);
    this.segments = this.#copy;
  }

  /** Lets go of everything, for reuse. */
  clear(): void {
    if (this.bytes > KEPT_BYTES) this.#copy = NOTHING;
    this.frame.reset();
    this.segments = NOTHING;
    this.delivery = null;
    this.loss = null;
    this.subject = null;
    this.leaves = 0;
  }
}
