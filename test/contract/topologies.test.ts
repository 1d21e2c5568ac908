/** Grids and graphs of ranks over every transport (section 5 of the contract; MPI 4.1, chapter 8). */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import type { CartCommunicator } from '../../src/comm/cartesian.ts';
import type { Communicator } from '../../src/comm/communicator.ts';
import { computeDims } from '../../src/comm/topology/dims.ts';
import { PROC_NULL } from '../../src/matching/envelope.ts';
import { runs } from '../helpers/runs.ts';

const code = (value: string) => expect.objectContaining({ code: value });
const range = (count: number) => [...Array(count).keys()];

/** The coordinates of all places, by rank, counted like an odometer. */
function placesOf(dims: readonly number[]): number[][] {
  return dims.reduce<number[][]>(
    (places, extent) => places.flatMap((place) => range(extent).map((coordinate) => [...place, coordinate])),
    [[]],
  );
}

/** The rank that is `step` along a dimension from a place: looked for among all of them. */
function rankFrom(cart: CartCommunicator, place: readonly number[], dimension: number, step: number): number {
  const extent = cart.dims[dimension] as number;
  const at = (place[dimension] as number) + step;
  const inside = cart.periods[dimension] ? ((at % extent) + extent) % extent : at;
  const wanted = place.map((coordinate, one) => (one === dimension ? inside : coordinate)).join();
  const rank = placesOf(cart.dims).findIndex((coords) => coords.join() === wanted);
  return rank < 0 ? PROC_NULL : rank;
}

/** Everything that a grid promises, asked of every rank of it. */
async function checkGrid(cart: CartCommunicator, dims: readonly number[], periods: readonly boolean[]): Promise<void> {
  const places = placesOf(dims);
  const place = places[cart.rank] as number[];
  expect([cart.dims, cart.periods, cart.coords, cart.size]).toEqual([dims, periods, place, places.length]);
  expect(range(cart.size).map((rank) => cart.coordsOf(rank))).toEqual(places);
  expect(places.map((coords) => cart.rankOf(coords))).toEqual(range(cart.size));
  const wrapped = place.map(
    (coordinate, dimension) => coordinate - (periods[dimension] ? 3 * (dims[dimension] ?? 0) : 0),
  );
  expect(cart.rankOf(wrapped)).toBe(cart.rank);
  for (const dimension of dims.keys()) {
    for (const step of [1, -1, 0, 2, -5]) {
      const source = rankFrom(cart, place, dimension, -step);
      const dest = rankFrom(cart, place, dimension, step);
      expect(cart.shift(dimension, step)).toEqual({ source, dest });
      // What shift says is what sendrecv takes.
      const came = await cart.sendrecv(cart.rank, dest, source, { sendTag: dimension });
      expect(came).toBe(source === PROC_NULL ? undefined : source);
    }
  }
  await checkNeighbors(cart);
}

/** The neighbours of a grid: for each dimension the one before, then the one after. */
async function checkNeighbors(cart: CartCommunicator): Promise<void> {
  const { rank, coords, dims } = cart;
  const neighbors = dims.flatMap((_, dimension) => [-1, 1].map((step) => rankFrom(cart, coords, dimension, step)));
  const there = neighbors.filter((neighbor) => neighbor !== PROC_NULL);
  expect([cart.sources, cart.destinations]).toEqual([neighbors, neighbors]);
  const orNobody = <T>(give: (neighbor: number, index: number) => T) =>
    neighbors.map((neighbor, index) => (neighbor === PROC_NULL ? undefined : give(neighbor, index)));
  expect(await cart.neighborAllgather(`${rank}`)).toEqual(orNobody((neighbor) => `${neighbor}`));
  // What the one before has sent to the one after it comes from the one before, also where both are the same rank.
  const sent = neighbors.map((_, index) => `${rank} to ${index}`);
  expect(await cart.neighborAlltoall(sent)).toEqual(orNobody((neighbor, index) => `${neighbor} to ${index ^ 1}`));
  const joined = await cart.neighborAllgatherv(new Int32Array(rank + 1).fill(rank));
  expect(joined).toEqual(Int32Array.from(there.flatMap((neighbor) => Array<number>(neighbor + 1).fill(neighbor))));
  // One element for each that is there: which of mine it is for.
  const marks = Int32Array.from(orNobody((_, index) => 10 * rank + index).filter((mark) => mark !== undefined));
  const swapped = await cart.neighborAlltoallv(
    marks,
    orNobody(() => 1).map((count) => count ?? 0),
  );
  const expected = orNobody((neighbor, index) => 10 * neighbor + (index ^ 1)).filter((mark) => mark !== undefined);
  expect(swapped).toEqual(Int32Array.from(expected));
}

/** The ranks of a graph communicator in the old one are a permutation of all. */
async function checkPermutation(old: Communicator, made: Communicator): Promise<void> {
  const ranks = await made.allgather(old.rank);
  expect([...ranks].sort((a, b) => a - b)).toEqual(range(old.size));
}

describe.each(runs)('grids over %s', (_name, run) => {
  describe.each([1, 2, 3, 4, 5, 6, 7, 8])('on %i ranks', (size) => {
    it('have coordinates, shifts and neighbours, open or periodic, in their order or another', async () => {
      await run(size, async (comm) => {
        const random = seededRandom(size);
        const grids = [[size], [1, size], computeDims(size, 2), computeDims(size, 3), [size, 1, 1]];
        for (const dims of grids) {
          for (const all of [false, true]) {
            const cart = await comm.createCart(dims, all);
            expect(await cart.allgather(comm.rank)).toEqual(range(size));
            await checkGrid(
              cart,
              dims,
              dims.map(() => all),
            );
            await cart.free();
          }
          const periods = dims.map(() => random() < 0.5);
          const reordered = await comm.createCart(dims, periods, true);
          await checkPermutation(comm, reordered);
          await checkGrid(reordered, dims, periods);
        }
      });
    });

    it('may have fewer places than there are ranks: the others get undefined', async () => {
      await run(size, async (comm) => {
        for (const dims of [[1], [Math.ceil(size / 2)], computeDims(Math.max(1, size - 1), 2), []]) {
          const places = dims.reduce((product, extent) => product * extent, 1);
          const cart = (await comm.createCart(dims, true)) as CartCommunicator | undefined;
          expect(cart === undefined).toBe(comm.rank >= places);
          if (cart !== undefined)
            await checkGrid(
              cart,
              dims,
              dims.map(() => true),
            );
          const reordered = (await comm.createCart(dims, false, true)) as CartCommunicator | undefined;
          expect(await comm.allreduce(reordered === undefined ? 0 : 1)).toBe(places);
          if (reordered !== undefined)
            await checkGrid(
              reordered,
              dims,
              dims.map(() => false),
            );
        }
      });
    });

    it('have slices, which are grids again', async () => {
      await run(size, async (comm) => {
        const dims = computeDims(size, 3);
        const periods = [true, false, true];
        const cart = await comm.createCart(dims, periods, true);
        for (const keep of placesOf([2, 2, 2]).map((bits) => bits.map(Boolean))) {
          const pick = <T>(values: readonly T[], wanted: boolean) => values.filter((_, one) => keep[one] === wanted);
          const slice = await cart.sub(keep);
          await checkGrid(slice, pick(dims, true), pick(periods, true));
          expect(slice.coords).toEqual(pick(cart.coords, true));
          // Those who differ only in what is kept, all of them.
          const dropped = await slice.allgather(pick(cart.coords, false));
          expect(dropped).toEqual(range(slice.size).map(() => pick(cart.coords, false)));
          await slice.free();
        }
      });
    });

    it('stay grids when they are duplicated, and in nothing else that is made of them', async () => {
      await run(size, async (comm) => {
        const cart = await comm.createCart([size], true, true);
        cart.attributes.set('kept', size);
        const copy = await cart.dup();
        expect(copy.attributes.get('kept')).toBe(size);
        expect(cart.compare(copy)).toBe('congruent');
        const again = await (await copy.dup()).dup();
        await cart.free();
        await checkGrid(again, [size], [true]);
        const plain = await copy.split(0);
        expect(plain).not.toHaveProperty('dims');
      });
    });
  });

  it('of no dimension have one place', async () => {
    await run(3, async (comm) => {
      const cart = (await comm.createCart([])) as CartCommunicator | undefined;
      expect(cart === undefined).toBe(comm.rank > 0);
      if (cart === undefined) return;
      expect([cart.size, cart.dims, cart.periods, cart.coords, cart.coordsOf(0), cart.rankOf([])]).toEqual([
        1,
        [],
        [],
        [],
        [],
        0,
      ]);
      expect([await cart.neighborAllgather(1), await cart.neighborAlltoall([])]).toEqual([[], []]);
      expect(() => cart.shift(0, 1)).toThrow(code('ERR_ARG'));
      expect((await cart.sub([])).dims).toEqual([]);
      expect((await cart.dup()).dims).toEqual([]);
    });
  });

  it('that are periodic with one rank or two have the same one before and after', async () => {
    await run(2, async (comm) => {
      const other = 1 - comm.rank;
      const ring = await comm.createCart([2, 1], true);
      expect([ring.shift(0, 1), ring.shift(1, 1)]).toEqual([
        { source: other, dest: other },
        { source: comm.rank, dest: comm.rank },
      ]);
      expect(await ring.neighborAlltoall(['up', 'down', 'left', 'right'])).toEqual(['down', 'up', 'right', 'left']);
      const open = await comm.createCart([2, 1], false);
      expect(open.shift(1, 1)).toEqual({ source: PROC_NULL, dest: PROC_NULL });
      expect(await open.neighborAlltoall(['up', 'down', 'left', 'right'])).toEqual(
        comm.rank === 0 ? [undefined, 'up', undefined, undefined] : ['down', undefined, undefined, undefined],
      );
    });
  });

  it('refuse what they cannot be, before anything is sent', async () => {
    await run(2, async (comm) => {
      for (const dims of [[0], [-1, -2], [1.5], undefined, 2, ['2']]) {
        await expect(comm.createCart(dims as never), `${dims}`).rejects.toEqual(code('ERR_ARG'));
      }
      for (const dims of [[3], [2, 2]]) {
        await expect(comm.createCart(dims)).rejects.toMatchObject({ code: 'ERR_COUNT', expected: 2, rank: comm.rank });
      }
      for (const periods of [[true], [true, false, true], [1, 0], 'yes', null]) {
        await expect(comm.createCart([1, 2], periods as never)).rejects.toEqual(code('ERR_ARG'));
      }
      await expect(comm.createCart([2], false, 1 as never)).rejects.toEqual(code('ERR_ARG'));
      const cart = await comm.createCart([2]);
      const wrong: [string, () => unknown][] = [
        ['ERR_RANK', () => cart.coordsOf(2)],
        ['ERR_RANK', () => cart.coordsOf(PROC_NULL)],
        ['ERR_ARG', () => cart.rankOf([2])],
        ['ERR_ARG', () => cart.rankOf([0, 0])],
        ['ERR_ARG', () => cart.rankOf([0.5])],
        ['ERR_ARG', () => cart.shift(1, 1)],
        ['ERR_ARG', () => cart.shift(0, 0.5)],
      ];
      for (const [value, call] of wrong) expect(call).toThrow(code(value));
      await expect(cart.sub([])).rejects.toEqual(code('ERR_ARG'));
      await expect(cart.sub([1] as never)).rejects.toEqual(code('ERR_ARG'));
      await expect(cart.neighborAlltoall([1])).rejects.toEqual(code('ERR_COUNT'));
      await expect(cart.neighborAlltoallv(new Int8Array(1), [1])).rejects.toEqual(code('ERR_COUNT'));
      expect(await comm.allreduce(1)).toBe(2);
    });
  });

  it('that ranks do not agree about are ERR_MISMATCH on all, and the communicator goes on', async () => {
    await run(4, async (comm) => {
      const odd = comm.rank === 2;
      for (const call of [
        () => comm.createCart(odd ? [2, 2] : [4]),
        () => comm.createCart([4], odd),
        () => comm.createCart([4], false, odd),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'ERR_MISMATCH', rank: comm.rank });
      }
      await checkGrid(await comm.createCart([4]), [4], [false]);
    });
  });
});

/** The edges of a random graph, from every node, which may go to itself and may be there twice. */
function randomEdges(size: number, random: () => number): number[][] {
  return range(size).map(() => Array.from({ length: Math.floor(random() * 4) }, () => Math.floor(random() * size)));
}

describe.each(runs)('graphs over %s', (_name, run) => {
  describe.each([1, 2, 3, 4, 5, 6, 7, 8])('on %i ranks', (size) => {
    it('carry values along their edges, whatever these are', async () => {
      await run(size, async (comm) => {
        const random = seededRandom(100 + size);
        for (let round = 0; round < 6; round++) {
          const edges = randomEdges(size, random);
          const sourcesOf = (node: number) =>
            range(size).flatMap((from) => (edges[from] ?? []).flatMap((to) => (to === node ? [from] : [])));
          const reorder = round % 2 === 1;
          const own = edges[comm.rank] as number[];
          const weights = own.map((to) => 10 * comm.rank + to);
          const graph = await comm.createGraph(sourcesOf(comm.rank), own, { weights, reorder });
          await checkPermutation(comm, graph);
          // Another rank may have the place: it has the edges of the place then.
          const { rank } = graph;
          const [sources, destinations] = [sourcesOf(rank), edges[rank] as number[]];
          expect([graph.sources, graph.destinations]).toEqual([sources, destinations]);
          expect(graph.destinationWeights).toEqual(destinations.map((to) => 10 * rank + to));
          expect(graph.sourceWeights).toEqual(sources.map((from) => 10 * from + rank));
          for (const one of [graph, await graph.dup()]) {
            expect(await one.neighborAllgather({ of: rank })).toEqual(sources.map((from) => ({ of: from })));
            // The k-th edge from one to another is the k-th in both lists.
            const numbered = (list: readonly number[]) =>
              list.map((node, at) => list.slice(0, at).filter((before) => before === node).length);
            const sent = numbered(destinations).map((nth, at) => `${rank} to ${destinations[at]} ${nth}`);
            const came = numbered(sources).map((nth, at) => `${sources[at]} to ${rank} ${nth}`);
            expect(await one.neighborAlltoall(sent)).toEqual(came);
            const joined = await one.neighborAllgatherv(new Uint16Array(rank).fill(rank));
            expect(joined).toEqual(Uint16Array.from(sources.flatMap((from) => Array<number>(from).fill(from))));
            const counts = destinations.map((to) => to + 1);
            const parts = destinations.flatMap((to) => Array<number>(to + 1).fill(rank));
            const swapped = await one.neighborAlltoallv(Float32Array.from(parts), counts);
            expect(swapped).toEqual(Float32Array.from(sources.flatMap((from) => Array<number>(rank + 1).fill(from))));
            await one.free();
          }
        }
      });
    });

    it('may have no edge at all', async () => {
      await run(size, async (comm) => {
        const graph = await comm.createGraph([], [], { reorder: true });
        expect([await graph.neighborAllgather(1), await graph.neighborAlltoall([])]).toEqual([[], []]);
        expect(await graph.neighborAllgatherv(Int8Array.of(1))).toEqual(new Int8Array(0));
        expect(await graph.allreduce(1)).toBe(size);
      });
    });
  });

  it('refuse what they cannot be, before anything is sent', async () => {
    await run(2, async (comm) => {
      const calls: [string, () => Promise<unknown>][] = [
        ['ERR_RANK', () => comm.createGraph([2], [])],
        ['ERR_RANK', () => comm.createGraph([], [-1])],
        ['ERR_RANK', () => comm.createGraph([], [PROC_NULL])],
        ['ERR_RANK', () => comm.createGraph([0.5], [])],
        ['ERR_ARG', () => comm.createGraph(0 as never, [])],
        ['ERR_ARG', () => comm.createGraph([], undefined as never)],
        ['ERR_ARG', () => comm.createGraph([0], [0], { weights: [] })],
        ['ERR_ARG', () => comm.createGraph([0], [0], { weights: new Array(1) })],
        ['ERR_ARG', () => comm.createGraph([0], [0], { weights: [-1] })],
        ['ERR_ARG', () => comm.createGraph([0], [0], { weights: [Number.NaN] })],
        ['ERR_ARG', () => comm.createGraph([0], [0], { reorder: 'yes' as never })],
      ];
      for (const [value, call] of calls) await expect(call(), `${call}`).rejects.toEqual(code(value));
      expect(await comm.allreduce(1)).toBe(2);
    });
  });

  it('in which an edge has one end only, or about which ranks do not agree, are ERR_MISMATCH on all', async () => {
    await run(3, async (comm) => {
      const { rank } = comm;
      for (const call of [
        () => comm.createGraph([], rank === 0 ? [1] : []),
        () => comm.createGraph(rank === 2 ? [0] : [], []),
        () => comm.createGraph(rank === 1 ? [0] : [], rank === 0 ? [1, 1] : []),
        () => comm.createGraph([], [], { reorder: rank === 2 }),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'ERR_MISMATCH', rank });
      }
      const next = (rank + 1) % 3;
      const before = (rank + 2) % 3;
      const ring = await comm.createGraph([before], [next]);
      expect(await ring.neighborAllgather(rank)).toEqual([before]);
    });
  });

  it('a rank that makes another call, or another neighbourhood collective: ERR_MISMATCH, and nobody hangs', async () => {
    await run(2, async (comm) => {
      const ring = await comm.createCart([2], true);
      const call = comm.rank === 0 ? ring.neighborAllgather(1) : ring.neighborAlltoall([1, 2]);
      await expect(call).rejects.toEqual(code('ERR_MISMATCH'));
      const copy = await comm.dup();
      await expect(comm.rank === 0 ? copy.createCart([2]) : copy.createGraph([], [])).rejects.toEqual(
        code('ERR_MISMATCH'),
      );
      expect(await comm.allreduce(1)).toBe(2);
    });
  });
});
