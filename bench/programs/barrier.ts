/** Barriers one after the other. That they hold is checked: nobody leaves one before everybody has come to it. */
import { world } from 'tsmpi';
import { meanOverRanks, measureRounds, report } from '../lib/measure.ts';

const times = await measureRounds(async (first, end) => {
  for (let round = first; round < end; round++) await world.barrier();
});

// Ranks come to the barrier one after the other, rank 0 last: the others must leave it after rank 0 came. Between processes
// of one machine `Date.now` is the same clock, to the millisecond.
for (let late = 0; late < world.size; late++) {
  if (world.rank === late) await new Promise((resolve) => setTimeout(resolve, 20));
  const came = Date.now();
  await world.barrier();
  const left = Date.now();
  const last = Math.max(...(await world.allgather(came)));
  if (left < last - 1) throw new Error(`rank ${world.rank} left a barrier ${last - left} ms before the last rank came`);
}
report({ bench: 'barrier' }, await meanOverRanks(times));
