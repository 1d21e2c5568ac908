/** The sorts of operands that are no numeric arrays: with the dtypes, what ranks of one reduction must agree on. */
export const OperandKind = {
  NUMBER: 32,
  NUMBERS: 33,
  PAIRS: 34,
  BOOLEAN: 35,
  BOOLEANS: 36,
  BIGINT: 37,
  BIGINTS: 38,
  /** An array whose elements only a user's operator knows. */
  ELEMENTS: 39,
  /** A value that only a user's operator knows. */
  VALUE: 40,
} as const;

const NAMES: Readonly<Record<number, string>> = {
  [OperandKind.NUMBER]: 'number',
  [OperandKind.NUMBERS]: 'array of numbers',
  [OperandKind.PAIRS]: 'array of pairs',
  [OperandKind.BOOLEAN]: 'boolean',
  [OperandKind.BOOLEANS]: 'array of booleans',
  [OperandKind.BIGINT]: 'bigint',
  [OperandKind.BIGINTS]: 'array of bigints',
  [OperandKind.ELEMENTS]: 'array',
  [OperandKind.VALUE]: 'any value',
};

/** For messages; undefined for what is no {@link OperandKind}. */
export function kindName(kind: number): string | undefined {
  return NAMES[kind];
}
