/** The area of numbers of columns (columns.ts), while it is written. */
import { AREA_HEAD_BYTES } from './columns.ts';
import { MAX_SEGMENT_BYTES, segmentsOf } from './memory.ts';

const FIRST_BYTES = 16 * 1024;

/** Up to here area and table become one segment by copying them; a larger area is sent as it is. */
const MAX_COPIED_BYTES = 64 * 1024;

/** Memory for numbers that grows, and is used again for the next message. */
export class Area {
  #bytes = FIRST_BYTES;
  /** Two views on the same memory. */
  floats: Float64Array;
  integers: Int32Array;
  #used = AREA_HEAD_BYTES;

  constructor() {
    this.floats = new Float64Array(FIRST_BYTES / 8);
    this.integers = new Int32Array(this.floats.buffer);
  }

  /** For the next message: with little memory, whatever this one needed. */
  clear(): void {
    this.#used = AREA_HEAD_BYTES;
    if (this.#bytes > 2 * MAX_COPIED_BYTES) this.#replace(FIRST_BYTES);
  }

  /** Where the next `bytes` lie, in bytes; -1 if they are too many. The last 4 of the 8 bytes that it may waste are zero. */
  take(bytes: number): number {
    const at = this.#used;
    const end = at + 8 * Math.ceil(bytes / 8);
    if (end > this.#bytes && !this.#grow(end)) return -1;
    this.integers[end / 4 - 1] = 0;
    this.#used = end;
    return at;
  }

  /** The payload: what was written, and `table`. */
  segments(table: Uint8Array): readonly Uint8Array[] {
    const used = this.#used;
    this.integers[0] = used;
    this.integers[1] = 0;
    const area = new Uint8Array(this.floats.buffer, 0, used);
    if (used > MAX_COPIED_BYTES) {
      // It is the message's from now on.
      this.#replace(FIRST_BYTES);
      return [area, ...segmentsOf(table)];
    }
    const whole = Buffer.allocUnsafe(used + table.length);
    whole.set(area);
    whole.set(table, used);
    return segmentsOf(whole);
  }

  #grow(bytes: number): boolean {
    if (bytes > MAX_SEGMENT_BYTES) return false;
    const { floats } = this;
    this.#replace(Math.min(Math.max(bytes, 2 * this.#bytes), MAX_SEGMENT_BYTES));
    this.floats.set(floats.subarray(0, this.#used / 8));
    return true;
  }

  #replace(bytes: number): void {
    this.#bytes = bytes;
    this.floats = new Float64Array(bytes / 8);
    this.integers = new Int32Array(this.floats.buffer);
  }
}
