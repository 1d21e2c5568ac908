/**
 * The incremental frame decoder: bytes in as they come, announced frames and landed payloads out.
 *
 * It owns no input. Whoever reads asks `nextBuffer()` where the following bytes shall go and says with `received(n)`
 * how many came. That is a staging buffer for headers, meta data and small payloads, many of them in one read, and the
 * landing itself for the rest of a large payload: those bytes are never copied here.
 *
 * All bytes of the staging buffer are used up before `received` returns; what is left of a header or of meta data is
 * put aside. So any number of decoders of one thread can share one staging buffer.
 */
import { invariant } from '../base/invariant.ts';
import { FEW_BYTES } from './few.ts';
import { Frame, HEADER_BYTES } from './frame.ts';
import { decodeHeader } from './header.ts';

/** Where an announced payload goes. */
export interface PayloadTarget {
  /** Filled in order; their lengths add up to the payload's. */
  readonly segments: readonly Uint8Array[];
}

export interface DecoderSink<Target extends PayloadTarget> {
  /**
   * `frame` and `frame.meta` are valid during the call only. `null` for a frame that is done with: it has no payload, or its payload was taken
   * from `memory`, where all of it stands already, from `at` on.
   */
  announce(frame: Frame, memory?: DataView, at?: number): Target | null;
  /** The payload of the frame announced last is complete. */
  landed(target: Target): void;
}

export const STAGING_BYTES = 64 * 1024;

/** From here on a read of its own, straight into the landing, costs less than a copy out of the staging buffer. */
const DIRECT_BYTES = 8 * 1024;

/** No single read is asked for more: libuv counts the room of a read in 32 bits. */
const MAX_READ_BYTES = 2 ** 30;

const NO_META = new Uint8Array(0);

const State = { HEADER: 0, META: 1, PAYLOAD: 2, STOPPED: 3 } as const;
type State = (typeof State)[keyof typeof State];

/** Memory that reads go to, with the view that headers are read by. */
export class Staging {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(length: number = STAGING_BYTES) {
    this.bytes = new Uint8Array(length);
    this.view = new DataView(this.bytes.buffer);
  }
}

export class FrameDecoder<Target extends PayloadTarget> {
  readonly #sink: DecoderSink<Target>;
  readonly #staging: Staging;
  #state: State = State.HEADER;
  readonly #frame = new Frame();
  /** A header that came in pieces. */
  readonly #header = new Staging(HEADER_BYTES);
  #headerFilled = 0;
  #metaBytes = 0;
  /** Meta data that came in pieces. */
  #meta = NO_META;
  #metaFilled = 0;
  #target: Target | null = null;
  #segment = 0;
  #segmentFilled = 0;
  /** Bytes of the payload that are still to come. */
  #missing = 0;
  /** The last `nextBuffer` was the landing itself. */
  #direct = false;

  constructor(sink: DecoderSink<Target>, staging: Staging = new Staging()) {
    this.#sink = sink;
    this.#staging = staging;
  }

  /** Whether the bytes so far end in the middle of a frame. */
  get midFrame(): boolean {
    return this.#state === State.META || this.#state === State.PAYLOAD || this.#headerFilled > 0;
  }

  /** Where the following bytes shall go; never empty. Good until the next call of `received`. HOT (bench: bandwidth). */
  nextBuffer(): Uint8Array {
    this.#direct = false;
    if (this.#state === State.PAYLOAD) {
      const segment = this.#target!.segments[this.#segment]!;
      const room = Math.min(segment.length - this.#segmentFilled, MAX_READ_BYTES);
      if (room >= DIRECT_BYTES) {
        this.#direct = true;
        return segment.subarray(this.#segmentFilled, this.#segmentFilled + room);
      }
    }
    return this.#staging.bytes;
  }

  /**
   * `bytes` bytes have come to where `nextBuffer` said. Throws what the sink throws, and `ERR_PROTOCOL` for a header that
   * can't be; the decoder is of no use then. HOT (bench: rate).
   */
  received(bytes: number): void {
    if (this.#direct) {
      this.#direct = false;
      this.#advance(bytes);
      return;
    }
    let offset = 0;
    while (offset < bytes && this.#state !== State.STOPPED) {
      switch (this.#state) {
        case State.HEADER:
          offset = this.#takeHeader(offset, bytes);
          break;
        case State.META:
          offset = this.#takeMeta(offset, bytes);
          break;
        case State.PAYLOAD:
          offset = this.#takePayload(offset, bytes);
          break;
      }
    }
  }

  /** Nothing more reaches the sink: the rest of a `received` under way is dropped too. */
  stop(): void {
    this.#state = State.STOPPED;
    this.#target = null;
    this.#headerFilled = 0;
  }

  #takeHeader(offset: number, end: number): number {
    if (this.#headerFilled === 0 && end - offset >= HEADER_BYTES) {
      const behind = offset + HEADER_BYTES;
      return behind + this.#begin(this.#staging.view, offset, end - behind);
    }
    const length = Math.min(end - offset, HEADER_BYTES - this.#headerFilled);
    this.#header.bytes.set(this.#staging.bytes.subarray(offset, offset + length), this.#headerFilled);
    this.#headerFilled += length;
    if (this.#headerFilled === HEADER_BYTES) {
      this.#headerFilled = 0;
      this.#begin(this.#header.view, 0, 0);
    }
    return offset + length;
  }

  /** @returns how many of the `available` bytes behind the header were taken with it. */
  #begin(view: DataView, offset: number, available: number): number {
    this.#metaBytes = decodeHeader(view, offset, this.#frame);
    if (this.#metaBytes > 0) {
      this.#state = State.META;
      return 0;
    }
    this.#frame.meta = NO_META;
    const { bytes } = this.#frame;
    if (bytes === 0 || bytes > FEW_BYTES || bytes > available) return this.#announce();
    return this.#announce(view, offset + HEADER_BYTES);
  }

  #takeMeta(offset: number, end: number): number {
    const { bytes } = this.#staging;
    if (this.#metaFilled === 0) {
      if (end - offset >= this.#metaBytes) {
        this.#frame.meta = bytes.subarray(offset, offset + this.#metaBytes);
        this.#announce();
        return offset + this.#metaBytes;
      }
      this.#meta = new Uint8Array(this.#metaBytes);
    }
    const length = Math.min(end - offset, this.#metaBytes - this.#metaFilled);
    this.#meta.set(bytes.subarray(offset, offset + length), this.#metaFilled);
    this.#metaFilled += length;
    if (this.#metaFilled === this.#metaBytes) {
      this.#frame.meta = this.#meta;
      this.#meta = NO_META;
      this.#metaFilled = 0;
      this.#announce();
    }
    return offset + length;
  }

  /** @returns how many bytes of the payload were taken from `memory`: all or none. */
  #announce(memory?: DataView, at?: number): number {
    const { bytes } = this.#frame;
    this.#state = State.HEADER;
    const target = this.#sink.announce(this.#frame, memory, at);
    // The sink may have stopped us: TypeScript can't see that the state changes in calls.
    if ((this.#state as State) === State.STOPPED) return 0;
    if (target === null) {
      invariant(bytes === 0 || memory !== undefined, 'no landing for a payload', bytes);
      return bytes;
    }
    if (bytes === 0) {
      this.#sink.landed(target);
      return 0;
    }
    this.#state = State.PAYLOAD;
    this.#target = target;
    this.#missing = bytes;
    this.#segment = 0;
    this.#segmentFilled = 0;
    this.#advance(0);
    return 0;
  }

  /** HOT (bench: rate). */
  #takePayload(offset: number, end: number): number {
    const segment = this.#target!.segments[this.#segment]!;
    const length = Math.min(end - offset, segment.length - this.#segmentFilled);
    segment.set(this.#staging.bytes.subarray(offset, offset + length), this.#segmentFilled);
    this.#advance(length);
    return offset + length;
  }

  /** Counts bytes that have landed; afterwards the current segment has room, or the payload is complete. */
  #advance(bytes: number): void {
    const target = this.#target;
    if (target === null) return;
    this.#missing -= bytes;
    this.#segmentFilled += bytes;
    const { segments } = target;
    while (this.#segment < segments.length && this.#segmentFilled === segments[this.#segment]!.length) {
      this.#segment++;
      this.#segmentFilled = 0;
    }
    const full = this.#segment === segments.length;
    invariant(full === (this.#missing === 0), 'a landing that does not fit its frame', this.#missing);
    if (!full) return;
    this.#state = State.HEADER;
    this.#target = null;
    this.#sink.landed(target);
  }
}
