import { Grid } from './grid.ts';

/**
 * Gives each host a block of the grid: of the shapes with as many places as a host has ranks that tile the grid, the one that the
 * fewest neighbours look out of.
 *
 * @param ranksOfHosts The ranks of each host.
 * @returns Which rank takes each place; `undefined` where hosts have different numbers of ranks, or no shape tiles the grid.
 */
export function blocksOf(grid: Grid, ranksOfHosts: readonly (readonly number[])[]): number[] | undefined {
  const count = ranksOfHosts[0]?.length ?? 0;
  if (ranksOfHosts.some((ranks) => ranks.length !== count)) return undefined;
  let shape: number[] | undefined;
  let fewest = Infinity;
  for (const candidate of shapes(grid.dims, count)) {
    const crossings = crossingsOf(grid, candidate);
    if (crossings < fewest) [shape, fewest] = [candidate, crossings];
  }
  if (shape === undefined) return undefined;

  const block = new Grid(shape);
  const blocks = new Grid(grid.dims.map((extent, dimension) => extent / block.dims[dimension]!));
  return Array.from({ length: grid.size }, (_, place) => {
    const coords = grid.coordsOf(place);
    const host = blocks.rankOf(coords.map((coordinate, dimension) => Math.floor(coordinate / block.dims[dimension]!)));
    const within = block.rankOf(coords.map((coordinate, dimension) => coordinate % block.dims[dimension]!));
    return ranksOfHosts[host]![within]!;
  });
}

/** All shapes of `count` places whose extents divide those of the grid. */
function* shapes([extent, ...others]: readonly number[], count: number): Generator<number[]> {
  if (extent === undefined) {
    if (count === 1) yield [];
    return;
  }
  for (let side = 1; side <= extent && side <= count; side++) {
    if (extent % side !== 0 || count % side !== 0) continue;
    for (const rest of shapes(others, count / side)) yield [side, ...rest];
  }
}

/** How many pairs of neighbours are in different blocks: a full cross-section of the grid at each border between blocks. */
function crossingsOf(grid: Grid, shape: readonly number[]): number {
  let crossings = 0;
  for (const [dimension, extent] of grid.dims.entries()) {
    const blocks = extent / shape[dimension]!;
    const borders = blocks === 1 ? 0 : grid.periods[dimension] ? blocks : blocks - 1;
    crossings += borders * (grid.size / extent);
  }
  return crossings;
}
