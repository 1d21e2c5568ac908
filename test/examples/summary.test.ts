import { describe, expect, test } from 'vitest';
import { shareOf } from '../../examples/lib/share.ts';
import { summarise } from '../../examples/lib/summary.ts';

describe('summarise', () => {
  test('sums small integers as bigint', () => {
    expect(summarise(Int16Array.of(5, -3, 4))).toEqual({ sum: 6n, min: -3n, max: 5n });
  });

  test('loses no digit of 64-bit integers', () => {
    const array = BigInt64Array.of(2n ** 63n - 1n, 2n ** 63n - 1n, -1n);
    expect(summarise(array)).toEqual({ sum: 2n ** 64n - 3n, min: -1n, max: 2n ** 63n - 1n });
  });

  test('loses no digit of more 32-bit integers than a double can add up', () => {
    const array = new Uint32Array(2 ** 21 + 1).fill(2 ** 32 - 1);
    expect(summarise(array).sum).toBe((2n ** 21n + 1n) * (2n ** 32n - 1n));
  });

  test('sums floating-point numbers with compensation', () => {
    expect(summarise(new Float64Array(10).fill(0.1)).sum).toBe(1);
    expect(summarise(Float64Array.of(1, 1e100, 1, -1e100))).toEqual({ sum: 2, min: -1e100, max: 1e100 });
  });

  test('passes NaN and infinity on', () => {
    expect(summarise(Float32Array.of(1, Number.NaN))).toEqual({ sum: Number.NaN, min: Number.NaN, max: Number.NaN });
    expect(summarise(Float32Array.of(1, Number.POSITIVE_INFINITY)).sum).toBe(Number.POSITIVE_INFINITY);
  });

  test('of nothing lies beyond everything', () => {
    expect(summarise(new Int8Array(0))).toEqual({ sum: 0n, min: 2n ** 64n, max: -(2n ** 64n) });
    expect(summarise(new BigInt64Array(0))).toEqual(summarise(new Int8Array(0)));
    expect(summarise(new Float64Array(0)).min).toBe(Number.POSITIVE_INFINITY);
  });
});

test('shares cover everything once, in rank order, and differ by one at most', () => {
  for (const total of [0, 1, 5, 16, 1000]) {
    for (const size of [1, 2, 3, 7, 16]) {
      let next = 0;
      for (let rank = 0; rank < size; rank++) {
        const { start, end } = shareOf(total, rank, size);
        expect(start).toBe(next);
        expect([Math.floor(total / size), Math.ceil(total / size)]).toContain(end - start);
        next = end;
      }
      expect(next).toBe(total);
    }
  }
});
