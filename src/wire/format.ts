/**
 * How a payload is encoded: one small integer in the frame header. The table with its payloads is in README.md.
 *
 * Formats whose head carries a dtype are runs of raw elements in the byte order of the machine (little-endian).
 */
export const Format = {
  UNDEFINED: 1,
  NULL: 2,
  FALSE: 3,
  TRUE: 4,
  /** One float64. */
  NUMBER: 5,
  /** Two's complement, big-endian, at least 8 bytes. */
  BIGINT: 6,
  /** UTF-8. */
  STRING: 7,
  /** UTF-16LE: strings with lone surrogates, and those too long for UTF-8. */
  STRING16: 8,
  TYPED_ARRAY: 9,
  ARRAY_BUFFER: 10,
  DATA_VIEW: 11,
  BUFFER: 12,
  /** Elements in C order; the shape is the meta data. */
  NDARRAY: 13,
  /** A tree of plain objects and arrays, as msgpack. */
  PLAIN: 14,
  /** Any other object: a table of nodes as msgpack, then the binary data of its nodes; sizes are the meta data. */
  GRAPH: 15,
  /** Several packets in one; never a value by itself. */
  BUNDLE: 16,
  /** A tree of plain objects and arrays with long arrays in it: columns of values that are alike. */
  COLUMNS: 17,
} as const;
export type Format = (typeof Format)[keyof typeof Format];

/** No ndarray on the wire has more dimensions. */
export const MAX_DIMENSIONS = 64;
