/**
 * Rank 0 hands out work, every rank does its share, rank 0 collects the results.
 *
 *     tsrun -n 4 examples/06-scatter-gather.ts
 *
 * The work: which start below a million gives the longest Collatz sequence (halve what is even, 3n + 1 what is odd)?
 */
import assert from 'node:assert/strict';
import { world } from 'tsmpi';
import { shareOf } from './lib/share.ts';

interface Task {
  name: string;
  start: number;
  end: number;
}
interface Result extends Task {
  best: number;
  steps: number;
}

const LIMIT = 1_000_000;

// One task for each rank. Only the root of a scatter has something to scatter.
const tasks =
  world.rank === 0
    ? Array.from({ length: world.size }, (_, i): Task => ({ name: `task ${i}`, ...shareOf(LIMIT, i, world.size) }))
    : undefined;

const task = await world.scatter<Task>(tasks);
const results = await world.gather<Result>({ ...task, ...longest(task) });

if (results) {
  for (const { name, start, end, best, steps } of results) {
    console.log(`${name}: from ${start} below ${end}, the longest begins at ${best} (${steps} steps)`);
  }
  const winner = results.reduce((a, b) => (b.steps > a.steps ? b : a));
  console.log(`Below ${LIMIT}, ${winner.best} takes longest: ${winner.steps} steps`);
  assert.deepEqual([winner.best, winner.steps], [837_799, 524], 'as is known');
}

function longest({ start, end }: Task): { best: number; steps: number } {
  let best = 0;
  let steps = -1;
  for (let from = Math.max(start, 1); from < end; from++) {
    let n = from;
    let count = 0;
    for (; n !== 1; count++) n = n % 2 === 0 ? n / 2 : 3 * n + 1;
    if (count > steps) [best, steps] = [from, count];
  }
  return { best, steps };
}
