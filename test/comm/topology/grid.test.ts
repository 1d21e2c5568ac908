import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Grid } from '../../../src/comm/topology/grid.ts';
import { PROC_NULL } from '../../../src/matching/envelope.ts';

const grids = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.boolean()), { maxLength: 4 })
  .map((entries) => new Grid(...([entries.map(([extent]) => extent), entries.map(([, period]) => period)] as const)));

/** The coordinates of all ranks, counted up from the last dimension. */
function counted(dims: readonly number[]): number[][] {
  return dims.reduce<number[][]>(
    (all, extent) => all.flatMap((coords) => Array.from({ length: extent }, (_, next) => [...coords, next])),
    [[]],
  );
}

function all(grid: Grid): number[] {
  return [...new Array(grid.size).keys()];
}

describe('a grid', () => {
  it('numbers its places row by row', () => {
    const grid = new Grid([2, 3]);
    expect(all(grid).map((rank) => grid.coordsOf(rank))).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
      [1, 0],
      [1, 1],
      [1, 2],
    ]);
    expect(grid).toMatchObject({ size: 6, dims: [2, 3], periods: [false, false] });
  });

  it('finds the rank of coordinates and the coordinates of a rank', () => {
    fc.assert(
      fc.property(grids, (grid) => {
        expect(all(grid).map((rank) => grid.coordsOf(rank))).toEqual(counted(grid.dims));
        for (const rank of all(grid)) expect(grid.rankOf(grid.coordsOf(rank))).toBe(rank);
      }),
      { seed: 4 },
    );
  });

  it('wraps periodic coordinates only', () => {
    const grid = new Grid([3, 4], [true, false]);
    expect(grid.rankOf([-1, 2])).toBe(grid.rankOf([2, 2]));
    expect(grid.rankOf([7, 0])).toBe(grid.rankOf([1, 0]));
    expect(grid.rankOf([-3, 0])).toBe(0);
    expect(() => grid.rankOf([0, 4])).toThrow(/coords\[1\] is 4, but must be from 0 to 3, as .* not periodic/);
    expect(() => grid.rankOf([0, -1])).toThrow(expect.objectContaining({ code: 'ERR_ARG', op: 'rankOf' }));
  });

  it('shifts to whom a walk of so many places leads', () => {
    fc.assert(
      fc.property(grids, fc.integer({ min: -9, max: 9 }), (grid, displacement) => {
        for (const rank of all(grid))
          for (const [dimension, extent] of grid.dims.entries()) {
            const walk = (steps: number) => {
              const coords = grid.coordsOf(rank);
              coords[dimension]! += steps;
              const open = !grid.periods[dimension] && (coords[dimension]! < 0 || coords[dimension]! >= extent);
              return open ? PROC_NULL : grid.rankOf(coords);
            };
            const expected = { source: walk(-displacement), dest: walk(displacement) };
            expect(grid.shift(rank, dimension, displacement)).toEqual(expected);
          }
      }),
      { seed: 5 },
    );
  });

  it('ends at PROC_NULL where an edge is open, and makes one its own neighbour in a ring of one', () => {
    expect(new Grid([3]).shift(0, 0, 1)).toEqual({ source: PROC_NULL, dest: 1 });
    expect(new Grid([3]).shift(2, 0, 1)).toEqual({ source: 1, dest: PROC_NULL });
    expect(new Grid([3], true).shift(2, 0, 1)).toEqual({ source: 1, dest: 0 });
    expect(new Grid([1], true).shift(0, 0, 1)).toEqual({ source: 0, dest: 0 });
    expect(new Grid([1]).shift(0, 0, 1)).toEqual({ source: PROC_NULL, dest: PROC_NULL });
    expect(new Grid([3]).shift(1, 0, 0)).toEqual({ source: 1, dest: 1 });
  });

  it('lists for each dimension the neighbour before, then the one after', () => {
    const grid = new Grid([3, 3], [true, false]);
    expect(grid.neighborsOf(0).sources).toEqual([6, 3, PROC_NULL, 1]);
    expect(grid.neighborsOf(0).destinations).toEqual([6, 3, PROC_NULL, 1]);
    expect(grid.neighborsOf(4).sources).toEqual([1, 7, 3, 5]);
  });

  it('lets what is sent to the one side arrive at the other, also where both are the same rank', () => {
    fc.assert(
      fc.property(grids, (grid) => {
        // What each rank sends to its place p is [rank, p]; messages of a pair arrive in the order in which they left.
        const mail = new Map<string, [number, number][]>();
        for (const rank of all(grid)) {
          const { destinations, order } = grid.neighborsOf(rank);
          expect(order.toSorted((a, b) => a - b)).toEqual([...destinations.keys()]);
          for (const place of order) {
            const pair = `${rank}>${destinations[place]}`;
            mail.set(pair, [...(mail.get(pair) ?? []), [rank, place]]);
          }
        }
        for (const rank of all(grid))
          for (const [place, source] of grid.neighborsOf(rank).sources.entries())
            if (source !== PROC_NULL) expect(mail.get(`${source}>${rank}`)!.shift()).toEqual([source, place ^ 1]);
      }),
      { seed: 6 },
    );
  });

  it('falls into slices of the dimensions that are kept', () => {
    const subs = grids.chain((grid) =>
      fc.tuple(fc.constant(grid), fc.array(fc.boolean(), { minLength: grid.dims.length, maxLength: grid.dims.length })),
    );
    fc.assert(
      fc.property(subs, ([grid, keep]) => {
        const { grid: slice, colorOf, keyOf } = grid.sub(keep);
        expect(slice.dims).toEqual(grid.dims.filter((_, dimension) => keep[dimension]));
        expect(slice.periods).toEqual(grid.periods.filter((_, dimension) => keep[dimension]));
        const colors = all(new Grid([grid.size / slice.size]));
        expect([...new Set(all(grid).map(colorOf))].toSorted((a, b) => a - b)).toEqual(colors);
        for (const color of colors) {
          const ranks = all(grid).filter((rank) => colorOf(rank) === color);
          // Keys follow the ranks, so a split by colour and key gives each rank the place that keyOf says.
          expect(ranks.map(keyOf)).toEqual(all(slice));
          for (const rank of ranks)
            expect(slice.coordsOf(keyOf(rank))).toEqual(grid.coordsOf(rank).filter((_, at) => keep[at]));
        }
      }),
      { seed: 7 },
    );
  });

  it('without dimensions has one place', () => {
    const grid = new Grid([]);
    expect(grid.size).toBe(1);
    expect(grid.coordsOf(0)).toEqual([]);
    expect(grid.rankOf([])).toBe(0);
    expect(grid.neighborsOf(0)).toEqual({ sources: [], destinations: [], order: [] });
    expect(grid.sub([]).grid.size).toBe(1);
  });

  it.each([
    [
      'createCart',
      () => new Grid([2, 0]),
      'ERR_ARG',
      /the dimensions are \[2, 0\], .* 1 or more; computeDims finds them/,
    ],
    ['createCart', () => new Grid([1.5]), 'ERR_ARG', /\[1\.5\]/],
    ['createCart', () => new Grid(new Array(1)), 'ERR_ARG', /the dimensions are/],
    ['createCart', () => new Grid(4 as never), 'ERR_ARG', /the dimensions are 4/],
    ['createCart', () => new Grid([2, 2], [true]), 'ERR_ARG', /periods is \[true\], .* an array of 2 booleans/],
    ['createCart', () => new Grid([2], [1] as never), 'ERR_ARG', /periods is \[1\]/],
    ['createCart', () => new Grid([2], 'yes' as never), 'ERR_ARG', /periods is "yes"/],
    [
      'coordsOf',
      () => new Grid([2, 2]).coordsOf(4),
      'ERR_RANK',
      /rank is 4, but must be a rank of the grid, from 0 to 3/,
    ],
    ['coordsOf', () => new Grid([2, 2]).coordsOf(-1), 'ERR_RANK', /rank is -1/],
    ['coordsOf', () => new Grid([2, 2]).coordsOf('1' as never), 'ERR_RANK', /rank is "1"/],
    ['rankOf', () => new Grid([2, 2]).rankOf([1]), 'ERR_ARG', /coords is \[1\], but must be an array of 2 integers/],
    ['rankOf', () => new Grid([2], true).rankOf([0.5]), 'ERR_ARG', /coords is \[0\.5\]/],
    ['shift', () => new Grid([2, 2]).shift(0, 2, 1), 'ERR_ARG', /dimension is 2, but must be .* from 0 to 1/],
    ['shift', () => new Grid([]).shift(0, 0, 1), 'ERR_ARG', /this grid has no dimensions/],
    ['shift', () => new Grid([2]).shift(0, 0, 0.5), 'ERR_ARG', /displacement is 0\.5, but must be an integer/],
    ['shift', () => new Grid([2]).shift(2, 0, 1), 'ERR_RANK', /rank is 2/],
    ['neighborsOf', () => new Grid([2]).neighborsOf(2), 'ERR_RANK', /rank is 2/],
    ['sub', () => new Grid([2, 2]).sub([true]), 'ERR_ARG', /keep is \[true\], but must be an array of 2 booleans/],
    ['sub', () => new Grid([2]).sub(true as never), 'ERR_ARG', /keep is true/],
  ] as [string, () => unknown, string, RegExp][])(
    '%s with wrong arguments is refused (%#)',
    (op, use, code, sentence) => {
      expect(use).toThrow(expect.objectContaining({ name: 'MpiError', code, op }));
      expect(use).toThrow(sentence);
    },
  );
});
