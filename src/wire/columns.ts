/**
 * Columns: how long arrays travel. Values that stand at the same place of like objects are written together, so what they
 * have in common (their type, the names of their properties) is said once.
 *
 * A payload is the area of numbers, then a table as msgpack. The area begins with 8 bytes, its own length as uint32 and
 * zero; each column takes a multiple of 8 bytes in it. The table is flat: first a list of texts, then each column, a kind
 * and what README.md says of it, columns inside columns in the order in which they are written. The value is the only item
 * of the first.
 */

export const ColumnKind = {
  /** A list of its items, as msgpack: whatever fits none of the other kinds. */
  ANY: 0,
  /** In the area: float64 each. */
  FLOATS: 1,
  /** In the area: int32 each; -0 is none of these. */
  INTEGERS: 2,
  /** In the area: 0 or 1 as int32 each. */
  BOOLEANS: 3,
  /** In the area: lengths in UTF-16 units, int32 each; the strings follow each other in the texts, none in two of them. */
  STRINGS: 4,
  /** In the area: lengths, int32 each; then the column of the items of all lists. */
  LISTS: 5,
  /** The list of keys, one at least; then the column of each key. */
  ROWS: 6,
} as const;

/** The length of the area, at its beginning. */
export const AREA_HEAD_BYTES = 8;

/** Shorter arrays, of objects or of anything else, are no reason to write columns: msgpack is faster. */
export const LONG_OBJECTS = 16;
export const LONG_SCALARS = 64;

/** Columns inside columns; further down is msgpack. No few bytes can claim to be many objects in each other. */
export const MAX_COLUMN_DEPTH = 8;
