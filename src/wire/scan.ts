/**
 * Looks over msgpack before msgpackr reads it: only the types that the codec writes, every length inside the data, depth
 * bounded, nothing left over.
 *
 * So no bytes of a peer can reach msgpackr's extensions (regular expressions, records that compile code, references, those
 * that the user's program has registered for itself), nor its ways with truncated data.
 */
import { MAX_PLAIN_DEPTH } from './plain.ts';

/** Bytes that follow the tokens 0xc0 to 0xdf, where these alone say so. */
const FOLLOWING = Int8Array.from({ length: 0x20 }, () => -1);
for (const [bytes, ...tokens] of [
  [0, 0xc0, 0xc2, 0xc3], // nil, false, true
  [1, 0xcc, 0xd0], // integers of 8, 16, 32 and 64 bits, unsigned and signed; float 32 and 64
  [2, 0xcd, 0xd1],
  [4, 0xce, 0xd2, 0xca],
  [8, 0xcf, 0xd3, 0xcb],
] as const) {
  for (const token of tokens) FOLLOWING[token - 0xc0] = bytes;
}

/** Whether `bytes` are exactly one value. HOT (bench: objects). */
export function isSound(bytes: Uint8Array): boolean {
  return skip(bytes, 0, 1, false, 0) === bytes.length;
}

/**
 * Where `count` values end that begin at `at`, or pairs of a string and a value; -1 if there are none. A length that reaches past
 * the end is found where the next token is missing, or by the caller.
 */
function skip(bytes: Uint8Array, at: number, count: number, pairs: boolean, depth: number): number {
  // Every value has a byte at least: what claims more ends here, not after as many rounds.
  if (depth > MAX_PLAIN_DEPTH + 1 || count > bytes.length - at) return -1;
  for (let i = 0; i < count; i++) {
    if (pairs) {
      const key = bytes[at]!;
      if (key >= 0xa0 && key < 0xc0) at += key - 0x9f;
      else if (key >= 0xd9 && key <= 0xdb) at = afterString(bytes, at);
      else return -1;
    }
    const token = bytes[at++];
    if (token === undefined) return -1;
    if (token < 0x80 || token >= 0xe0) continue;
    if (token >= 0xa0) {
      if (token < 0xc0) at += token - 0xa0;
      else if (FOLLOWING[token - 0xc0]! >= 0) at += FOLLOWING[token - 0xc0]!;
      else if (token >= 0xd9 && token <= 0xdb) at = afterString(bytes, at - 1);
      // undefined: extension 0 with one byte
      else if (token === 0xd4 && bytes[at] === 0) at += 2;
      else if (token === 0xdc) at = skip(bytes, at + 2, lengthAt(bytes, at, 2), false, depth + 1);
      else if (token === 0xdd) at = skip(bytes, at + 4, lengthAt(bytes, at, 4), false, depth + 1);
      else if (token === 0xde) at = skip(bytes, at + 2, lengthAt(bytes, at, 2), true, depth + 1);
      else if (token === 0xdf) at = skip(bytes, at + 4, lengthAt(bytes, at, 4), true, depth + 1);
      else return -1;
    } else if (token >= 0x90) {
      at = skip(bytes, at, token - 0x90, false, depth + 1);
    } else {
      at = skip(bytes, at, token - 0x80, true, depth + 1);
    }
    if (at < 0) return -1;
  }
  return at;
}

/** Where a string ends whose token, 0xd9 to 0xdb, is at `at`. */
function afterString(bytes: Uint8Array, at: number): number {
  const size = 1 << (bytes[at]! - 0xd9);
  return at + 1 + size + lengthAt(bytes, at + 1, size);
}

/** Big-endian; past the end anything. */
function lengthAt(bytes: Uint8Array, at: number, size: number): number {
  let length = 0;
  for (let i = 0; i < size; i++) length = length * 256 + (bytes[at + i] ?? 255);
  return length;
}
