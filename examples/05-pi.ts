/**
 * Pi as the area under 4 / (1 + x^2) from 0 to 1: the ranks take turns with the strips, and add up their areas.
 *
 *     tsrun -n 4 examples/05-pi.ts [strips]
 */
import assert from 'node:assert/strict';
import { SUM, world } from 'tsmpi';

const strips = Number(process.argv[2] ?? 10_000_000);
const width = 1 / strips;

let heights = 0;
for (let strip = world.rank; strip < strips; strip += world.size) {
  const middle = (strip + 0.5) * width;
  heights += 4 / (1 + middle * middle);
}

// `allreduce` adds up the areas of all ranks and tells everybody: the same bits on every rank.
const pi = await world.allreduce(heights * width, SUM);

// The midpoint rule is wrong by less than width^2 / 12 here; summing so many terms adds a little of its own.
const error = Math.abs(pi - Math.PI);
assert.ok(error < width * width + 1e-11, `pi is wrong by ${error}`);
if (world.rank === 0) console.log(`pi is about ${pi.toFixed(12)} (error ${error.toExponential(1)}, ${strips} strips)`);
