/** One collective on arrays of doubles, received in place; a barrier before each call, not timed. */
import { world } from 'tsmpi';
import { COLLECTIVES, type Collective } from '../lib/collectives.ts';
import { measureCalls, report } from '../lib/measure.ts';
import { checkPattern, checkStamp, fillPattern, stamp } from '../lib/pattern.ts';
import { settings } from '../lib/settings.ts';

const { bench } = settings;
if (!Object.hasOwn(COLLECTIVES, bench)) throw new Error(`there is no collective '${bench}'`);

for (const bytes of settings.sizes) {
  const { call, sends, receives, bus } = COLLECTIVES[bench as Collective](world, bytes / 8);
  const sums = receives.map(({ array, seeds }) => ({
    array,
    terms: seeds.length,
    total: seeds.reduce((sum, seed) => sum + seed, 0),
  }));

  const times = await measureCalls({
    prepare: (round) => {
      for (const { array, seed } of sends) stamp(array, round + seed);
    },
    call,
    check: (round) => {
      for (const { array, terms, total } of sums) checkStamp(array, terms * round + total, bench);
    },
  });

  for (const { array, seed } of sends) fillPattern(array, seed);
  await call();
  for (const { array, seeds } of receives) checkPattern(array, seeds, bench);
  report({ bench, bytes }, times, { bus });
}
