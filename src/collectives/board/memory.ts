/**
 * The memory of a board: what the ranks of one communicator, all on one host, have in common.
 *
 * For each rank two cache lines of words that only it writes, then its banks, used in turn: a header, and data behind it.
 */
import { invariant } from '../../base/invariant.ts';

/** Memory that several processes have mapped. All zeroes when it is new. */
export interface SharedMemory {
  readonly buffer: ArrayBuffer;
  /** After this no view on it may be touched. */
  release(): void;
}

/** Memory that others can take, too, until it is closed. */
export interface OfferedMemory {
  readonly memory: SharedMemory;
  /** How they find it: for {@link SharedMemorySource.take}. */
  readonly address: Float64Array;
  close(): void;
}

/** Where processes of one host get memory in common. Both throw an `Error` that says why where they can't. */
export interface SharedMemorySource {
  offer(bytes: number): OfferedMemory;
  take(address: Float64Array, bytes: number): SharedMemory;
}

export interface BoardShape {
  readonly size: number;
  /** A power of two, at least 4. */
  readonly banks: number;
  /** Bytes of data of each bank, a multiple of 64. */
  readonly bankBytes: number;
}

/** Indices of a rank's own words, counted from its first: each on a cache line of its own. */
export const Own = {
  /** How many rounds it has finished. */
  FINISHED: 0,
  /** 1 + the rank whose step it sleeps for; 0 while it is awake. */
  ASLEEP: 16,
} as const;

/** Words of a bank's header, counted from its first. Data that are short lie on the same cache line. */
export const Head = {
  /** 1 + the round for which the bank is filled. */
  FILLED: 0,
  /** 1 + the round whose part has been worked on, where there is a second step. */
  WORKED: 1,
  /** What the others have to know of the data, as the collective has it. */
  NOTE: 2,
  /** The number of the call, and its fingerprint. */
  NUMBER: 3,
  CALL: 4,
  ROOT: 5,
  COUNT: 6,
  COUNT_HIGH: 7,
  /** Of all calls that have come to the board before, as far as every rank must know them. */
  HISTORY: 8,
} as const;

const OWN_BYTES = 128;
const HEAD_BYTES = 48;
/** A header before the data, and what is left of its cache line behind them. */
const BANK_OVERHEAD = 64;
const WORD = Int32Array.BYTES_PER_ELEMENT;

export class BoardMemory {
  readonly shape: BoardShape;
  words: Int32Array;
  bytes: Uint8Array;
  view: DataView;
  buffer: ArrayBuffer;
  readonly #memory: SharedMemory;
  readonly #stride: number;
  readonly #mask: number;

  static bytesFor({ size, banks, bankBytes }: BoardShape): number {
    return size * OWN_BYTES + size * banks * (bankBytes + BANK_OVERHEAD);
  }

  constructor(memory: SharedMemory, shape: BoardShape) {
    const { banks, bankBytes } = shape;
    invariant(banks >= 4 && (banks & (banks - 1)) === 0 && bankBytes % 64 === 0, 'a board of an odd shape', shape);
    this.#memory = memory;
    this.shape = shape;
    this.buffer = memory.buffer;
    const bytes = BoardMemory.bytesFor(shape);
    this.words = new Int32Array(memory.buffer, 0, bytes / WORD);
    this.bytes = new Uint8Array(memory.buffer, 0, bytes);
    this.view = new DataView(memory.buffer, 0, bytes);
    this.#stride = bankBytes + BANK_OVERHEAD;
    this.#mask = banks - 1;
  }

  /** Where the own words of `rank` begin, in words. */
  own(rank: number): number {
    return (rank * OWN_BYTES) / WORD;
  }

  /** Where the header of the bank begins that `rank` uses in `round`, in words. HOT (bench: allreduce). */
  head(rank: number, round: number): number {
    const { size, banks } = this.shape;
    return (size * OWN_BYTES + (rank * banks + (round & this.#mask)) * this.#stride) / WORD;
  }

  /** Where its data begin, in bytes: a multiple of 16. */
  data(rank: number, round: number): number {
    return this.head(rank, round) * WORD + HEAD_BYTES;
  }

  /** A later look at it is an error of ours, and finds nothing. */
  release(): void {
    this.buffer = new ArrayBuffer(0);
    this.words = new Int32Array(0);
    this.bytes = new Uint8Array(0);
    this.view = new DataView(this.buffer);
    this.#memory.release();
  }
}
