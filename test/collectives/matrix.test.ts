import { afterAll, describe, expect, it } from 'vitest';
import { SELECTABLE } from '../../src/collectives/registry.ts';
import { type LocalComm, runLocal } from './helpers/local.ts';
import { collectiveMatrix, type MatrixOptions, type MatrixResult } from './helpers/matrix.ts';

// Small enough that values of a few elements are announced, and cut into many pieces.
const DEEP = 16;

let comparisons = 0;
afterAll(() =>
  console.log(`collective matrix: ${comparisons.toLocaleString('en')} results compared with the oracle's`),
);

describe.each(SELECTABLE)('%s gives what one rank after the other would', (name) => {
  const failuresOn = (size: number, segmentBytes: number, seed: number, options: MatrixOptions) =>
    collectiveMatrix(
      async (ranks, program) => {
        const results = await runLocal(ranks, program, { seed, segmentBytes });
        comparisons += results.reduce((sum, { checks }) => sum + checks, 0);
        return results;
      },
      size,
      { ...options, only: [name] },
    );

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 16])('on %i ranks, whole and in pieces', async (size) => {
    const lengths = size <= 5 ? [67] : [];
    expect(await failuresOn(size, 64 * 1024, size, { lengths })).toEqual([]);
    expect(await failuresOn(size, DEEP, size + 100, { lengths })).toEqual([]);
  });

  it('on 33 ranks, in pieces', async () => {
    expect(await failuresOn(33, DEEP, 33, { root: 17 })).toEqual([]);
  });
});

// By the limits that hold for users: long arrays take other algorithms than short ones.
it.each([3, 4])('large arrays on %i ranks take the algorithms for large arrays', async (size) => {
  for (const only of ['bcast', 'reduce', 'allreduce', 'scan', 'exscan', 'allgatherv', 'alltoall', 'gather']) {
    const run = (ranks: number, program: (comm: LocalComm) => Promise<MatrixResult>) =>
      runLocal(ranks, program, { seed: 9 });
    expect(await collectiveMatrix(run, size, { only: [only], lengths: [20_011], everyRoot: false })).toEqual([]);
  }
});
