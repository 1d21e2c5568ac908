/** Section 4 of the contract over real sockets: every collective, algorithm, root and dtype against the oracle. */
import { describe, expect, it } from 'vitest';
import { SELECTABLE } from '../../src/collectives/registry.ts';
import { collectiveMatrix } from '../collectives/helpers/matrix.ts';
import { runs } from '../helpers/runs.ts';

const sockets = runs.filter(([name]) => name.includes('sockets'));

describe.each(sockets)('collectives over %s', (_name, run) => {
  it.each([2, 3, 4])('give what one rank after the other would, on %i ranks', { timeout: 120_000 }, async (size) => {
    for (const name of SELECTABLE) {
      const failures = await collectiveMatrix((n, program) => run(n, program, { segmentBytes: 512 }), size, {
        only: [name],
        lengths: [1009],
      });
      expect(failures).toEqual([]);
    }
  });
});
