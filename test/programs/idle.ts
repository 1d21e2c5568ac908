/** Ranks wait two seconds in a receive and two in a barrier; each prints how much processor that took, in milliseconds. */
import { setTimeout as sleep } from 'node:timers/promises';
import { world } from 'tsmpi';

async function used(wait: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await wait();
  const { user, system } = process.cpuUsage(before);
  return Math.round((user + system) / 1000);
}

await world.barrier();
if (world.rank === 0) {
  await sleep(2000);
  for (let rank = 1; rank < world.size; rank++) await world.send('go on', rank);
  await sleep(2000);
  await world.barrier();
} else {
  console.log(await used(() => world.recv(0)), await used(() => world.barrier()));
}
