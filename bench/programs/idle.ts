/** How much processor a rank uses while it waits for another that is late: it ought to sleep. */
import { setTimeout } from 'node:timers/promises';
import { world } from 'tsmpi';
import { print } from '../lib/measure.ts';
import { settings } from '../lib/settings.ts';
import { statistics } from '../lib/stats.ts';

const seconds = 2 * settings.seconds;

/** For the others to get there, and for what came before to be over. */
const SETTLE = 100; // ms

const WAITS: Record<string, () => Promise<unknown>> = {
  recv: () => (world.rank === 0 ? sendToAll() : world.recv(0)),
  barrier: () => world.barrier(),
};

async function sendToAll(): Promise<void> {
  for (let rank = 1; rank < world.size; rank++) await world.send(rank, rank);
}

for (const [name, wait] of Object.entries(WAITS)) {
  await wait(); // once in vain: what is compiled for it does not count
  await world.barrier();
  await setTimeout(SETTLE);
  const before = process.cpuUsage();
  if (world.rank === 0) await setTimeout(seconds * 1000);
  await wait();
  const { user, system } = process.cpuUsage(before);
  const [, ...waiting] = (await world.gather(user + system)) ?? [];
  if (world.rank === 0) {
    print({ bench: 'idle', variant: `${name} for ${seconds} s`, ...statistics(Float64Array.from(waiting)) });
  }
}
