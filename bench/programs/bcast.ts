/** One array from rank 0 to all; a barrier before each, not timed. */
import { world } from 'tsmpi';
import { meanOverRanks, measure, report } from '../lib/measure.ts';
import { checkPattern, checkStamp, fillPattern, stamp } from '../lib/pattern.ts';
import { settings } from '../lib/settings.ts';

const isRoot = world.rank === 0;

for (const bytes of settings.sizes) {
  const array = new Float64Array(bytes / 8);
  const value = isRoot ? array : undefined;
  const into = { out: array };

  const times = await measure(async (times, firstRound) => {
    for (let i = 0; i < times.length; i++) {
      const round = firstRound + i;
      if (isRoot) stamp(array, round);
      await world.barrier();
      const started = performance.now();
      await world.bcast(value, 0, into);
      times[i] = performance.now() - started;
      checkStamp(array, round, 'bcast');
    }
  });

  if (isRoot) fillPattern(array, 1);
  await world.bcast(value, 0, into);
  checkPattern(array, [1], 'bcast');
  report({ bench: 'bcast', bytes }, await meanOverRanks(times), { bus: 1 });
}
