/** What a communicator says of itself, also to console.log. */
import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { spmd } from '../../src/runtime/spmd.ts';

it('a communicator is shown by its kind, its name and our rank', async () => {
  const shown = await spmd(2, async (world) => {
    const cart = await world.createCart([2, 1]);
    const graph = await world.createGraph([world.rank], [world.rank]);
    const alone = await world.split(world.rank);
    alone.setName('half');
    const inter = await alone.createIntercomm(0, world, 1 - world.rank);
    const texts = [world, cart, graph, alone, inter, world.group].map((one) => inspect(one));
    expect(String(world)).toBe(texts[0]);
    await Promise.all([cart.free(), graph.free(), inter.free(), alone.free()]);
    return texts;
  });
  expect(shown[1]).toEqual([
    "Communicator 'world', rank 1 of 2",
    "CartCommunicator (2 x 1) 'grid of world', rank 1 of 2",
    "GraphCommunicator 'graph of world', rank 1 of 2",
    "Communicator 'half', rank 0 of 1",
    "Intercommunicator (1 and 1 ranks) 'intercommunicator of half', rank 0 of 1",
    'Group of 2, our rank 1',
  ]);
});
