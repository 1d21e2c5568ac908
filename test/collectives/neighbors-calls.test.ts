/** Neighbourhood collectives one by one: who is not there, places in `out`, the same memory for both ways, what is wrong. */
import ndarray from 'ndarray';
import { describe, expect, it } from 'vitest';
import type { Neighborhood } from '../../src/collectives/calls.ts';
import { PROC_NULL } from '../../src/matching/envelope.ts';
import { locally, type Neighbor, overEngine } from './helpers/neighbors.ts';

const engine = overEngine({ seed: 5 });

/** A line of ranks: the neighbour below, then the one above. */
function line(size: number): Neighborhood[] {
  return Array.from({ length: size }, (_, rank) => {
    const both = [rank > 0 ? rank - 1 : PROC_NULL, rank + 1 < size ? rank + 1 : PROC_NULL];
    return { sources: both, destinations: both, order: [0, 1] };
  });
}

const of = (...elements: number[]) => Float64Array.of(...elements);

/** Large arrays, compared in no time. */
function same(actual: unknown, expected: Float64Array): void {
  expect(actual).toBeInstanceOf(Float64Array);
  expect(Buffer.from((actual as Float64Array).buffer).equals(Buffer.from(expected.buffer))).toBe(true);
}

describe('edges', () => {
  it('between the same two ranks meet in the order in which their messages leave', async () => {
    // A ring of two that is one's neighbour on both sides: what goes down first comes from above.
    const graph = [0, 1].map((rank) => {
      const both = [1 - rank, 1 - rank];
      return { sources: both, destinations: both, order: [1, 0] };
    });
    const results = await engine(graph, ({ rank, alltoall }) => alltoall([`${rank} down`, `${rank} up`]));
    expect(results).toEqual([
      ['1 up', '1 down'],
      ['0 up', '0 down'],
    ]);
  });

  it('from a rank to itself give copies', async () => {
    const graph = [{ sources: [0, PROC_NULL, 0], destinations: [0, 0], order: [0, 1] }];
    await engine(graph, async ({ allgather, alltoall }) => {
      const value = { list: [1, 2] };
      const gathered = (await allgather(value)) as unknown[];
      expect(gathered).toEqual([value, undefined, value]);
      expect(new Set([value, ...gathered]).size).toBe(4);
      const array = of(1, 2);
      const swapped = await alltoall([array, array]);
      array.fill(0);
      expect(swapped).toEqual([of(1, 2), undefined, of(1, 2)]);
    });
  });

  it('that a rank does not have give it nothing, of the kind of its own array', async () => {
    const graph = [{ sources: [], destinations: [], order: [] }];
    await engine(graph, async ({ allgather, allgatherv, alltoall, alltoallv }) => {
      expect(await allgather(1)).toEqual([]);
      expect(await alltoall([])).toEqual([]);
      expect(await allgatherv(of(1))).toEqual(of());
      expect(await alltoallv(Buffer.from('x'), [])).toEqual(Buffer.alloc(0));
      const out = of(7);
      expect(await allgather(1, { out })).toBe(out);
      expect(out).toEqual(of(7));
    });
  });
});

describe('large values', () => {
  const LENGTH = 400_000;

  it.each([
    ['memory', engine],
    ['any channel', locally(3, 128 * 1024)],
  ])('pass both ways at once, over %s, and may be changed afterwards', async (_name, run) => {
    await run(line(4), async ({ rank, here, allgather, allgatherv, alltoallv }) => {
      const own = new Float64Array(LENGTH).fill(rank);
      const gathered = allgather(own);
      const joined = allgatherv(own);
      const counts = [LENGTH / 4, LENGTH / 4];
      const swapped = alltoallv(own, counts, { recvCounts: counts });
      const results = [await gathered, await joined, await swapped];
      own.fill(-1);
      const sources = here.sources.filter((source) => source !== PROC_NULL);
      for (const [index, source] of here.sources.entries()) {
        const value = (results[0] as unknown[])[index];
        if (source === PROC_NULL) expect(value).toBeUndefined();
        else same(value, new Float64Array(LENGTH).fill(source));
      }
      const expected = new Float64Array(LENGTH * sources.length);
      for (const [index, source] of sources.entries()) expected.fill(source, index * LENGTH, (index + 1) * LENGTH);
      same(results[1], expected);
      // The counts have a place for whoever is not there.
      const halves = new Float64Array(LENGTH / 2);
      for (const [index, source] of here.sources.entries()) {
        if (source !== PROC_NULL) halves.fill(source, (index * LENGTH) / 4, ((index + 1) * LENGTH) / 4);
      }
      same(results[2], halves);
    });
  });
});

describe('out', () => {
  it('has a place for each neighbour, also for one who is not there', async () => {
    await engine(line(3), async ({ rank, allgather, alltoall }) => {
      const out = new Float64Array(5).fill(-1);
      expect(await allgather(of(rank, rank + 10), { out })).toBe(out);
      expect(out).toEqual([of(-1, -1, 1, 11, -1), of(0, 10, 2, 12, -1), of(1, 11, -1, -1, -1)][rank]);
      const grid = ndarray(new Float64Array(4).fill(-1), [2], [2]);
      await alltoall([rank * 10, rank * 10 + 1], { out: grid });
      expect(grid.data).toEqual([of(-1, -1, 10, -1), of(1, -1, 20, -1), of(11, -1, -1, -1)][rank]);
    });
  });

  it('takes values of differing lengths one after the other where everybody is there', async () => {
    const graph = [0, 1, 2].map(() => ({ sources: [2, 0, 1], destinations: [0, 1, 2], order: [0, 1, 2] }));
    await engine(graph, async ({ rank, allgather }) => {
      expect(await allgather(new Int8Array(rank).fill(rank), { out: new Int8Array(4) })).toEqual(
        Int8Array.of(2, 2, 1, 0),
      );
    });
  });

  it('may be what is sent: the edges of a grid and what lies around it', async () => {
    await engine(line(3), async ({ rank, alltoallv, barrier }) => {
      const halo = (grid: Float64Array) =>
        alltoallv(grid, [1, 1], { sendDispls: [1, 3], recvCounts: [1, 1], recvDispls: [0, 4], out: grid });
      const grid = of(-1, rank, rank + 10, rank + 20, -1);
      expect(await halo(grid)).toBe(grid);
      const below = rank > 0 ? rank - 1 + 20 : -1;
      const above = rank < 2 ? rank + 1 : -1;
      expect(grid).toEqual(of(below, rank, rank + 10, rank + 20, above));
      await barrier();
    });
    const graph = [0, 1].map((rank) => ({ sources: [1 - rank], destinations: [1 - rank], order: [0] }));
    await engine(graph, async ({ rank, allgather, allgatherv, alltoall }) => {
      const array = new Float64Array(100_000).fill(rank);
      const other = new Float64Array(100_000).fill(1 - rank);
      same(await allgatherv(array, { out: array }), other);
      array.fill(rank);
      same(await allgather(array, { out: array }), other);
      array.fill(rank);
      same(await alltoall([array], { out: array }), other);
    });
  });

  it('that does not fit stays as it is, and the ranks together', async () => {
    await engine(line(3), async ({ rank, allgather, allgatherv, alltoallv, barrier }) => {
      const out = of(7);
      await expect(allgatherv(of(1, 2), { out })).rejects.toMatchObject({ code: 'ERR_TRUNCATE', actual: 1 });
      await expect(allgather(of(1, 2), { out })).rejects.toMatchObject({ code: 'ERR_TRUNCATE' });
      await expect(allgather('text', { out })).rejects.toThrow(/the value of rank [012] must be of Float64Array/);
      await expect(allgatherv(new Int32Array(9000), { out })).rejects.toMatchObject({ code: 'ERR_TYPE' });
      const counted = alltoallv(of(1, 2), [1, 1], { recvCounts: [3, 3], out: of(0, 0, 0, 0, 0, 0) });
      await expect(counted).rejects.toMatchObject({ code: 'ERR_MISMATCH', expected: 3, actual: 1 });
      await expect(counted).rejects.toThrow(
        rank === 0
          ? /rank 1 sent 1 elements, but recvCounts\[1\] is 3 here/
          : new RegExp(`rank ${rank - 1} sent 1 elements, but recvCounts\\[0\\] is 3 here`),
      );
      expect(out).toEqual(of(7));
      await barrier();
    });
  });

  it('where somebody is not there takes only values of one length', async () => {
    const graph: Neighborhood[] = [
      { sources: [1, PROC_NULL, 2], destinations: [], order: [] },
      { sources: [], destinations: [0], order: [0] },
      { sources: [], destinations: [0], order: [0] },
    ];
    await engine(graph, async ({ rank, allgather, barrier }) => {
      const call = allgather(new Float64Array(rank), { out: new Float64Array(9) });
      if (rank > 0) await call;
      else {
        await expect(call).rejects.toMatchObject({ code: 'ERR_COUNT', expected: 1, actual: 2 });
        await expect(call).rejects.toThrow(/sources\[0\] sent 1 and sources\[2\] sent 2; use neighborAllgatherv/);
      }
      await barrier();
    });
  });
});

describe('ranks that disagree', () => {
  const pair = [0, 1].map((rank) => ({ sources: [1 - rank], destinations: [1 - rank], order: [0] }));

  it('about the call or the kind of elements are told', async () => {
    const calls = engine(pair, ({ rank, allgather, alltoall }) => (rank === 0 ? allgather(1) : alltoall([1])));
    await expect(calls).rejects.toThrow(
      /neighborAllgather\(\).*neighborAlltoall\(\)|neighborAlltoall\(\).*neighborAllgather\(\)/,
    );
    const kinds = engine(pair, ({ rank, allgatherv }) => allgatherv(rank === 0 ? of(1) : Int8Array.of(1)));
    await expect(kinds).rejects.toMatchObject({ code: 'ERR_MISMATCH' });
  });

  it('about an edge are a deadlock, for whoever waits for it', async () => {
    const [expecting, none] = [
      { sources: [1], destinations: [], order: [] },
      { sources: [], destinations: [], order: [] },
    ];
    const program = (value: unknown) => async (neighbor: Neighbor) => {
      await neighbor.allgather(value);
      await neighbor.barrier();
    };
    await expect(engine([expecting, none], program(1))).rejects.toMatchObject({ code: 'ERR_DEADLOCK' });
    const giving = { sources: [], destinations: [1], order: [0] };
    const large = engine([giving, none], program(new Float64Array(1_000_000)));
    await expect(large).rejects.toMatchObject({ code: 'ERR_DEADLOCK' });
  });
});

describe('what one rank can judge alone is refused before a byte is sent', () => {
  const cases: [string, (neighbor: Neighbor) => Promise<unknown>, string, RegExp][] = [
    [
      'too few values',
      (n) => n.alltoall([1]),
      'ERR_COUNT',
      /neighborAlltoall: the number of values must be 2, one for each destination, not 1/,
    ],
    [
      'values that are no array',
      (n) => n.alltoall('ab' as never),
      'ERR_TYPE',
      /an array of 2 values, one for each destination/,
    ],
    ['a function', (n) => n.allgather(() => 1), 'ERR_TYPE', /neighborAllgather: value is a function/],
    ['no flat array', (n) => n.allgatherv([1]), 'ERR_TYPE', /neighborAllgatherv: array must be a TypedArray/],
    [
      'too many counts',
      (n) => n.allgatherv(of(1), { counts: [1, 1, 1] }),
      'ERR_COUNT',
      /the length of counts must be 1, one for each source/,
    ],
    [
      'displs for no source',
      (n) => n.allgatherv(of(1), { displs: [] }),
      'ERR_COUNT',
      /displs must be 1, one for each source/,
    ],
    [
      'counts beyond the array',
      (n) => n.alltoallv(of(1), [1, 1]),
      'ERR_COUNT',
      /the sum of sendCounts must be at most 1/,
    ],
    [
      'too few sendCounts',
      (n) => n.alltoallv(of(1), [1]),
      'ERR_COUNT',
      /sendCounts must be 2, one for each destination/,
    ],
    [
      'a negative count',
      (n) => n.alltoallv(of(1), [1, 0], { recvCounts: [-1] }),
      'ERR_COUNT',
      /recvCounts\[0\] must be a number of elements/,
    ],
    [
      'an out that is no array',
      (n) => n.allgather(1, { out: [] }),
      'ERR_TYPE',
      /out must be a TypedArray or an ndarray/,
    ],
    [
      'an algorithm',
      (n) => n.alltoall([1, 1], { algorithm: 'ring' }),
      'ERR_ARG',
      /the algorithm must be left out, not 'ring'/,
    ],
  ];

  it.each(cases)('%s', async (_name, call, code, message) => {
    const graph = [{ sources: [0], destinations: [0, PROC_NULL], order: [0, 1] }];
    await engine(graph, async (neighbor) => {
      await expect(call(neighbor)).rejects.toMatchObject({ code });
      await expect(call(neighbor)).rejects.toThrow(message);
      expect(await neighbor.allgather('still there')).toEqual(['still there']);
    });
  });
});
