import { describe, expect, it } from 'vitest';
import { COLLECTIVES } from '../../src/collectives/registry.ts';
import { runLocal } from './helpers/local.ts';
import { collectiveMatrix } from './helpers/matrix.ts';

// Small enough that values of a few elements are announced, and cut into many pieces.
const DEEP = 16;

describe.each(Object.keys(COLLECTIVES))('%s gives what one rank after the other would', (name) => {
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
