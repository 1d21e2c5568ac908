/**
 * An allreduce of 1 MiB on all ranks, then 100,000 small messages from every other rank to rank 0, which receives them from anybody.
 * Rank 0 prints how much memory it ever had.
 */
import { ANY_SOURCE, Status, world } from 'tsmpi';

const MESSAGES = 100_000;
const array = new Float64Array(131_072).fill(world.rank + 1);
const sum = await world.allreduce(array);
const expected = (world.size * (world.size + 1)) / 2;
if (!sum.every((x) => x === expected)) throw new Error(`allreduce gave ${sum[0]} instead of ${expected}`);

if (world.rank === 0) {
  const next = new Array<number>(world.size).fill(0);
  const status = new Status();
  for (let i = 0; i < MESSAGES * (world.size - 1); i++) {
    const value = await world.recv<number>(ANY_SOURCE, 1, { status });
    if (value !== next[status.source])
      throw new Error(`rank ${status.source}: ${value} instead of ${next[status.source]}`);
    next[status.source] = value + 1;
  }
  console.log(
    `messages ${MESSAGES * (world.size - 1)} maxrss ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`,
  );
} else {
  for (let i = 0; i < MESSAGES; i++) await world.send(i, 0, 1);
}
