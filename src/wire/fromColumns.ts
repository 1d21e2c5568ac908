/**
 * The way back from columns (columns.ts) to the tree. Every number is a peer's claim: nothing is made of what is not there.
 *
 * Each item of a column has a byte of the payload at least, in the area or in the table, so no claimed length is believed
 * before as many bytes have been found, and there are at most as many objects as bytes, times the depth.
 */
import { type MpiError, protocol } from '../errors.ts';
import { AREA_HEAD_BYTES, ColumnKind, MAX_COLUMN_DEPTH } from './columns.ts';
import { unpack } from './objects.ts';

/** The value. Throws ERR_PROTOCOL for a payload that no encoder writes. HOT (bench: objects). */
export function fromColumns(payload: Uint8Array): unknown {
  return new Reading(payload.byteOffset % 8 === 0 ? payload : new Uint8Array(payload)).run();
}

class Reading {
  readonly #floats: Float64Array;
  readonly #integers: Int32Array;
  readonly #table: readonly unknown[];
  readonly #texts: readonly unknown[];
  /** The next column of the table, the next bytes of the area, the next text, and what was used of this one. */
  #next = 1;
  #used = AREA_HEAD_BYTES;
  #nextText = 0;
  #text = '';
  #textUsed = 0;

  constructor(payload: Uint8Array) {
    const { buffer, byteOffset, byteLength } = payload;
    const end = new DataView(buffer, byteOffset, byteLength).getUint32(0, LITTLE_ENDIAN);
    if (end < AREA_HEAD_BYTES || end % 8 !== 0 || end >= byteLength) throw malformed('area');
    this.#floats = new Float64Array(buffer, byteOffset, end / 8);
    this.#integers = new Int32Array(buffer, byteOffset, end / 4);
    const table = unpack(payload.subarray(end));
    if (!Array.isArray(table) || !Array.isArray(table[0])) throw malformed('table');
    this.#table = table;
    this.#texts = table[0];
  }

  run(): unknown {
    const value = this.#column(1, 0)[0];
    const restUsed = this.#nextText === this.#texts.length && this.#textUsed === this.#text.length;
    if (this.#next !== this.#table.length || this.#used !== 8 * this.#floats.length || !restUsed)
      throw malformed('end');
    return value;
  }

  #column(length: number, depth: number): unknown[] {
    switch (this.#table[this.#next++]) {
      case ColumnKind.ANY: {
        const items = this.#table[this.#next++];
        if (!Array.isArray(items) || items.length !== length) throw malformed('list');
        return items;
      }
      case ColumnKind.FLOATS:
        return this.#numbers(this.#floats, 8, length);
      case ColumnKind.INTEGERS:
        return this.#numbers(this.#integers, 4, length);
      case ColumnKind.BOOLEANS:
        return this.#numbers(this.#integers, 4, length).map((item) => item !== 0);
      case ColumnKind.STRINGS:
        return this.#strings(length);
      case ColumnKind.LISTS:
        return this.#lists(length, depth);
      case ColumnKind.ROWS:
        return this.#rows(length, depth);
      default:
        throw malformed('kind');
    }
  }

  /** The next place in the area, in elements. */
  #take(elementBytes: number, length: number): number {
    const at = this.#used;
    this.#used += 8 * Math.ceil((length * elementBytes) / 8);
    if (this.#used > 8 * this.#floats.length) throw malformed('area');
    return at / elementBytes;
  }

  #numbers(area: Float64Array | Int32Array, elementBytes: number, length: number): number[] {
    const at = this.#take(elementBytes, length);
    const items = emptyArray<number>(length);
    for (let i = 0; i < length; i++) items[i] = area[at + i]!;
    return items;
  }

  #strings(length: number): string[] {
    const at = this.#take(4, length);
    const items = emptyArray<string>(length);
    for (let i = 0; i < length; i++) {
      const units = this.#integers[at + i]!;
      if (this.#textUsed === this.#text.length && units > 0) this.#takeText();
      const end = this.#textUsed + units;
      if (units < 0 || end > this.#text.length) throw malformed('string');
      items[i] = this.#text.slice(this.#textUsed, end);
      this.#textUsed = end;
    }
    return items;
  }

  #takeText(): void {
    const text = this.#texts[this.#nextText++];
    if (typeof text !== 'string') throw malformed('text');
    this.#text = text;
    this.#textUsed = 0;
  }

  #lists(length: number, depth: number): unknown[][] {
    const at = this.#take(4, length);
    const integers = this.#integers;
    let total = 0;
    for (let i = 0; i < length; i++) {
      const size = integers[at + i]!;
      if (size < 0) throw malformed('length');
      total += size;
    }
    const items = this.#inside(total, depth);
    if (length === 1) return [items];
    const lists = emptyArray<unknown[]>(length);
    let start = 0;
    for (let i = 0; i < length; i++) {
      const end = start + integers[at + i]!;
      lists[i] = items.slice(start, end);
      start = end;
    }
    return lists;
  }

  #rows(length: number, depth: number): Record<string, unknown>[] {
    const keys = this.#table[this.#next++];
    if (!Array.isArray(keys) || keys.length === 0 || !keys.every(isKey)) throw malformed('key');
    const columns = keys.map(() => this.#inside(length, depth));
    const rows = emptyArray<Record<string, unknown>>(length);
    for (let i = 0; i < length; i++) {
      const row: Record<string, unknown> = {};
      for (let k = 0; k < columns.length; k++) row[keys[k] as string] = columns[k]![i];
      rows[i] = row;
    }
    return rows;
  }

  #inside(length: number, depth: number): unknown[] {
    if (depth === MAX_COLUMN_DEPTH) throw malformed('depth');
    return this.#column(length, depth + 1);
  }
}

/** For so many items; V8 keeps longer ones as hash tables when they are made at once. */
function emptyArray<T>(length: number): T[] {
  return length <= 2 ** 24 ? new Array<T>(length) : [];
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function isKey(key: unknown): boolean {
  return typeof key === 'string' && key !== '__proto__';
}

function malformed(what: string): MpiError {
  return protocol(`an object of columns with a malformed ${what}`);
}
