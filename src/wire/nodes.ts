/**
 * The node table: what an object graph looks like on its way.
 *
 * Every object is one node, an array that begins with its kind; node 0 is the root. In place of a value stands a slot:
 * a scalar by itself, `[n]` for the object of node n, `[-1]` for -0 (which msgpack would round to 0). Binary data follows
 * the table, in the order of the nodes that own it: small pieces one after the other in one inline area, large ones each in
 * memory of its own. README.md has the table of kinds.
 */

export const NodeKind = {
  /** key, slot, key, slot, …; keys are slots too */
  OBJECT: 0,
  /** slot, … */
  ARRAY: 1,
  /** length, then index, slot, …: an array with holes */
  SPARSE: 2,
  /** key slot, value slot, … */
  MAP: 3,
  /** slot, … */
  SET: 4,
  /** milliseconds, NaN for an invalid one */
  DATE: 5,
  /** name, message, stack (undefined if it has none), then key, slot, … of its own properties */
  ERROR: 6,
  /** hexadecimal digits, with a sign */
  BIGINT: 7,
  /** byte length of its UTF-16LE in the inline area: a string with lone surrogates */
  TEXT: 8,
  /** format, dtype, byte length, 1 if inline, then the shape of an ndarray */
  BINARY: 9,
} as const;
export type NodeKind = (typeof NodeKind)[keyof typeof NodeKind];

export type Node = [kind: number, ...unknown[]];

export const NEGATIVE_ZERO = -1;

/** Binary data from this size on travels uncopied, in memory of its own. */
export const LARGE_BYTES = 4096;

/** So many pieces at most, for the table of their sizes to stay well below MAX_META_BYTES; further ones are copied inline. */
export const MAX_LARGE_PIECES = 4000;
