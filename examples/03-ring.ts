/**
 * A token travels once around the ring of ranks, and each rank signs it.
 *
 *     tsrun -n 4 examples/03-ring.ts
 *
 * Any value can be sent: here an object with an array in it. Alone, a rank is its own neighbour and sends to itself.
 */
import assert from 'node:assert/strict';
import { world } from 'tsmpi';

interface Token {
  route: number[];
  sum: number;
}

const { rank, size } = world;
const next = (rank + 1) % size;
const previous = (rank + size - 1) % size;
const sign = ({ route, sum }: Token): Token => ({ route: [...route, rank], sum: sum + rank });

if (rank === 0) {
  // Rank 0 sends before it receives, all others receive before they send: so the ring begins to turn.
  await world.send(sign({ route: [], sum: 0 }), next);
  const token = await world.recv<Token>(previous);

  console.log(`The token went ${[...token.route, 0].join(' -> ')}, the ranks add up to ${token.sum}`);
  assert.equal(token.route.length, size, 'everybody has signed');
  assert.equal(token.sum, (size * (size - 1)) / 2, 'the sum of all ranks');
} else {
  const token = await world.recv<Token>(previous);
  await world.send(sign(token), next);
}
