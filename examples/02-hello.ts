/**
 * The first program: who is there?
 *
 *     tsrun -n 4 examples/02-hello.ts
 *
 * Every rank runs this same file. What makes them differ is `world.rank`, from 0 to `world.size - 1`.
 */
import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { world } from 'tsmpi';

const greeting = { rank: world.rank, text: `Hello from rank ${world.rank} of ${world.size} on ${hostname()}` };

// Printed by each rank, the greetings would appear in any order. Gathered, they stand in the order of the ranks.
const greetings = await world.gather(greeting);

// `gather` gives the list to rank 0, its root, and undefined to the others.
if (greetings) {
  for (const { text } of greetings) console.log(text);
  assert.deepEqual(
    greetings.map(({ rank }) => rank),
    Array.from({ length: world.size }, (_, rank) => rank),
    'one greeting a rank, in order',
  );
}
