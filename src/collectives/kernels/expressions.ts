/**
 * What each built-in operator does to two elements `l` and `r`, as source text for the loops of `compile.ts`.
 *
 * Storing into a typed array does most of what the contract asks: integers wrap, Uint8Clamped saturates, Float32 rounds at
 * each step. What it can't do stands here: 32-bit products are exact only as `Math.imul`, and 64-bit results are cut to size
 * first, which lets V8 compute them as machine integers.
 */
import { DType } from '../../wire/dtype.ts';
import { OpCode } from '../ops.ts';

/** In place of a dtype: plain JavaScript numbers (in float64), which have bitwise operators where they are integers. */
export const PLAIN_NUMBERS = 0;

const NUMBERS: Readonly<Record<number, string>> = {
  [OpCode.SUM]: 'l + r',
  [OpCode.PROD]: 'l * r',
  [OpCode.MIN]: 'Math.min(l, r)',
  [OpCode.MAX]: 'Math.max(l, r)',
  [OpCode.LAND]: 'l && r ? 1 : 0',
  [OpCode.LOR]: 'l || r ? 1 : 0',
  [OpCode.LXOR]: '!l !== !r ? 1 : 0',
  [OpCode.BAND]: 'l & r',
  [OpCode.BOR]: 'l | r',
  [OpCode.BXOR]: 'l ^ r',
};

const BIGINTS: Readonly<Record<number, string>> = {
  [OpCode.SUM]: 'cut(64, l + r)',
  [OpCode.PROD]: 'cut(64, l * r)',
  [OpCode.MIN]: 'r < l ? r : l',
  [OpCode.MAX]: 'r > l ? r : l',
  [OpCode.LAND]: 'l === 0n || r === 0n ? 0n : 1n',
  [OpCode.LOR]: 'l === 0n && r === 0n ? 0n : 1n',
  [OpCode.LXOR]: '(l === 0n) !== (r === 0n) ? 1n : 0n',
  [OpCode.BAND]: 'cut(64, l & r)',
  [OpCode.BOR]: 'cut(64, l | r)',
  [OpCode.BXOR]: 'cut(64, l ^ r)',
};

/** Plain integers up to 2 ** 53: the operators of JavaScript where 32 bits are enough, else the exact ones of bigints. */
const PLAIN_BITS: Readonly<Record<number, string>> = {
  [OpCode.BAND]: '(l | 0) === l && (r | 0) === r ? l & r : Number(BigInt(l) & BigInt(r))',
  [OpCode.BOR]: '(l | 0) === l && (r | 0) === r ? l | r : Number(BigInt(l) | BigInt(r))',
  [OpCode.BXOR]: '(l | 0) === l && (r | 0) === r ? l ^ r : Number(BigInt(l) ^ BigInt(r))',
};

const FLOATS: ReadonlySet<number> = new Set([DType.FLOAT16, DType.FLOAT32, DType.FLOAT64]);

/** The expression of an elementwise operator for a dtype; undefined where there is none (bits of a float). */
export function expressionFor(op: number, dtype: number): string | undefined {
  const bitwise = op in PLAIN_BITS;
  if (dtype === PLAIN_NUMBERS) return bitwise ? PLAIN_BITS[op] : NUMBERS[op];
  if (bitwise && FLOATS.has(dtype)) return undefined;
  if (dtype === DType.BIGINT64) return BIGINTS[op]?.replace('cut', 'BigInt.asIntN');
  if (dtype === DType.BIGUINT64) return BIGINTS[op]?.replace('cut', 'BigInt.asUintN');
  if (op === OpCode.PROD && (dtype === DType.INT32 || dtype === DType.UINT32)) return 'Math.imul(l, r)';
  return NUMBERS[op];
}

/**
 * For MINLOC and MAXLOC: whether the pair (l, m) is taken rather than (r, s). The better value wins, of equal ones the lower
 * location; NaN wins over every number.
 */
export function locationExpressionFor(op: number): string {
  const better = op === OpCode.MINLOC ? 'l < r' : 'l > r';
  return `${better} || (l !== l && r === r) || ((l === r || (l !== l && r !== r)) && m <= s)`;
}
