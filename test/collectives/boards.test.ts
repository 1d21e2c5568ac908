import { describe, expect, it } from 'vitest';
import { COLLECTIVES, SELECTABLE } from '../../src/collectives/registry.ts';
import { TINY, withBoards } from '../helpers/boards.ts';
import type { CollectiveComm } from './helpers/comm.ts';
import { collectiveMatrix } from './helpers/matrix.ts';

const SHARED = SELECTABLE.filter((name) => COLLECTIVES[name].sharedMemory);

describe.each(SHARED)('%s through shared memory', (name) => {
  it.each([2, 3, 4, 5, 8])('gives what one rank after the other would, on %i ranks', async (size) => {
    const runs = [
      { options: { seed: size }, settings: TINY, crowded: true },
      {
        options: { seed: size + 100, segmentBytes: 16, eagerLimit: 32 },
        settings: { ...TINY, bankBytes: 768, banks: 8 },
        crowded: false,
      },
    ];
    for (const { options, settings, crowded } of runs) {
      const refused: string[] = [];
      let made = 0;
      const failures = await collectiveMatrix(
        (ranks, program) =>
          withBoards(ranks, (comm) => program(comm as CollectiveComm), options, {
            settings,
            crowded,
            made: () => made++,
            refused: (reason) => refused.push(reason),
          }),
        size,
        { only: [name], lengths: [67, 300], everyRoot: false },
      );
      expect(failures).toEqual([]);
      expect(refused).toEqual([]);
      expect(made).toBe(1);
    }
  });
});
