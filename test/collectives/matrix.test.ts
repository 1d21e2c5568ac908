import { describe, expect, it } from 'vitest';
import { SELECTABLE } from '../../src/collectives/registry.ts';
import { type LocalComm, runLocal } from './helpers/local.ts';
import { collectiveMatrix, type MatrixResult } from './helpers/matrix.ts';

// Small enough that values of a few elements are announced, and cut into many pieces.
const DEEP = 16;

describe.each(SELECTABLE)('%s gives what one rank after the other would', (name) => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 16])('on %i ranks, whole and in pieces', async (size) => {
    for (const [segmentBytes, seed] of [
      [64 * 1024, size],
      [DEEP, size + 100],
    ] as const) {
      const failures = await collectiveMatrix(
        (ranks, program) => runLocal(ranks, program, { seed, segmentBytes }),
        size,
        { only: [name], lengths: size <= 5 ? [67] : [] },
      );
      expect(failures).toEqual([]);
    }
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
