/**
 * Heat spreads over a plate: a 2-D partial differential equation on a grid, and a picture of the result.
 *
 *     tsrun -n 4 examples/08-heat.ts [heat.png] [steps]
 *
 * Each rank owns a band of rows. To compute its next state it needs one row from each neighbour, the halo. Two `sendrecv`
 * a step bring them: everybody's first row goes up, everybody's last row goes down. The plate's own edges are insulated,
 * so no heat is ever lost, and that is what is checked in the end.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { MAX, MIN, PROC_NULL, SUM, world } from 'tsmpi';
import { encodePng, gradient } from './lib/png.ts';
import { shareOf } from './lib/share.ts';

const picture = process.argv[2] ?? 'heat.png';
const steps = Number(process.argv[3] ?? 300);
const WIDTH = 640;
const HEIGHT = 320;
const RATE = 0.2; // diffusivity * dt / dx^2: stable up to 1/4

// What is hot in the beginning.
const CELL = 20; // grid points a character
const LETTERS = [
  '##### .#### #...# ####. ###',
  '..#.. #.... ##.## #...# .#.',
  '..#.. .###. #.#.# ####. .#.',
  '..#.. ....# #...# #.... .#.',
  '..#.. ####. #...# #.... ###',
];
const LEFT = (WIDTH - CELL * LETTERS[0]!.length) / 2;
const TOP = (HEIGHT - CELL * LETTERS.length) / 2;
const isHot = (x: number, y: number) => LETTERS[Math.floor((y - TOP) / CELL)]?.[Math.floor((x - LEFT) / CELL)] === '#';

// My band of the plate, between two halo rows: rows 1 to `rows` are mine.
const { start, end } = shareOf(HEIGHT, world.rank, world.size);
const rows = end - start;
assert.ok(rows > 0, `there are no more than ${HEIGHT} rows to share among ${world.size} ranks`);
let heat = new Float64Array((rows + 2) * WIDTH);
let next = new Float64Array((rows + 2) * WIDTH);
const row = (y: number) => heat.subarray(y * WIDTH, (y + 1) * WIDTH);
for (let y = 1; y <= rows; y++) {
  for (let x = 0; x < WIDTH; x++) row(y)[x] = isHot(x, start + y - 1) ? 1 : 0;
}

// Beyond the first and the last rank there is nobody: messages to and from PROC_NULL vanish.
const above = world.rank > 0 ? world.rank - 1 : PROC_NULL;
const below = world.rank < world.size - 1 ? world.rank + 1 : PROC_NULL;

const heatBefore = await totalHeat();
for (let step = 0; step < steps; step++) {
  await exchangeHalos();
  spread();
  [heat, next] = [next, heat];
}
const heatAfter = await totalHeat();

// Nothing is lost, and nothing gets hotter than the hottest or colder than the coldest was.
const mine = heat.subarray(WIDTH, (rows + 1) * WIDTH);
const coldest = await world.allreduce(
  mine.reduce((a, b) => Math.min(a, b)),
  MIN,
);
const hottest = await world.allreduce(
  mine.reduce((a, b) => Math.max(a, b)),
  MAX,
);
assert.ok(Math.abs(heatAfter - heatBefore) < 1e-9 * heatBefore, `heat went from ${heatBefore} to ${heatAfter}`);
assert.ok(coldest >= 0 && hottest <= 1, `temperatures from ${coldest} to ${hottest}`);

// Each rank colours its own band, rank 0 puts them together. The root of the heat shows more of the faint edges.
const colours = Uint8Array.from(mine, (temperature) => Math.round(255 * Math.sqrt(temperature)));
const pixels = await world.gatherv(colours);
if (pixels) {
  const glow = ['#000004', '#1f0c48', '#550f6d', '#88226a', '#ba3655', '#e35933', '#f98c0a', '#f9c932', '#fcffa4'];
  await writeFile(picture, encodePng(WIDTH, pixels, gradient(glow)));
  console.log(`${WIDTH} x ${HEIGHT} points, ${steps} steps, ranks ${world.size}`);
  console.log(
    `heat ${heatBefore.toFixed(6)} before, ${heatAfter.toFixed(6)} after; hottest point ${hottest.toFixed(4)}`,
  );
  console.log(`wrote ${picture}`);
}

async function exchangeHalos(): Promise<void> {
  await Promise.all([
    world.sendrecv(row(1), above, below, { out: row(rows + 1) }),
    world.sendrecv(row(rows), below, above, { out: row(0) }),
  ]);
  // An insulated edge has the same temperature on both of its sides.
  if (above === PROC_NULL) row(0).set(row(1));
  if (below === PROC_NULL) row(rows + 1).set(row(rows));
}

/** One step in time: every point moves towards the mean of its four neighbours. */
function spread(): void {
  for (let y = 1; y <= rows; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const i = y * WIDTH + x;
      const here = heat[i]!;
      const left = x > 0 ? heat[i - 1]! : here;
      const right = x < WIDTH - 1 ? heat[i + 1]! : here;
      next[i] = here + RATE * (left + right + heat[i - WIDTH]! + heat[i + WIDTH]! - 4 * here);
    }
  }
}

async function totalHeat(): Promise<number> {
  let total = 0;
  for (let i = WIDTH; i < (rows + 1) * WIDTH; i++) total += heat[i]!;
  return world.allreduce(total, SUM);
}
