/**
 * Looks over msgpack before msgpackr reads it: only the types that the codec writes, every length inside the data, depth
 * bounded, nothing left over.
 *
 * So no bytes of a peer can reach msgpackr's extensions (regular expressions, records that compile code, references, those
 * that the user's program has registered for itself), nor its ways with truncated data.
 */
import { MAX_PLAIN_DEPTH } from './plain.ts';

/** Whether `bytes` are exactly one value. HOT (bench: objects). */
export function isSound(bytes: Uint8Array): boolean {
  const scanner = new Scanner(bytes);
  return scanner.value(0) && scanner.position === bytes.byteLength;
}

class Scanner {
  readonly #bytes: Uint8Array;
  position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Skips one value; false if there is none. A length that reaches past the end is found where the next byte is missing. */
  value(depth: number): boolean {
    const token = this.#bytes[this.position++];
    if (token === undefined) return false;
    if (token < 0x80 || token >= 0xe0) return true;
    if (token < 0x90) return this.#map(token - 0x80, depth);
    if (token < 0xa0) return this.#array(token - 0x90, depth);
    if (token < 0xc0) return this.#skip(token - 0xa0);
    switch (token) {
      case 0xc0: // nil
      case 0xc2: // false
      case 0xc3: // true
        return true;
      case 0xd4: // undefined: extension 0 with one byte
        return this.#bytes[this.position] === 0 && this.#skip(2);
      case 0xcc: // uint 8, int 8
      case 0xd0:
        return this.#skip(1);
      case 0xcd: // uint 16, int 16
      case 0xd1:
        return this.#skip(2);
      case 0xce: // uint 32, int 32, float 32
      case 0xd2:
      case 0xca:
        return this.#skip(4);
      case 0xcf: // uint 64, int 64, float 64
      case 0xd3:
      case 0xcb:
        return this.#skip(8);
      case 0xd9:
        return this.#skip(this.#length(1));
      case 0xda:
        return this.#skip(this.#length(2));
      case 0xdb:
        return this.#skip(this.#length(4));
      case 0xdc:
        return this.#array(this.#length(2), depth);
      case 0xdd:
        return this.#array(this.#length(4), depth);
      case 0xde:
        return this.#map(this.#length(2), depth);
      case 0xdf:
        return this.#map(this.#length(4), depth);
      default:
        return false;
    }
  }

  #array(length: number, depth: number): boolean {
    // Every item has a byte at least: what claims more ends here, not after as many rounds.
    if (depth > MAX_PLAIN_DEPTH || length > this.#bytes.byteLength - this.position) return false;
    for (let i = 0; i < length; i++) if (!this.value(depth + 1)) return false;
    return true;
  }

  #map(length: number, depth: number): boolean {
    if (depth > MAX_PLAIN_DEPTH || length > this.#bytes.byteLength - this.position) return false;
    for (let i = 0; i < length; i++) {
      const key = this.#bytes[this.position] ?? 0;
      const isString = (key >= 0xa0 && key < 0xc0) || (key >= 0xd9 && key <= 0xdb);
      if (!isString || !this.value(depth + 1) || !this.value(depth + 1)) return false;
    }
    return true;
  }

  #skip(bytes: number): boolean {
    this.position += bytes;
    return this.position <= this.#bytes.byteLength;
  }

  /** Big-endian; past the end anything. */
  #length(bytes: number): number {
    let length = 0;
    for (let i = 0; i < bytes; i++) length = length * 256 + (this.#bytes[this.position++] ?? 255);
    return length;
  }
}
