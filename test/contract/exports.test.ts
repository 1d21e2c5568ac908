/** The names of the contract are all there, and what they are does not depend on how they are imported. */
import { hostname } from 'node:os';
import { expect, it } from 'vitest';
import * as tsmpi from '../../src/index.ts';
import * as testing from '../../src/testing.ts';

const words = (text: string) => text.trim().split(/\s+/);

it('the package exports every name of the contract', () => {
  const names = `world self finalize ANY_SOURCE ANY_TAG PROC_NULL TAG_UB Status MpiError waitAll waitAny waitSome testAll testAny
    testSome startAll SUM PROD MIN MAX LAND LOR LXOR BAND BOR BXOR MINLOC MAXLOC REPLACE NO_OP createOp computeDims
    Intercommunicator ROOT`;
  for (const name of words(names)) expect(tsmpi, name).toHaveProperty(name);
  expect(testing).toHaveProperty('spmd');
  expect(tsmpi.TAG_UB).toBe(2 ** 31 - 1);
});

it('a group, a grid and a graph have every call of the contract', async () => {
  const { world } = tsmpi;
  const groups = 'union intersection difference include exclude rangeInclude rangeExclude translateRanks compare';
  for (const name of words(groups)) expect(world.group, name).toHaveProperty(name, expect.any(Function));
  const neighbors = words('neighborAllgather neighborAllgatherv neighborAlltoall neighborAlltoallv dup free');
  const [cart, graph] = [await world.createCart([1]), await world.createGraph([], [])];
  for (const name of [...neighbors, ...words('coordsOf rankOf shift sub')])
    expect(cart, name).toHaveProperty(name, expect.any(Function));
  for (const name of neighbors) expect(graph, name).toHaveProperty(name, expect.any(Function));
  expect([cart.dims, cart.periods, cart.coords]).toEqual([[1], [false], [0]]);
});

it('a communicator has every call of the contract', () => {
  const calls = `send ssend recv sendrecv isend issend irecv probe iprobe mprobe improbe messages sendInit recvInit abort
    barrier bcast scatter gather allgather alltoall scatterv gatherv allgatherv alltoallv reduce allreduce scan exscan reduceScatter
    reduceScatterBlock dup split splitType create createGroup free compare createIntercomm createCart createGraph setName`;
  for (const name of words(calls)) expect(tsmpi.world, name).toHaveProperty(name, expect.any(Function));
  const { rank, size, name, group } = tsmpi.world;
  expect({ rank, size, name, ranks: group.ranks }).toEqual({ rank: 0, size: 1, name: 'world', ranks: [0] });
  const { hosts, localRank, localSize, attributes } = tsmpi.world;
  expect({ hosts, localRank, localSize, attributes }).toEqual({
    hosts: [hostname()],
    localRank: 0,
    localSize: 1,
    attributes: new Map(),
  });
});

it('an intercommunicator has every call that is defined between two groups, and no other collective', () => {
  const calls = `send ssend recv sendrecv isend issend irecv probe iprobe mprobe improbe messages sendInit recvInit abort
    barrier bcast scatter gather allgather alltoall scatterv gatherv allgatherv alltoallv reduce allreduce reduceScatter
    reduceScatterBlock dup merge compare setName free`;
  const { prototype } = tsmpi.Intercommunicator;
  for (const name of words(calls)) expect(prototype, name).toHaveProperty(name, expect.any(Function));
  for (const name of ['scan', 'exscan']) expect(prototype).not.toHaveProperty(name);
  expect(tsmpi.world).toHaveProperty('createIntercomm', expect.any(Function));
});
