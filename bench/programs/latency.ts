/** Half a round trip of one array between ranks 0 and 1, received in place. */
import { world } from 'tsmpi';
import { measureRounds, report } from '../lib/measure.ts';
import { checkPattern, checkStamp, fillPattern, stamp } from '../lib/pattern.ts';
import { settings } from '../lib/settings.ts';

for (const bytes of settings.sizes) {
  const mine = new Float64Array(bytes / 8);
  const theirs = new Float64Array(bytes / 8);
  const there = { out: theirs };

  const times = await measureRounds(async (first, end) => {
    if (world.rank > 1) return;
    for (let round = first; round < end; round++) {
      stamp(mine, round);
      if (world.rank === 0) {
        await world.send(mine, 1);
        await world.recv(1, 0, there);
      } else {
        await world.recv(0, 0, there);
        await world.send(mine, 0);
      }
      checkStamp(theirs, round, 'latency');
    }
  });

  if (world.rank < 2) {
    const peer = 1 - world.rank;
    fillPattern(mine, 1 + world.rank);
    await world.sendrecv(mine, peer, peer, there);
    checkPattern(theirs, [1 + peer], 'latency');
  }
  report({ bench: 'latency', bytes }, times, { scale: 0.5 });
}
