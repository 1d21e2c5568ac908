/**
 * The receiving side of a ring: announces the frames in it and copies their payloads straight to where they land. What is not there yet is
 * taken the next time.
 *
 * The other process can write to the ring at any time, so whatever is read decides nothing before it is checked, and is read once.
 */
import { invariant } from '../../base/invariant.ts';
import { brokenRing } from '../../errors.ts';
import { FEW_BYTES } from '../../wire/few.ts';
import { Frame, HEADER_BYTES } from '../../wire/frame.ts';
import { decodeHeader } from '../../wire/header.ts';
import type { FrameSink, Landing } from '../transport.ts';
import { frameBoundary, type RingMemory, Word } from './memory.ts';
import { PIECE_BYTES } from './producer.ts';

/** Bytes that are cheaper copied one by one than by a call. */
const SO_FEW_BYTES = 16;

const NO_META = new Uint8Array(0);

const State = { HEADER: 0, META: 1, PAYLOAD: 2, STOPPED: 3 } as const;
type State = (typeof State)[keyof typeof State];

export class Consumer {
  readonly peer: number;
  readonly #memory: RingMemory;
  readonly #sink: FrameSink;
  /** The producer sleeps, and there is room for it. */
  readonly #wakeProducer: (peer: number) => void;
  readonly #mask: number;
  #state: State = State.HEADER;
  #head: number;
  /** The head that the producer knows, and after how many bytes it is told of the next. */
  #told: number;
  readonly #tellAfter: number;
  readonly #frame = new Frame();
  #metaBytes = 0;
  #landing: Landing | null = null;
  #segment = 0;
  /** How much of the meta data, or of the segment, is there. */
  #filled = 0;
  /** Bytes of the payload that are still to come. */
  #missing = 0;

  constructor(peer: number, memory: RingMemory, sink: FrameSink, wakeProducer: (peer: number) => void) {
    this.peer = peer;
    this.#memory = memory;
    this.#sink = sink;
    this.#wakeProducer = wakeProducer;
    this.#mask = memory.capacity - 1;
    this.#head = this.#told = Atomics.load(memory.words, Word.HEAD);
    this.#tellAfter = Math.min(PIECE_BYTES, memory.capacity / 4);
  }

  /**
   * Takes what is there, at least one capacity of it; whether there was anything. Throws what the sink throws, and `ERR_PROTOCOL` for what
   * no producer of this version writes; the consumer is of no use then. HOT (bench: latency, rate).
   */
  drain(): boolean {
    const { words, capacity } = this.#memory;
    const start = this.#head;
    let tail = Atomics.load(words, Word.TAIL);
    if (tail === start || this.#state === State.STOPPED) return false;
    do {
      const available = (tail - this.#head) | 0;
      if (available < 0 || available > capacity) throw brokenRing('tail', tail);
      if (this.#state === State.HEADER) this.#begin(available);
      else this.#resume(available);
      // The producer can go on while we take the next frames.
      if (((this.#head - this.#told) | 0) >= this.#tellAfter) this.#tell();
      if (this.#head === tail) tail = Atomics.load(words, Word.TAIL);
      // TypeScript can't see that the sink may stop us.
    } while (tail !== this.#head && (this.#state as State) !== State.STOPPED && ((this.#head - start) | 0) < capacity);
    this.#publish();
    return true;
  }

  /** From here on the producer wakes us when something comes. False: something has come meanwhile. */
  sleep(): boolean {
    const { words } = this.#memory;
    Atomics.store(words, Word.CONSUMER_ASLEEP, 1);
    return this.#state === State.STOPPED || Atomics.load(words, Word.TAIL) === this.#head;
  }

  wake(): void {
    Atomics.store(this.#memory.words, Word.CONSUMER_ASLEEP, 0);
  }

  /** Nothing more reaches the sink. */
  stop(): void {
    this.#state = State.STOPPED;
    this.#landing = null;
  }

  /** For a stopped one: makes room, so that a producer that still has something to write can end. */
  discard(): void {
    this.#head = Atomics.load(this.#memory.words, Word.TAIL);
    this.#publish();
  }

  #tell(): void {
    this.#told = this.#head;
    Atomics.store(this.#memory.words, Word.HEAD, this.#head);
  }

  /** HOT (bench: latency). */
  #publish(): void {
    const { words } = this.#memory;
    this.#tell();
    // As in Producer: it says first that it sleeps, and then looks at the head.
    if (Atomics.load(words, Word.PRODUCER_ASLEEP) !== 0 && Atomics.exchange(words, Word.PRODUCER_ASLEEP, 0) !== 0) {
      this.#wakeProducer(this.peer);
    }
  }

  /** HOT (bench: latency, rate). */
  #begin(available: number): void {
    if (available < HEADER_BYTES) throw brokenRing('tail', this.#head + available);
    this.#metaBytes = decodeHeader(this.#memory.view, this.#head & this.#mask, this.#frame);
    this.#head = (this.#head + HEADER_BYTES) | 0;
    this.#filled = 0;
    if (this.#metaBytes > 0) {
      this.#state = State.META;
      this.#frame.meta = new Uint8Array(this.#metaBytes);
      return;
    }
    this.#frame.meta = NO_META;
    this.#announce(available - HEADER_BYTES);
  }

  /** @param available - bytes that are there after meta data and header. HOT (bench: latency, rate). */
  #announce(available: number): void {
    const frame = this.#frame;
    const { bytes } = frame;
    // Behind a header without meta data few bytes are in one piece, as it ends where another could begin.
    const few = bytes > 0 && bytes <= FEW_BYTES && bytes <= available && this.#metaBytes === 0;
    const landing = few
      ? this.#sink.announce(this.peer, frame, this.#memory.view, this.#head & this.#mask)
      : this.#sink.announce(this.peer, frame);
    if (this.#state === State.STOPPED) return;
    if (landing === null) {
      invariant(few || bytes === 0, 'no landing for a payload', bytes);
      this.#head = (this.#head + bytes) | 0;
      this.#finish();
      return;
    }
    const { segments } = landing;
    if (bytes <= available && segments.length === 1 && segments[0]!.length === bytes) {
      this.#take(segments[0]!, 0, bytes);
      this.#finish();
      this.#sink.landed(this.peer, landing);
      return;
    }
    this.#state = State.PAYLOAD;
    this.#landing = landing;
    this.#missing = bytes;
    this.#segment = 0;
    this.#filled = 0;
    this.#advance(0);
  }

  /** Goes on with a frame that has begun. HOT (bench: bandwidth). */
  #resume(available: number): void {
    if (this.#state === State.META) {
      const { meta } = this.#frame;
      const length = Math.min(available, this.#metaBytes - this.#filled);
      this.#take(meta, this.#filled, length);
      this.#filled += length;
      if (this.#filled === this.#metaBytes) this.#announce(available - length);
      return;
    }
    const segment = this.#landing!.segments[this.#segment]!;
    const length = Math.min(available, segment.length - this.#filled, PIECE_BYTES);
    this.#take(segment, this.#filled, length);
    this.#advance(length);
  }

  /** Counts bytes that have landed; afterwards the current segment has room, or the payload is complete. */
  #advance(bytes: number): void {
    const landing = this.#landing!;
    const { segments } = landing;
    this.#missing -= bytes;
    this.#filled += bytes;
    while (this.#segment < segments.length && this.#filled === segments[this.#segment]!.length) {
      this.#segment++;
      this.#filled = 0;
    }
    const full = this.#segment === segments.length;
    invariant(full === (this.#missing === 0), 'a landing that does not fit its frame', this.#missing);
    if (!full) return;
    this.#landing = null;
    this.#finish();
    this.#sink.landed(this.peer, landing);
  }

  #finish(): void {
    this.#head = frameBoundary(this.#head);
    this.#state = State.HEADER;
  }

  /** Copies the next bytes out of the ring. HOT (bench: latency, bandwidth). */
  #take(target: Uint8Array, offset: number, length: number): void {
    const { bytes, capacity } = this.#memory;
    const at = this.#head & this.#mask;
    const first = capacity - at;
    if (length > first) {
      target.set(this.#memory.part(at, first), offset);
      target.set(this.#memory.part(0, length - first), offset + first);
    } else if (length <= SO_FEW_BYTES) {
      for (let i = 0; i < length; i++) target[offset + i] = bytes[at + i]!;
    } else {
      target.set(this.#memory.part(at, length), offset);
    }
    this.#head = (this.#head + length) | 0;
  }
}
