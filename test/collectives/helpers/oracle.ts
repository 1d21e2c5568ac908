/** What reductions give, computed one rank after the other in the plainest way. */
import * as ops from '../../../src/collectives/ops.ts';
import { constructorOf, DType, dtypeOf, type TypedArray } from '../../../src/wire/dtype.ts';

export const DTYPES: readonly number[] = Object.values(DType).filter((dtype) => constructorOf(dtype) !== undefined);

export const INTEGERS: readonly number[] = DTYPES.filter(
  (dtype) => dtype !== DType.FLOAT16 && dtype !== DType.FLOAT32 && dtype !== DType.FLOAT64,
);

/** An array of small integers that differ by rank and place, negative ones where the dtype has them. */
export function arrayFor(dtype: number, length: number, rank: number, salt = 0): TypedArray {
  const ArrayOf = constructorOf(dtype);
  if (ArrayOf === undefined) throw new Error(`no dtype ${dtype}`);
  const array = new ArrayOf(length);
  for (let i = 0; i < length; i++) {
    const value = ((i * 7 + rank * 13 + salt * 5) % 23) - 5;
    array[i] = (typeof array[0] === 'bigint' ? BigInt(value) : value) as never;
  }
  return array;
}

type Scalar = (a: never, b: never) => unknown;

/** Elementwise, stored into the dtype at each step. */
export function foldArrays(arrays: readonly TypedArray[], scalar: Scalar): TypedArray {
  const [first, ...rest] = arrays;
  if (first === undefined) throw new Error('nothing to fold');
  const result = first.slice();
  for (const array of rest) {
    for (let i = 0; i < result.length; i++) result[i] = scalar(result[i] as never, array[i] as never) as never;
  }
  return result;
}

export function concat(arrays: readonly TypedArray[]): TypedArray {
  const [first] = arrays;
  const ArrayOf = constructorOf(dtypeOf(first));
  if (ArrayOf === undefined) throw new Error('nothing to join');
  const joined = new ArrayOf(arrays.reduce((sum, array) => sum + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    (joined as Uint8Array).set(array as Uint8Array, at);
    at += array.length;
  }
  return joined;
}

/**
 * Composition of maps x -> m x + c modulo 31, packed as 32 m + c: associative, and nothing commutes. Exact in every dtype of at
 * least 16 bits.
 */
export function compose(a: number, b: number): number {
  const m = ((a >> 5) * (b >> 5)) % 31;
  const c = ((b >> 5) * (a & 31) + (b & 31)) % 31;
  return m * 32 + c;
}

/** Operands for {@link compose}. */
export function mapsFor(length: number, rank: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => (1 + ((i + rank * 3) % 30)) * 32 + ((i * 5 + rank * 7) % 31));
}

/** Interleaved pairs with many ties; the locations differ by rank. */
export function pairsFor(pairs: number, rank: number): Float64Array {
  const array = new Float64Array(pairs * 2);
  for (let i = 0; i < pairs; i++) {
    array[i * 2] = (i * 5 + rank * 3) % 4;
    array[i * 2 + 1] = (rank * 7 + i) % 11;
  }
  return array;
}

/** One element of a built-in operator, as the contract describes it. */
function scalarOf(op: ops.Op, dtype: number): (a: never, b: never) => unknown {
  if (op === ops.PROD && (dtype === DType.INT32 || dtype === DType.UINT32)) return Math.imul as Scalar;
  const table: Record<string, (a: number, b: number) => unknown> = {
    SUM: (a, b) => a + b,
    PROD: (a, b) => a * b,
    MIN: (a, b) => [a, b].sort(ascending)[0],
    MAX: (a, b) => [a, b].sort(ascending)[1],
    LAND: (a, b) => one(a, Boolean(a) && Boolean(b)),
    LOR: (a, b) => one(a, Boolean(a) || Boolean(b)),
    LXOR: (a, b) => one(a, Boolean(a) !== Boolean(b)),
    BAND: (a, b) => a & b,
    BOR: (a, b) => a | b,
    BXOR: (a, b) => a ^ b,
  };
  const scalar = table[op.name];
  if (scalar === undefined) throw new Error(`no oracle for ${op.name}`);
  return scalar as Scalar;
}

/** Of numbers and bigints. */
function ascending(a: number, b: number): number {
  return a < b ? -1 : 1;
}

function one(like: unknown, truth: boolean): unknown {
  return typeof like === 'bigint' ? BigInt(truth) : Number(truth);
}

/** The arrays of all ranks under a built-in operator. */
export function foldKind(arrays: readonly TypedArray[], op: ops.Op): TypedArray {
  if (op === ops.MINLOC || op === ops.MAXLOC) return foldPairs(arrays, op === ops.MINLOC ? 1 : -1);
  return foldArrays(arrays, scalarOf(op, dtypeOf(arrays[0])));
}

function foldPairs(arrays: readonly TypedArray[], sign: number): TypedArray {
  const [first, ...rest] = arrays as readonly Float64Array[];
  if (first === undefined) throw new Error('nothing to fold');
  const result = first.slice();
  for (const array of rest) {
    for (let i = 0; i < result.length; i += 2) {
      const order = sign * ((array[i] ?? 0) - (result[i] ?? 0)) || (array[i + 1] ?? 0) - (result[i + 1] ?? 0);
      if (order < 0) result.set(array.subarray(i, i + 2), i);
    }
  }
  return result;
}

interface Kind {
  readonly name: string;
  readonly op: ops.Op;
  value(rank: number): unknown;
  /** What the values of these ranks give. */
  expected(over: readonly number[]): unknown;
}

const total = (over: readonly number[]): number => over.reduce((sum, rank) => sum + rank, 0);

/** What can be reduced beside typed arrays. */
export const KINDS: readonly Kind[] = [
  { name: 'a number', op: ops.SUM, value: (r) => r, expected: total },
  { name: 'numbers', op: ops.SUM, value: (r) => [r, 1.5], expected: (over) => [total(over), over.length * 1.5] },
  { name: 'no numbers', op: ops.SUM, value: () => [], expected: () => [] },
  {
    name: 'a large bigint',
    op: ops.PROD,
    value: (r) => BigInt(r + 1) * 10n ** 20n,
    expected: (over) => over.reduce((product, r) => product * BigInt(r + 1) * 10n ** 20n, 1n),
  },
  {
    name: 'bigints',
    op: ops.MAX,
    value: (r) => [BigInt(r), -BigInt(r)],
    expected: (over) => [BigInt(Math.max(...over)), -BigInt(Math.min(...over))],
  },
  { name: 'a boolean', op: ops.LAND, value: (r) => r < 3, expected: (over) => over.every((r) => r < 3) },
  { name: 'a boolean', op: ops.SUM, value: (r) => r < 3, expected: (over) => over.filter((r) => r < 3).length },
  {
    name: 'booleans',
    op: ops.LOR,
    value: (r) => [r === 2, false],
    expected: (over) => [over.includes(2), false],
  },
  {
    name: 'large integers',
    op: ops.BOR,
    value: (r) => 2 ** (40 + (r % 8)),
    expected: (over) => [...new Set(over.map((r) => 2 ** (40 + (r % 8))))].reduce((sum, bit) => sum + bit, 0),
  },
  { name: 'a pair', op: ops.MAXLOC, value: (r) => [r % 2, r], expected: (over) => best(over, 1) },
  {
    name: 'pairs',
    op: ops.MINLOC,
    value: (r) => [
      [r % 2, r],
      [0 - r, 7],
    ],
    expected: (over) => [best(over, -1), [0 - Math.max(...over), 7]],
  },
];

/** The pair [rank % 2, rank] with the highest (1) or lowest (-1) value, of ties the lowest rank. */
function best(over: readonly number[], sign: number): number[] {
  const extreme = sign * Math.max(...over.map((r) => sign * (r % 2)));
  return [extreme, over.find((r) => r % 2 === extreme) ?? -1];
}
