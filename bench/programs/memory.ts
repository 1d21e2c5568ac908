/** Resident memory of each rank, when it has started and when it has talked to all others: what another rank costs. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { world } from 'tsmpi';
import { print } from '../lib/measure.ts';
import { statistics } from '../lib/stats.ts';

const { rank, size } = world;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function residentBytes(): number {
  collectGarbage();
  return process.memoryUsage.rss();
}

/** A short message to the rank `distance` above, and one from the rank as far below. */
async function talk(distance: number): Promise<void> {
  const source = (rank + size - distance) % size;
  const got = new Float64Array(1);
  await world.sendrecv(Float64Array.of(rank), (rank + distance) % size, source, { out: got });
  if (got[0] !== source) throw new Error(`rank ${rank} got ${got[0]} from rank ${source}`);
}

const started = residentBytes();
for (let distance = 1; distance < size; distance++) await talk(distance);
const talked = residentBytes();

for (const [variant, bytes] of [
  ['started', started],
  ['talked to all', talked],
] as const) {
  const all = await world.gather(bytes);
  if (all !== undefined) print({ bench: 'memory', variant, unit: 'bytes', ...statistics(Float64Array.from(all)) });
}
