/**
 * What collectives give, computed in the plainest way: one rank after the other, one element after the other. Knows the operators by
 * their names and nothing of the runtime.
 */

export const FLOATS = ['Float32Array', 'Float64Array'] as const;
export const INTEGERS = [
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'BigInt64Array',
  'BigUint64Array',
] as const;

export type FlatName = (typeof FLOATS)[number] | (typeof INTEGERS)[number];
export type Flat = Float64Array;

/** A TypedArray of this name with these elements. */
export function flat(name: string, elements: readonly number[]): Flat {
  const ArrayOf = (globalThis as unknown as Record<string, { from(list: readonly unknown[]): Flat }>)[name];
  if (ArrayOf === undefined) throw new Error(`no ${name}`);
  return ArrayOf.from(name.startsWith('Big') ? elements.map(BigInt) : elements);
}

/** Maps x -> m x + c modulo 7, written 8 m + c: joined from left to right, associative, and nothing commutes. */
export function compose(a: number, b: number): number {
  const [m, c, n, d] = [a >> 3, a & 7, b >> 3, b & 7];
  return ((m * n) % 7) * 8 + ((n * c + d) % 7);
}

/** Products of 2x2 matrices modulo 101, by rows. */
export function matmul(a: readonly number[], b: readonly number[]): number[] {
  const [p = 0, q = 0, r = 0, s = 0] = a;
  const [t = 0, u = 0, v = 0, w = 0] = b;
  return [p * t + q * v, p * u + q * w, r * t + s * v, r * u + s * w].map((x) => x % 101);
}

/** What the operators make of two numbers. */
export const SCALAR: Record<string, (a: number, b: number) => number> = {
  SUM: (a, b) => a + b,
  PROD: (a, b) => a * b,
  MIN: (a, b) => Math.min(a, b),
  MAX: (a, b) => Math.max(a, b),
  LAND: (a, b) => (a !== 0 && b !== 0 ? 1 : 0),
  LOR: (a, b) => (a !== 0 || b !== 0 ? 1 : 0),
  LXOR: (a, b) => ((a !== 0) !== (b !== 0) ? 1 : 0),
  BAND: (a, b) => a & b,
  BOR: (a, b) => a | b,
  BXOR: (a, b) => a ^ b,
  REPLACE: (_a, b) => b,
  NO_OP: (a) => a,
  compose,
  plus: (a, b) => a + b,
};

/** [value, location] pairs: the lower or higher value, of equal ones the lower location. */
function best(a: readonly number[], b: readonly number[], sign: number): readonly number[] {
  const [value = 0, at = 0] = a;
  const [other = 0, otherAt = 0] = b;
  if (value === other) return at <= otherAt ? a : b;
  return sign * value < sign * other ? a : b;
}

/** The elements of all ranks, combined; `store` is what the memory of the result makes of a number. */
export function combine(op: string, lists: readonly (readonly number[])[], store: (x: number) => number): number[] {
  return lists.slice(1).reduce<number[]>(
    (sum, list) => {
      if (op === 'MINLOC' || op === 'MAXLOC') {
        const sign = op === 'MINLOC' ? 1 : -1;
        const pairs = Array.from({ length: sum.length / 2 }, (_, i) => [2 * i, 2 * i + 2] as const);
        return pairs.flatMap(([from, to]) => best(sum.slice(from, to), list.slice(from, to), sign));
      }
      const scalar = SCALAR[op] as (a: number, b: number) => number;
      return sum.map((element, i) => store(scalar(element, list[i] as number)));
    },
    [...(lists[0] as readonly number[])],
  );
}

/** What a TypedArray makes of a number that is stored in it. */
export function storedIn(name: string): (x: number) => number {
  return (x) => Number(flat(name, [x])[0]);
}

/** Which ranks' values are combined for `rank`; none: it gets nothing. */
export const OVER: Record<string, (rank: number, size: number, root: number) => readonly [from: number, to: number]> = {
  reduce: (rank, size, root) => (rank === root ? [0, size] : [0, 0]),
  allreduce: (_rank, size) => [0, size],
  scan: (rank) => [0, rank + 1],
  exscan: (rank) => [0, rank],
};
