/** A window of arrays in flight from rank 0 to rank 1, then one short answer; as OSU does it, all into the same array. */
import { type Request, waitAll, world } from 'tsmpi';
import { measureRounds, report } from '../lib/measure.ts';
import { checkStamp, stamp } from '../lib/pattern.ts';
import { settings } from '../lib/settings.ts';
import { checkTwoInFlight, windowFor } from '../lib/window.ts';

const ANSWER = 1;

for (const bytes of settings.sizes) {
  const window = windowFor(bytes);
  const array = new Float64Array(bytes / 8);
  const into = { out: array };
  const answer = { out: new Float64Array(1) };

  const times = await measureRounds(async (first, end) => {
    for (let round = first; round < end; round++) {
      const requests: Request<unknown>[] = [];
      if (world.rank === 0) {
        stamp(array, round);
        for (let w = 0; w < window; w++) requests.push(world.isend(array, 1));
        await waitAll(requests);
        await world.recv(1, ANSWER, answer);
      } else if (world.rank === 1) {
        for (let w = 0; w < window; w++) requests.push(world.irecv(0, 0, into));
        await waitAll(requests);
        await world.send(answer.out, 0, ANSWER);
        checkStamp(array, round, 'bandwidth');
      }
    }
  });

  if (world.rank < 2) await checkTwoInFlight(bytes, 1 - world.rank, 'bandwidth');
  report({ bench: 'bandwidth', bytes, variant: `window ${window}` }, times, { messages: window });
}
