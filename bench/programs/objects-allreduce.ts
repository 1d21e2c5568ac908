/** JavaScript values combined by a function, everywhere; a barrier before each, not timed. */
import assert from 'node:assert/strict';
import { SUM, world } from 'tsmpi';
import { measureCalls, report } from '../lib/measure.ts';
import { COMBINED, type Combined } from '../lib/objects.ts';

for (const [variant, { of, combine, result }] of Object.entries(COMBINED) as [string, Combined<unknown>][]) {
  const op = combine === 'SUM' ? SUM : combine;
  let mine: unknown;

  const times = await measureCalls({
    prepare: (round) => (mine = of(world.rank, round)),
    call: () => world.allreduce(mine, op),
    check: (round, got) => assert.deepEqual(got, result(world.size, round)),
  });
  report({ bench: 'objects-allreduce', variant }, times);
}
