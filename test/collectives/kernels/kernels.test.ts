import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { callingElements, callingPairs } from '../../../src/collectives/kernels/calling.ts';
import { PLAIN_NUMBERS } from '../../../src/collectives/kernels/expressions.ts';
import { grainOf, isDefined, reducerFor } from '../../../src/collectives/kernels/reducer-for.ts';
import * as ops from '../../../src/collectives/ops.ts';
import { constructorOf, DType, dtypeName, type TypedArray } from '../../../src/wire/dtype.ts';
import { DTYPES, foldKind, INTEGERS, pairsFor } from '../helpers/oracle.ts';

const SIMPLE = [ops.SUM, ops.PROD, ops.MIN, ops.MAX, ops.LAND, ops.LOR, ops.LXOR];
const BITS = [ops.BAND, ops.BOR, ops.BXOR];

function combine(op: ops.Op, left: TypedArray, right: TypedArray, dtype?: number): TypedArray {
  const into = left.slice();
  reducerFor(op, dtype ?? DTYPES.find((code) => left instanceof (constructorOf(code) as never)) ?? 0).combine(
    left,
    right,
    into,
  );
  return into;
}

/** Bytes of every kind of number: random ones, with NaN, infinities, zeros of both signs and the ends of every integer type among them. */
function wildBytes(count: number): Uint8Array<ArrayBuffer> {
  const random = seededRandom(count);
  const bytes = Uint8Array.from({ length: count }, () => random() * 256);
  const doubles = Float64Array.of(Number.NaN, Infinity, -Infinity, 0, -0, 5e-324, Number.MAX_VALUE);
  const singles = Float32Array.of(Number.NaN, Infinity, -Infinity, 0, -0, 1e-45, 3.4e38);
  for (const [i, source] of [doubles, singles, new Uint8Array(8).fill(0xff), new Uint8Array(8)].entries()) {
    for (let at = i * 64; at + source.byteLength <= count; at += 1024) bytes.set(new Uint8Array(source.buffer), at);
  }
  return bytes;
}

/** Zeros of different signs differ, NaNs do not. */
function sameNumbers(a: TypedArray, b: TypedArray): boolean {
  if (Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength)))
    return true;
  return a.length === b.length && a.every((element: unknown, i: number) => Object.is(element, b[i]));
}

describe('kernels', () => {
  it.each(DTYPES.map((dtype) => [dtypeName(dtype), dtype] as const))('of %s agree with the naive loop', (_, dtype) => {
    const ArrayOf = constructorOf(dtype);
    if (ArrayOf === undefined) return;
    const bytes = fc.uint8Array({ minLength: 0, maxLength: 136 });
    const property = fc.property(bytes, bytes, (a, b) => {
      const count = Math.floor(Math.min(a.length, b.length) / ArrayOf.BYTES_PER_ELEMENT);
      const left = new ArrayOf(a.slice().buffer, 0, count);
      const right = new ArrayOf(b.slice().buffer, 0, count);
      for (const op of INTEGERS.includes(dtype) ? [...SIMPLE, ...BITS] : SIMPLE) {
        const expected =
          [ops.MIN, ops.MAX].includes(op) && !INTEGERS.includes(dtype)
            ? mathOf(op, left, right)
            : foldKind([left, right], op);
        expect(combine(op, left, right, dtype)).toEqual(expected);
        // In either operand's memory.
        const inLeft = left.slice();
        reducerFor(op, dtype).combine(inLeft, right, inLeft);
        expect(inLeft).toEqual(expected);
        const inRight = right.slice();
        reducerFor(op, dtype).combine(left, inRight, inRight);
        expect(inRight).toEqual(expected);
      }
    });
    fc.assert(property, { seed: 20, numRuns: 150 });
  });

  function mathOf(op: ops.Op, left: TypedArray, right: TypedArray): TypedArray {
    const result = left.slice();
    const choose = op === ops.MIN ? Math.min : Math.max;
    for (let i = 0; i < result.length; i++) result[i] = choose(Number(left[i]), Number(right[i])) as never;
    return result;
  }

  const LENGTHS = [127, 128, 129, 1000, 64 * 1024 - 1, 64 * 1024 + 130, 200_000];

  it.each(DTYPES.map((dtype) => [dtypeName(dtype), dtype] as const))(
    'of long arrays of %s give the bits that short ones do, also in place',
    (_, dtype) => {
      const ArrayOf = constructorOf(dtype);
      if (ArrayOf === undefined) return;
      const wild = wildBytes((200_000 + 3) * ArrayOf.BYTES_PER_ELEMENT);
      for (const op of [...SIMPLE, ...BITS]) {
        if (!isDefined(op, dtype)) continue;
        const { combine: loop } = reducerFor(op, dtype);
        for (const length of LENGTHS) {
          const left = new ArrayOf(wild.slice().buffer, ArrayOf.BYTES_PER_ELEMENT, length);
          const right = new ArrayOf(wild.slice().reverse().buffer, 0, length);
          const expected = new ArrayOf(length);
          for (let at = 0; at < length; at += 100) {
            const end = Math.min(length, at + 100);
            loop(left.subarray(at, end), right.subarray(at, end), expected.subarray(at, end));
          }
          const around = new ArrayOf(length + 2);
          const into = around.subarray(1, length + 1);
          loop(left, right, into);
          expect(sameNumbers(into, expected)).toBe(true);
          expect([Number(around[0]), Number(around[length + 1])]).toEqual([0, 0]);
          const inLeft = left.slice();
          loop(inLeft, right, inLeft);
          expect(sameNumbers(inLeft, expected)).toBe(true);
          const inRight = right.slice();
          loop(left, inRight, inRight);
          expect(sameNumbers(inRight, expected)).toBe(true);
        }
      }
    },
  );

  it.each(DTYPES.map((dtype) => [dtypeName(dtype), dtype] as const))(
    'of %s agree with those of a program that may not make code',
    (_, dtype) => {
      const ArrayOf = constructorOf(dtype);
      if (ArrayOf === undefined) return;
      const wild = wildBytes(100 * ArrayOf.BYTES_PER_ELEMENT);
      const left = new ArrayOf(wild.slice().buffer);
      const right = new ArrayOf(wild.slice().reverse().buffer);
      for (const op of [...SIMPLE, ...BITS, ops.MINLOC, ops.MAXLOC]) {
        if (!isDefined(op, dtype)) continue;
        const into = new ArrayOf(100);
        (grainOf(op) === 2 ? callingPairs(op) : callingElements(op, dtype))(left, right, into);
        expect(sameNumbers(into, combine(op, left, right, dtype))).toBe(true);
      }
    },
  );

  it('wrap as their integer type does', () => {
    expect(combine(ops.PROD, Int32Array.of(2 ** 31 - 1), Int32Array.of(2 ** 31 - 1))).toEqual(Int32Array.of(1));
    expect(combine(ops.PROD, Uint32Array.of(4294967295), Uint32Array.of(4294967295))).toEqual(Uint32Array.of(1));
    expect(combine(ops.SUM, Uint8Array.of(200), Uint8Array.of(100))).toEqual(Uint8Array.of(44));
    expect(combine(ops.SUM, Uint8ClampedArray.of(200), Uint8ClampedArray.of(100), DType.UINT8_CLAMPED)).toEqual(
      Uint8ClampedArray.of(255),
    );
    expect(combine(ops.SUM, BigInt64Array.of(2n ** 63n - 1n), BigInt64Array.of(1n))).toEqual(
      BigInt64Array.of(-(2n ** 63n)),
    );
    expect(combine(ops.PROD, BigUint64Array.of(2n ** 63n + 1n), BigUint64Array.of(2n))).toEqual(BigUint64Array.of(2n));
    expect(combine(ops.BXOR, BigInt64Array.of(-1n), BigInt64Array.of(5n))).toEqual(BigInt64Array.of(-6n));
  });

  it('pass NaN on, and order -0 below 0', () => {
    expect(combine(ops.MIN, Float64Array.of(0, Number.NaN, 1), Float64Array.of(-0, 1, Number.NaN))).toEqual(
      Float64Array.of(-0, Number.NaN, Number.NaN),
    );
    expect(combine(ops.MAX, Float64Array.of(-0, Number.NaN, 1), Float64Array.of(0, 1, Number.NaN))).toEqual(
      Float64Array.of(0, Number.NaN, Number.NaN),
    );
  });

  it('round at each step in single precision', () => {
    const tenth = Math.fround(0.1);
    expect(combine(ops.SUM, Float32Array.of(tenth), Float32Array.of(1e9))).toEqual(
      Float32Array.of(Math.fround(tenth + 1e9)),
    );
  });

  it('take bits of plain integers beyond 32, negative ones in two’s complement', () => {
    const left = Float64Array.of(2 ** 40 + 1, -1, 6, Number.MAX_SAFE_INTEGER);
    const right = Float64Array.of(2 ** 40 + 2, 2 ** 45 + 1, 3, 1);
    for (const op of BITS) {
      const into = new Float64Array(4);
      callingElements(op, PLAIN_NUMBERS)(left, right, into);
      expect(into).toEqual(combine(op, left, right, PLAIN_NUMBERS));
    }
    expect(combine(ops.BAND, left, right, PLAIN_NUMBERS)).toEqual(Float64Array.of(2 ** 40, 2 ** 45 + 1, 2, 1));
    expect(combine(ops.BOR, left, right, PLAIN_NUMBERS)).toEqual(
      Float64Array.of(2 ** 40 + 3, -1, 7, Number.MAX_SAFE_INTEGER),
    );
    expect(combine(ops.BXOR, left, right, PLAIN_NUMBERS)).toEqual(
      Float64Array.of(3, -(2 ** 45) - 2, 5, Number.MAX_SAFE_INTEGER - 1),
    );
  });

  it('have no bits of floats', () => {
    for (const op of BITS) {
      expect(isDefined(op, DType.FLOAT64)).toBe(false);
      expect(isDefined(op, DType.INT8)).toBe(true);
    }
  });

  it('keep pairs together: ties take the lower location, NaN wins', () => {
    const { NaN: nan } = Number;
    const left = Float64Array.of(1, 5, 2, 0, 3, 9, nan, 4, 0, 1, nan, 8);
    const right = Float64Array.of(1, 4, 1, 7, 3, 9, 0, 2, nan, 3, nan, 7);
    expect(combine(ops.MINLOC, left, right)).toEqual(Float64Array.of(1, 4, 1, 7, 3, 9, nan, 4, nan, 3, nan, 7));
    expect(combine(ops.MAXLOC, left, right)).toEqual(Float64Array.of(1, 4, 2, 0, 3, 9, nan, 4, nan, 3, nan, 7));
    expect(combine(ops.MINLOC, pairsFor(50, 1), pairsFor(50, 2))).toEqual(
      foldKind([pairsFor(50, 1), pairsFor(50, 2)], ops.MINLOC),
    );
    expect(combine(ops.MAXLOC, BigInt64Array.of(3n, 1n), BigInt64Array.of(3n, 0n))).toEqual(BigInt64Array.of(3n, 0n));
  });

  it('of a user’s operator get the lower operand on the left', () => {
    const op = ops.createOp((a: number, b: number) => a * 10 + b, { elementwise: true });
    expect(combine(op, Int32Array.of(1, 2), Int32Array.of(3, 4), DType.INT32)).toEqual(Int32Array.of(13, 24));
  });
});
