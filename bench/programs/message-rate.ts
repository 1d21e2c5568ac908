/** How many short messages a second go from rank 0 to rank 1: each its own array, a window of them for each short answer. */
import { type Request, waitAll, world } from 'tsmpi';
import { measure, report } from '../lib/measure.ts';
import { settings } from '../lib/settings.ts';

const ANSWER = 1;
const WINDOWS = [64, 1024];

for (const bytes of settings.sizes) {
  for (const window of WINDOWS) {
    const arrays = Array.from({ length: window }, () => new Float64Array(bytes / 8));
    const into = arrays.map((out) => ({ out }));
    const answer = { out: new Float64Array(1) };

    const times = await measure(async (times, firstRound) => {
      for (let i = 0; i < times.length; i++) {
        const first = (firstRound + i) * window; // every message of the bench carries another number
        if (world.rank === 0) for (let w = 0; w < window; w++) arrays[w]![0] = first + w;
        const requests: Request<unknown>[] = [];
        const started = performance.now();
        if (world.rank === 0) {
          for (let w = 0; w < window; w++) requests.push(world.isend(arrays[w]!, 1));
          await waitAll(requests);
          await world.recv(1, ANSWER, answer);
        } else if (world.rank === 1) {
          for (let w = 0; w < window; w++) requests.push(world.irecv(0, 0, into[w]));
          await waitAll(requests);
          await world.send(answer.out, 0, ANSWER);
        }
        times[i] = performance.now() - started;
        if (world.rank === 1) checkNumbers(arrays, first);
      }
    });
    report({ bench: 'message-rate', bytes, variant: `window ${window}` }, times, { messages: window });
  }
}

function checkNumbers(arrays: readonly Float64Array[], first: number): void {
  for (let w = 0; w < arrays.length; w++) {
    if (arrays[w]![0] !== first + w) throw new Error(`message ${first + w} arrived as ${arrays[w]![0]}`);
  }
}
