/** A window of arrays in flight from each of ranks 0 and 1 to the other at once; all that come into the same array. */
import { type Request, waitAll, world } from 'tsmpi';
import { measureRounds, report } from '../lib/measure.ts';
import { checkStamp, stamp } from '../lib/pattern.ts';
import { settings } from '../lib/settings.ts';
import { checkTwoInFlight, windowFor } from '../lib/window.ts';

for (const bytes of settings.sizes) {
  const window = windowFor(bytes);
  const peer = 1 - world.rank;
  const mine = new Float64Array(bytes / 8);
  const theirs = new Float64Array(bytes / 8);
  const there = { out: theirs };

  const times = await measureRounds(async (first, end) => {
    if (world.rank > 1) return;
    for (let round = first; round < end; round++) {
      stamp(mine, round);
      const requests: Request<unknown>[] = [];
      for (let w = 0; w < window; w++) requests.push(world.irecv(peer, 0, there));
      for (let w = 0; w < window; w++) requests.push(world.isend(mine, peer));
      await waitAll(requests);
      checkStamp(theirs, round, 'bibandwidth');
    }
  });

  if (world.rank < 2) await checkTwoInFlight(bytes, peer, 'bibandwidth');
  report({ bench: 'bibandwidth', bytes, variant: `window ${window}` }, times, { messages: 2 * window });
}
