/**
 * The sending side of a ring. Small frames are written whole and published at once; large ones in pieces, as far as there is room, so that
 * the consumer copies one piece out while the next is copied in. What has no room waits here, in order.
 */
import { invariant } from '../../base/invariant.ts';
import { brokenRing } from '../../errors.ts';
import { FEW_BYTES } from '../../wire/few.ts';
import { type Frame, HEADER_BYTES } from '../../wire/frame.ts';
import { encodeHeader } from '../../wire/header.ts';
import { segmentBytes } from '../../wire/segments.ts';
import { Fifo } from '../fifo.ts';
import type { Delivery } from '../transport.ts';
import { FRAME_ALIGNMENT, frameBoundary, type RingMemory, Word } from './memory.ts';

/** Up to this length a frame is published as a whole: the consumer would hardly get ahead by beginning earlier. */
const WHOLE_BYTES = 8 * 1024;

/** How much of a large frame is published at a time. */
export const PIECE_BYTES = 16 * 1024;

/** Up to here what has to wait is copied where nobody wants to hear when its memory is free again. */
const COPY_BYTES = 16 * 1024;

/** Bytes of a payload that are cheaper copied one by one than by a call. */
const SO_FEW_BYTES = 8;

/** What a producer tells the transport. */
export interface ProducerOwner {
  /** The consumer sleeps, and there is something for it. */
  wakeConsumer(peer: number): void;
  /** Something waits for room: {@link Producer.pump} is to be called again and again until nothing does, never from here. */
  waitsForRoom(producer: Producer): void;
}

/** A frame that waits, or whose bytes are on their way into the ring. */
class Outgoing {
  /** Header, meta data and segments, those that are not empty. */
  readonly parts: Uint8Array[];
  readonly delivery: Delivery | null;
  part = 0;
  /** How much of that part is in the ring. */
  offset = 0;

  constructor(frame: Frame, segments: readonly Uint8Array[], delivery: Delivery | null) {
    const header = new Uint8Array(HEADER_BYTES);
    encodeHeader(new DataView(header.buffer), 0, frame);
    this.parts = [header];
    if (frame.meta.length > 0) this.parts.push(frame.meta);
    for (const segment of segments) if (segment.length > 0) this.parts.push(segment);
    this.delivery = delivery;
  }

  get done(): boolean {
    return this.part === this.parts.length;
  }
}

export class Producer {
  readonly peer: number;
  /** Is known to wait; the owner's to set. */
  listed = false;
  readonly #memory: RingMemory;
  readonly #owner: ProducerOwner;
  readonly #mask: number;
  #tail: number;
  /** How far the tail may go, by what we last saw of the head. */
  #limit: number;
  /** The first of those that wait, and the others. */
  #current: Outgoing | undefined;
  readonly #waiting = new Fifo<Outgoing>();
  #closed = false;
  /** The head is where it can't be. */
  #broken = false;

  constructor(peer: number, memory: RingMemory, owner: ProducerOwner) {
    this.peer = peer;
    this.#memory = memory;
    this.#owner = owner;
    this.#mask = memory.capacity - 1;
    this.#tail = Atomics.load(memory.words, Word.TAIL);
    this.#limit = this.#tail;
  }

  /** Nothing waits for room. */
  get idle(): boolean {
    return this.#current === undefined;
  }

  /** As `Transport.send`. HOT (bench: latency, rate). */
  send(frame: Frame, segments: readonly Uint8Array[], delivery: Delivery | null): boolean {
    const bytes = segmentBytes(segments);
    invariant(frame.bytes === bytes, 'frame.bytes differs from its segments', frame.bytes);
    const length = HEADER_BYTES + frame.meta.length + bytes;
    if (length > WHOLE_BYTES || this.#current !== undefined || this.#closed || !this.#hasRoom(length)) {
      return this.#stream(frame, segments, delivery);
    }
    encodeHeader(this.#memory.view, this.#tail & this.#mask, frame);
    let position = (this.#tail + HEADER_BYTES) | 0;
    if (frame.meta.length > 0) position = this.#put(frame.meta, position);
    for (let i = 0; i < segments.length; i++) position = this.#put(segments[i]!, position);
    this.#publish(frameBoundary(position));
    return true;
  }

  /** Copies what waits, as far as there is room; whether anything moved. @throws `ERR_PROTOCOL` for a head that can't be. */
  pump(): boolean {
    let progress = false;
    for (let outgoing = this.#current; outgoing !== undefined; outgoing = this.#current) {
      const before = this.#tail;
      this.#copy(outgoing);
      if (this.#tail !== before) progress = true;
      if (!outgoing.done) break;
      // The next is first before anybody is told, who may send.
      this.#current = this.#waiting.shift();
      outgoing.delivery?.sent();
    }
    if (this.#broken && !this.idle) throw brokenRing('head', Atomics.load(this.#memory.words, Word.HEAD));
    return progress;
  }

  /** From here on the consumer wakes us when it has made room. False: {@link pump} first, there is some. */
  sleep(): boolean {
    Atomics.store(this.#memory.words, Word.PRODUCER_ASLEEP, 1);
    return this.idle || !(this.#hasRoom(FRAME_ALIGNMENT) || this.#broken);
  }

  wake(): void {
    Atomics.store(this.#memory.words, Word.PRODUCER_ASLEEP, 0);
  }

  /** From here on frames are dropped; what waits is still written. */
  close(): void {
    this.#closed = true;
  }

  /** The link is gone: nothing is written any more and nobody is told. */
  drop(): void {
    this.close();
    this.#current = undefined;
    this.#waiting.clear();
  }

  /** A frame that is large, or has to wait; answers as {@link send}. */
  #stream(frame: Frame, segments: readonly Uint8Array[], delivery: Delivery | null): boolean {
    if (this.#closed) return true;
    const outgoing = new Outgoing(frame, segments, delivery);
    if (this.#current !== undefined) {
      this.#waiting.push(outgoing);
    } else {
      this.#copy(outgoing);
      if (outgoing.done) return true;
      this.#current = outgoing;
      this.#owner.waitsForRoom(this);
    }
    const { parts, part, offset } = outgoing;
    // The meta data are the sender's again on return; a few bytes, or a small payload that nobody asks about, have to be taken as well.
    const taken = frame.bytes <= (delivery === null ? COPY_BYTES : FEW_BYTES);
    const own = taken ? parts.length : frame.meta.length > 0 ? 2 : 1;
    for (let i = Math.max(1, part); i < own; i++) {
      if (i === part) outgoing.offset = 0;
      parts[i] = i === part ? parts[i]!.slice(offset) : parts[i]!.slice();
    }
    return false;
  }

  /** Copies of a frame what there is room for. */
  #copy(outgoing: Outgoing): void {
    if (outgoing.part === 0 && !this.#hasRoom(HEADER_BYTES)) return;
    const { parts } = outgoing;
    let position = this.#tail;
    while (outgoing.part < parts.length && this.#hasRoom(1)) {
      // One piece, of as many parts as it takes.
      let left = Math.min(PIECE_BYTES, this.#room);
      while (left > 0 && outgoing.part < parts.length) {
        const part = parts[outgoing.part]!;
        const length = Math.min(left, part.length - outgoing.offset);
        const whole = length === part.length;
        position = this.#put(whole ? part : part.subarray(outgoing.offset, outgoing.offset + length), position);
        left -= length;
        outgoing.offset += length;
        if (outgoing.offset === part.length) {
          outgoing.part++;
          outgoing.offset = 0;
        }
      }
      if (outgoing.done) position = frameBoundary(position);
      this.#publish(position);
    }
  }

  get #room(): number {
    return (this.#limit - this.#tail) | 0;
  }

  #hasRoom(bytes: number): boolean {
    return bytes <= this.#room || this.#look(bytes);
  }

  #look(bytes: number): boolean {
    const head = Atomics.load(this.#memory.words, Word.HEAD);
    const { capacity } = this.#memory;
    const used = (this.#tail - head) | 0;
    if (used < 0 || used > capacity) {
      this.#broken = true;
      return false;
    }
    // From a frame boundary on: what fills up the last bytes of a frame has to fit, too.
    this.#limit = ((head & -FRAME_ALIGNMENT) + capacity) | 0;
    return bytes <= this.#room;
  }

  /** Copies bytes for which there is room to a position; answers the position after them. HOT (bench: latency, bandwidth). */
  #put(source: Uint8Array, position: number): number {
    const { bytes, capacity } = this.#memory;
    const length = source.length;
    const at = position & this.#mask;
    const first = capacity - at;
    if (length > first) {
      bytes.set(source.subarray(0, first), at);
      bytes.set(source.subarray(first), 0);
    } else if (length <= SO_FEW_BYTES) {
      for (let i = 0; i < length; i++) bytes[at + i] = source[i]!;
    } else {
      bytes.set(source, at);
    }
    return (position + length) | 0;
  }

  /** HOT (bench: latency). */
  #publish(tail: number): void {
    const { words } = this.#memory;
    this.#tail = tail;
    Atomics.store(words, Word.TAIL, tail);
    // The consumer says first that it sleeps and then looks at the tail; so either it sees this tail, or we see that it sleeps.
    if (Atomics.load(words, Word.CONSUMER_ASLEEP) !== 0 && Atomics.exchange(words, Word.CONSUMER_ASLEEP, 0) !== 0) {
      this.#owner.wakeConsumer(this.peer);
    }
  }
}
