/**
 * The memory of one ring: a page of words that both sides look at, then the data.
 *
 * A ring carries the frames of one endpoint to another. Positions count bytes from the beginning and wrap at 2^32; where a position lies
 * in the data are its lower bits. Each side writes its own position and a word that says that it sleeps.
 */
import { invariant } from '../../base/invariant.ts';
import type { Mapping } from '../../native/native.ts';
import { HEADER_BYTES } from '../../wire/frame.ts';

/** Indices into `words`: each on a cache line of its own, so that a side that looks at one does not wait for changes of another. */
export const Word = {
  /** All before it is there to be read; written by the producer. */
  TAIL: 0,
  /** All before it has been taken; written by the consumer. */
  HEAD: 32,
  /** Not 0: the consumer wants to be woken when the tail moves. */
  CONSUMER_ASLEEP: 64,
  /** Not 0: the producer wants to be woken when the head moves. */
  PRODUCER_ASLEEP: 96,
} as const;

/** The page of words. */
const WORD_BYTES = 4096;

/** Frames begin at multiples of a header's length, so that no header wraps. */
export const FRAME_ALIGNMENT = HEADER_BYTES;

export const MIN_CAPACITY = 4096;
/** Differences of positions have to fit 31 bits. */
export const MAX_CAPACITY = 2 ** 30;

/** Whether a ring can have so many bytes of data: a power of two within bounds. */
export function isCapacity(bytes: number): boolean {
  return bytes >= MIN_CAPACITY && bytes <= MAX_CAPACITY && (bytes & (bytes - 1)) === 0;
}

/** How much memory a ring takes. */
export function memoryBytes(capacity: number): number {
  return WORD_BYTES + capacity;
}

/** The first frame position at or after a position. HOT (bench: latency). */
export function frameBoundary(position: number): number {
  return (position + FRAME_ALIGNMENT - 1) & -FRAME_ALIGNMENT;
}

const NOTHING = new ArrayBuffer(0);

export class RingMemory {
  words: Int32Array;
  bytes: Uint8Array;
  view: DataView;
  /** Where the data are, for views on parts of them: to ask `bytes` costs more than to make such a view. */
  #buffer: ArrayBuffer;
  readonly capacity: number;
  readonly #mapping: Mapping | undefined;

  /** @param buffer - all zeroes, or a ring's memory as another process sees it. */
  constructor(buffer: ArrayBuffer, mapping?: Mapping) {
    const capacity = buffer.byteLength - WORD_BYTES;
    invariant(isCapacity(capacity), 'a ring of an odd size', capacity);
    this.words = new Int32Array(buffer, 0, WORD_BYTES / Int32Array.BYTES_PER_ELEMENT);
    this.bytes = new Uint8Array(buffer, WORD_BYTES);
    this.view = new DataView(buffer, WORD_BYTES);
    this.#buffer = buffer;
    this.capacity = capacity;
    this.#mapping = mapping;
  }

  /** A part of the data. HOT (bench: bandwidth). */
  part(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#buffer, WORD_BYTES + at, length);
  }

  /** Gives the memory back once nobody can be at work in it: a later look at it is an error of ours, and finds nothing. */
  release(): void {
    this.words = new Int32Array(NOTHING);
    this.bytes = new Uint8Array(NOTHING);
    this.view = new DataView(NOTHING);
    this.#buffer = NOTHING;
    this.#mapping?.unmap();
  }
}
