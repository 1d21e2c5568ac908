/**
 * Objects as bytes: every value begins with a tag. README.md of `wire` has the table of what follows each.
 *
 * Objects are numbered in the order of their tags, so a second way to one of them is its number: cycles and sharing stay.
 */

export const Tag = {
  /** 0x00 to 0x7f: that number. 0x80 to 0xbf: a string of so many Latin-1 characters, up to 63. */
  SHORT_STRING: 0x80,
  UNDEFINED: 0xc0,
  NULL: 0xc1,
  FALSE: 0xc2,
  TRUE: 0xc3,
  INT32: 0xc4,
  FLOAT64: 0xc5,
  BIGINT: 0xc6,
  LATIN1: 0xc7,
  UTF16: 0xc8,
  REFERENCE: 0xc9,
  /** The head of a container follows, but its content comes after everything before it: so nesting has no bound. */
  DEFERRED: 0xca,
  ARRAY: 0xcb,
  /** An array that is all numbers. */
  NUMBERS: 0xcc,
  /** In an array: holes from here on; its length and the rest follow by index. */
  HOLES: 0xcd,
  OBJECT: 0xce,
  MAP: 0xcf,
  SET: 0xd0,
  DATE: 0xd1,
  ERROR: 0xd2,
  /** Its bytes follow. */
  BINARY: 0xd3,
  /** Its bytes are the next of the large pieces behind the table. */
  LARGE: 0xd4,
} as const;

export const LONGEST_SHORT_STRING = 63;

/** Sizes below it are one byte; else this one and four more. */
export const LONG_SIZE = 255;

/** Content is written and read recursively to this depth, and deferred there. */
export const MAX_DEPTH = 64;

/** Arrays of numbers that are shorter are written one by one: small integers take a byte each. */
export const MIN_NUMBERS = 8;

/** The names of an object's properties are written once: later objects with the same ones name that list by its number. */
export const NEW_SHAPE = 255;
export const MAX_SHAPES = 32;
export const MAX_SHAPE_KEYS = 64;

/** Binary data from this size on travels uncopied, in memory of its own. */
export const LARGE_BYTES = 4096;

/** So many pieces at most, for the table of their sizes to stay well below MAX_META_BYTES; further ones are copied. */
export const MAX_LARGE_PIECES = 4000;
