/** A window of arrays in flight from rank 0 to rank 1, then one short answer; as OSU does it, all into the same array. */
import { type Request, waitAll, world } from 'tsmpi';
import { measure, report } from '../lib/measure.ts';
import { checkPattern, checkStamp, fillPattern, stamp } from '../lib/pattern.ts';
import { settings } from '../lib/settings.ts';

const ANSWER = 1;

for (const bytes of settings.sizes) {
  const window = bytes > 65_536 ? 16 : 64;
  const array = new Float64Array(bytes / 8);
  const into = { out: array };
  const answer = { out: new Float64Array(1) };

  const times = await measure(async (times, firstRound) => {
    for (let i = 0; i < times.length; i++) {
      const round = firstRound + i;
      if (world.rank === 0) stamp(array, round);
      const requests: Request<unknown>[] = [];
      const started = performance.now();
      if (world.rank === 0) {
        for (let w = 0; w < window; w++) requests.push(world.isend(array, 1));
        await waitAll(requests);
        await world.recv(1, ANSWER, answer);
      } else if (world.rank === 1) {
        for (let w = 0; w < window; w++) requests.push(world.irecv(0, 0, into));
        await waitAll(requests);
        await world.send(answer.out, 0, ANSWER);
      }
      times[i] = performance.now() - started;
      if (world.rank === 1) checkStamp(array, round, 'bandwidth');
    }
  });

  // Two different arrays in flight at once, each compared to its last element.
  if (world.rank < 2) {
    const arrays = [array, new Float64Array(bytes / 8)];
    if (world.rank === 0) for (const [seed, one] of arrays.entries()) fillPattern(one, seed + 1);
    const requests = arrays.map(
      (one): Request<unknown> => (world.rank === 0 ? world.isend(one, 1) : world.irecv(0, 0, { out: one })),
    );
    await waitAll(requests);
    for (const [seed, one] of arrays.entries()) checkPattern(one, [seed + 1], 'bandwidth');
  }
  report({ bench: 'bandwidth', bytes, variant: `window ${window}` }, times, { messages: window });
}
