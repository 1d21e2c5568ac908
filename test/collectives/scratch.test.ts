import { describe, expect, it } from 'vitest';
import { borrow, giveBack } from '../../src/collectives/scratch.ts';
import * as tsmpi from '../../src/index.ts';
import { spmd } from '../../src/testing.ts';
import type { TypedArray } from '../../src/wire/dtype.ts';

const LIKE = new Float64Array(1);
const LENGTH = 20_000;

describe('borrowed memory', () => {
  it('is used again, by one caller at a time, as whatever dtype', () => {
    const first = borrow(LIKE, LENGTH);
    const second = borrow(LIKE, LENGTH);
    expect(first.buffer).not.toBe(second.buffer);
    giveBack(first);
    const third = borrow(new Int8Array(1), LENGTH * 8 - 1);
    expect([third.buffer === first.buffer, third.constructor, third.length]).toEqual([true, Int8Array, LENGTH * 8 - 1]);
    expect(borrow(LIKE, LENGTH).buffer).not.toBe(first.buffer);
    giveBack(second);
    giveBack(third);
  });

  it('is not much larger than asked for, and never too small', () => {
    const large = borrow(LIKE, LENGTH * 100);
    giveBack(large);
    expect(borrow(LIKE, LENGTH).buffer).not.toBe(large.buffer);
    expect(borrow(LIKE, LENGTH * 101).buffer).not.toBe(large.buffer);
    expect(borrow(LIKE, LENGTH * 60)).toMatchObject({ buffer: large.buffer, length: LENGTH * 60 });
  });

  it('is kept up to a bound only', () => {
    const many = Array.from({ length: 40 }, () => borrow(LIKE, LENGTH * 100));
    const buffers = new Set<ArrayBufferLike>(many.map(({ buffer }) => buffer));
    many.forEach(giveBack);
    const again = Array.from({ length: 40 }, () => borrow(LIKE, LENGTH * 100));
    const kept = again.filter(({ buffer }) => buffers.has(buffer)).length;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThanOrEqual(8);
  });

  it.each([2, 4, 5])('never mixes calls that run at the same time: %i ranks', async (size) => {
    const { SUM, createOp } = tsmpi;
    const last = createOp((_a: number, b: number) => b, { elementwise: true });
    const filled = (value: number): Float64Array => new Float64Array(LENGTH).fill(value);
    const isAll = (array: TypedArray | undefined, value: number): boolean =>
      array?.every((element: unknown) => element === value) === true;
    await spmd(size, async (comm) => {
      for (let round = 0; round < 4; round++) {
        const mine = filled(comm.rank + round);
        const total = (size * (size - 1)) / 2 + size * round;
        const below = (comm.rank * (comm.rank - 1)) / 2 + comm.rank * round;
        const calls = [
          ...(['recursiveDoubling', 'rabenseifner', 'ring'] as const).map(async (algorithm) =>
            isAll(await comm.allreduce(mine, SUM, { algorithm }), total),
          ),
          ...(['binomial', 'rabenseifner', 'chain'] as const).map(async (algorithm) => {
            const result = await comm.reduce(mine, SUM, 1, { algorithm });
            return comm.rank === 1 ? isAll(result, total) : result === undefined;
          }),
          ...(['recursiveDoubling', 'chain'] as const).map(async (algorithm) =>
            isAll(await comm.scan(mine, SUM, { algorithm }), below + comm.rank + round),
          ),
          ...(['recursiveDoubling', 'chain'] as const).map(async (algorithm) => {
            const result = await comm.exscan(mine, SUM, { algorithm });
            return comm.rank === 0 || isAll(result, below);
          }),
          comm.allreduce(mine, last).then((result) => isAll(result, size - 1 + round)),
        ];
        expect(await Promise.all(calls)).toEqual(calls.map(() => true));
      }
    });
  });
});
