import { describe, expect, it } from 'vitest';
import { SELECTABLE } from '../../src/collectives/registry.ts';
import { spmd } from '../../src/testing.ts';
import type { CollectiveComm } from './helpers/comm.ts';
import { collectiveMatrix } from './helpers/matrix.ts';

describe.each(SELECTABLE)('%s over a communicator in memory', (name) => {
  it.each([1, 2, 3, 5, 8])('on %i ranks, eagerly and by rendezvous in pieces', async (size) => {
    for (const options of [{ seed: size }, { seed: size + 100, segmentBytes: 16, eagerLimit: 32 }]) {
      const failures = await collectiveMatrix(
        (ranks, program) => spmd(ranks, (comm) => program(comm as CollectiveComm), options),
        size,
        { only: [name], lengths: [67], everyRoot: false },
      );
      expect(failures).toEqual([]);
    }
  });
});
