/**
 * Adds up a NumPy file, each rank its own slice of it.
 *
 *     tsrun -n 4 examples/01-array-sum.ts [file.npy]
 *
 * No rank ever holds the whole array: it reads the header from rank 0, its slice from the file, and sends one number.
 */
import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MAX, MIN, SUM, world } from 'tsmpi';
import { type NpyHeader, readNpyHeader, readNpySlice } from './lib/npy.ts';
import { shareOf } from './lib/share.ts';
import { summarise } from './lib/summary.ts';

const flights = fileURLToPath(new URL('data/flight-delays.npy', import.meta.url));
const file = process.argv[2] ?? flights;

// Rank 0 alone looks at the header: a file that is no good is then one error, and not one a rank.
const header = await world.bcast<NpyHeader>(world.rank === 0 ? await readNpyHeader(file) : undefined);

// Every rank reads and summarises its own part ...
const { start, end } = shareOf(header.length, world.rank, world.size);
const part = summarise(await readNpySlice(file, header, start, end));

// ... and what they found comes together on rank 0. The four reductions are under way at the same time.
const [count, sum, min, max] = await Promise.all([
  world.reduce(end - start, SUM),
  world.reduce(part.sum, SUM),
  world.reduce(part.min, MIN),
  world.reduce(part.max, MAX),
]);

if (count !== undefined && sum !== undefined) {
  const empty = count === 0;
  console.log(`file   ${basename(file)}`);
  console.log(`type   ${header.dtype}, shape ${header.shape.join(' x ') || 'of a scalar'}`);
  console.log(`ranks  ${world.size}`);
  console.log(`count  ${count}`);
  console.log(`sum    ${sum}`);
  console.log(`mean   ${empty ? 'none' : Number(sum) / count}`);
  console.log(`min    ${empty ? 'none' : min}`);
  console.log(`max    ${empty ? 'none' : max}`);

  assert.equal(count, header.length, 'every element is counted once');
  if (file === flights) assert.equal(sum, 1_500_159n, 'the sum that NumPy finds');
}
