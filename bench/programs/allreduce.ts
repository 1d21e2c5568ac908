/** Sum of one array of doubles a rank, everywhere; a barrier before each, not timed. */
import { SUM, world } from 'tsmpi';
import { meanOverRanks, measure, report } from '../lib/measure.ts';
import { checkPattern, checkStamp, fillPattern, stamp } from '../lib/pattern.ts';
import { settings } from '../lib/settings.ts';

const { rank, size } = world;
const seeds = Array.from({ length: size }, (_, r) => r + 1);

for (const bytes of settings.sizes) {
  const mine = new Float64Array(bytes / 8);
  const sum = new Float64Array(bytes / 8);
  const into = { out: sum };

  const times = await measure(async (times, firstRound) => {
    for (let i = 0; i < times.length; i++) {
      const round = firstRound + i;
      stamp(mine, round + rank);
      await world.barrier();
      const started = performance.now();
      await world.allreduce(mine, SUM, into);
      times[i] = performance.now() - started;
      checkStamp(sum, size * round + (size * (size - 1)) / 2, 'allreduce');
    }
  });

  fillPattern(mine, seeds[rank]!);
  await world.allreduce(mine, SUM, into);
  checkPattern(sum, seeds, 'allreduce');
  report({ bench: 'allreduce', bytes }, await meanOverRanks(times), { bus: (2 * (size - 1)) / size });
}
