/** One JavaScript value from rank 0 to all; a barrier before each, not timed. */
import assert from 'node:assert/strict';
import { world } from 'tsmpi';
import { measureCalls, report } from '../lib/measure.ts';
import { type Ball, OBJECTS } from '../lib/objects.ts';

for (const [variant, create] of Object.entries(OBJECTS)) {
  const mine = create();
  const value = world.rank === 0 ? mine : undefined;
  let last = mine;

  const times = await measureCalls({
    prepare: (round) => (mine.round = round),
    call: () => world.bcast<Ball>(value),
    check: (round, got) => {
      assert.equal(got.round, round);
      last = got;
    },
  });
  assert.deepEqual({ ...last, round: 0 }, create(), variant);
  report({ bench: 'objects-bcast', variant }, times);
}
