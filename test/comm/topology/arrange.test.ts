import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { arrangeGraph, arrangeGrid, type Edge } from '../../../src/comm/topology/arrange.ts';
import { Grid } from '../../../src/comm/topology/grid.ts';
import { PROC_NULL } from '../../../src/matching/envelope.ts';

/** So many ranks on each host, one host after the other. */
function packed(...counts: number[]): string[] {
  return counts.flatMap((count, host) => new Array<string>(count).fill(`host${host}`));
}

/** Ranks dealt out to the hosts in turn. */
function dealt(hosts: number, count: number): string[] {
  return Array.from({ length: hosts * count }, (_, rank) => `host${rank % hosts}`);
}

/** Pairs of neighbours on different hosts when `taken[place]` says which rank takes a place. */
function crossings(grid: Grid, hosts: readonly string[], taken: readonly number[]): number {
  let count = 0;
  for (let place = 0; place < grid.size; place++)
    for (const neighbor of grid.neighborsOf(place).destinations)
      if (neighbor !== PROC_NULL && hosts[taken[place]!] !== hosts[taken[neighbor]!]) count++;
  return count / 2;
}

function cut(edges: readonly (readonly Edge[])[], hosts: readonly string[], taken: readonly number[]): number {
  return edges
    .flatMap((list, from) => list.map(({ node, weight }) => ({ from, node, weight })))
    .filter(({ from, node }) => hosts[taken[from]!] !== hosts[taken[node]!])
    .reduce((sum, { weight }) => sum + weight, 0);
}

const identity = (size: number) => [...new Array(size).keys()];

/** The hosts of the places, a letter each, a row of the grid a line. */
function picture(grid: Grid, hosts: readonly string[], taken: readonly number[]): string[] {
  const letters = taken.map((rank) => 'abcdefgh'[Number(hosts[rank]!.slice(4))]!).join('');
  const width = grid.dims.at(-1)!;
  return identity(grid.size / width).map((row) => letters.slice(row * width, (row + 1) * width));
}

describe('arranging a grid', () => {
  it.each([
    ['in rows', packed(4, 4, 4, 4)],
    ['dealt out', dealt(4, 4)],
  ])('gives each of four hosts a square of a square (%s)', (_, hosts) => {
    const grid = new Grid([4, 4]);
    expect(picture(grid, hosts, arrangeGrid(grid, hosts))).toEqual(['aabb', 'aabb', 'ccdd', 'ccdd']);
  });

  it.each([
    [[8, 8], false, 4, 16, 16],
    [[8, 8], true, 4, 16, 32],
    [[2, 16], false, 4, 8, 6],
    [[16, 2], false, 4, 8, 6],
    [[4, 4, 4], false, 8, 8, 48],
    [[4, 4], [true, false], 2, 8, 4],
    [[4, 4], [false, true], 2, 8, 4],
    [[6, 4], false, 6, 4, 14],
    [[6], true, 3, 2, 3],
  ] as const)(
    'tiles %j (periodic: %j) for %i hosts with %i ranks: %i pairs cross',
    (dims, periods, hosts, count, least) => {
      const grid = new Grid([...dims], typeof periods === 'boolean' ? periods : [...periods]);
      const where = dealt(hosts, count);
      expect(crossings(grid, where, arrangeGrid(grid, where))).toBe(least);
    },
  );

  it('keeps the ranks where they are when nothing is gained', () => {
    expect(arrangeGrid(new Grid([4, 4]), packed(16))).toEqual(identity(16));
    expect(arrangeGrid(new Grid([4, 4]), packed(8, 8))).toEqual(identity(16));
    expect(arrangeGrid(new Grid([2, 2]), packed(1, 1, 1, 1))).toEqual(identity(4));
    expect(arrangeGrid(new Grid([]), packed(1))).toEqual([0]);
  });

  it('gathers the ranks of hosts that no blocks fit', () => {
    const grid = new Grid([5, 5]);
    const hosts = identity(25).map((rank) => `host${rank % 3}`);
    const taken = arrangeGrid(grid, hosts);
    expect(crossings(grid, hosts, identity(25))).toBe(40);
    expect(crossings(grid, hosts, taken)).toBe(9);
  });

  it('leaves ranks beyond the grid out', () => {
    const grid = new Grid([2, 2]);
    const hosts = ['host0', 'host1', 'host1', 'host0', 'host2', 'host2'];
    expect(picture(grid, hosts, arrangeGrid(grid, hosts))).toEqual(['aa', 'bb']);
  });

  it('is a permutation, never worse than none, and the same every time', () => {
    const cases = fc
      .array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.boolean()), { minLength: 0, maxLength: 3 })
      .chain((entries) => {
        const grid = new Grid(
          entries.map(([extent]) => extent),
          entries.map(([, period]) => period),
        );
        const hosts = fc.array(fc.constantFrom('host0', 'host1', 'host2', 'host3'), {
          minLength: grid.size,
          maxLength: grid.size,
        });
        return fc.tuple(fc.constant(grid), hosts);
      });
    fc.assert(
      fc.property(cases, ([grid, hosts]) => {
        const taken = arrangeGrid(grid, hosts);
        expect(taken.toSorted((a, b) => a - b)).toEqual(identity(grid.size));
        expect(crossings(grid, hosts, taken)).toBeLessThanOrEqual(crossings(grid, hosts, identity(grid.size)));
        expect(arrangeGrid(grid, hosts)).toEqual(taken);
      }),
      { seed: 8 },
    );
  });

  it('is as good as the best of all permutations for small blocks', () => {
    for (const periods of [false, true])
      for (const dims of [[2, 2], [2, 3], [6], [1, 6], [2, 2, 2].slice(1)]) {
        const grid = new Grid(dims, periods);
        const hosts = dealt(grid.size / 2, 2);
        const best = Math.min(...permutations(identity(grid.size)).map((taken) => crossings(grid, hosts, taken)));
        expect(crossings(grid, hosts, arrangeGrid(grid, hosts)), `${dims} ${periods}`).toBe(best);
      }
  });

  it('of four thousand ranks on uneven hosts is quick', () => {
    const grid = new Grid([64, 64], true);
    const hosts = identity(4096).map((rank) => `host${(rank * 7) % 61}`);
    const taken = arrangeGrid(grid, hosts);
    expect(crossings(grid, hosts, taken)).toBeLessThan(crossings(grid, hosts, identity(4096)) / 6);
  });
});

function permutations(list: readonly number[]): number[][] {
  if (list.length === 0) return [[]];
  return list.flatMap((first, at) => permutations(list.toSpliced(at, 1)).map((rest) => [first, ...rest]));
}

describe('arranging a graph', () => {
  /** Nodes of one team send each other much, those of others little. */
  function teams(teamOf: readonly number[]): Edge[][] {
    return teamOf.map((team, from) =>
      teamOf.flatMap((other, node) => (node === from ? [] : [{ node, weight: team === other ? 10 : 1 }])),
    );
  }

  it('keeps together what is heavily connected', () => {
    const teamOf = [0, 1, 2, 2, 1, 0, 0, 1, 2];
    const hosts = packed(3, 3, 3);
    const taken = arrangeGraph(teams(teamOf), hosts);
    for (const team of [0, 1, 2]) {
      const members = taken.filter((_, node) => teamOf[node] === team).map((rank) => hosts[rank]);
      expect(new Set(members).size).toBe(1);
    }
  });

  it('gives the large host to the many and the small one to the few', () => {
    const teamOf = [0, 1, 0, 1, 0, 0];
    const hosts = packed(2, 4);
    const edges = teams(teamOf);
    expect(cut(edges, hosts, arrangeGraph(edges, hosts))).toBe(16);
  });

  it('counts a connection in one direction for both, and none of a node to itself', () => {
    const edges: Edge[][] = [[{ node: 0, weight: 1e9 }], [{ node: 0, weight: 1 }], [], [{ node: 2, weight: 1 }]];
    const hosts = dealt(2, 2);
    expect(cut(edges, hosts, arrangeGraph(edges, hosts))).toBe(0);
  });

  it('lets nodes without connections fill up', () => {
    const edges: Edge[][] = [[], [{ node: 4, weight: 1 }], [], [{ node: 1, weight: 1 }], [], []];
    const hosts = dealt(2, 3);
    expect(cut(edges, hosts, arrangeGraph(edges, hosts))).toBe(0);
    expect(arrangeGraph([[], []], packed(1, 1))).toEqual([0, 1]);
    expect(arrangeGraph([], [])).toEqual([]);
  });

  it('is a permutation, never worse than none, and the same every time', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const draw = seededRandom(seed);
      const below = (limit: number) => Math.floor(draw() * limit);
      const size = 1 + below(20);
      const edges = identity(size).map(() =>
        identity(below(5)).map(() => ({ node: below(size), weight: below(3) === 0 ? 0 : draw() })),
      );
      const hosts = identity(size).map(() => `host${below(4)}`);
      const taken = arrangeGraph(edges, hosts);
      expect(
        taken.toSorted((a, b) => a - b),
        `seed ${seed}`,
      ).toEqual(identity(size));
      expect(cut(edges, hosts, taken), `seed ${seed}`).toBeLessThanOrEqual(cut(edges, hosts, identity(size)));
      expect(arrangeGraph(edges, hosts)).toEqual(taken);
    }
  });
});
