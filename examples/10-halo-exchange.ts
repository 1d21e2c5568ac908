/**
 * Conway's Game of Life on a 2-D grid of ranks that exchange the edges of their blocks.
 *
 *     tsrun -n 4 examples/10-halo-exchange.ts [generations]
 *
 * The board is a cylinder: its upper edge meets the lower one, beyond the left and the right there is nothing. Each rank owns a block
 * with a halo around it, which it fills from its neighbours before each generation. A row or a column of a block is a view: it is sent
 * from where it is, and received (`out`) where it belongs. What must come out is known: pulsars that beat in their places, and
 * spaceships that fly round and round, over all borders of ranks.
 */
import assert from 'node:assert/strict';
import ndarray from 'ndarray';
import { computeDims, world } from 'tsmpi';
import { COLUMNS, evolve, known, PERIOD, picture, ROWS } from './lib/life.ts';
import { shareOf } from './lib/share.ts';

const generations = PERIOD * Math.round(Number(process.argv[2] ?? 132) / PERIOD);

// As square as can be. `true`: ranks may change places so that neighbours share a host; from here on, `grid.rank` is who I am.
const grid = await world.createCart(computeDims(world.size, 2), [true, false], true);
const { top, left, height, width } = blockOf(grid.rank);
assert.ok(height > 0 && width > 0, 'every rank has a cell');

// My block: rows 1 to height and columns 1 to width are mine, what is around them is the halo.
const empty = () => ndarray(new Uint8Array((height + 2) * (width + 2)), [height + 2, width + 2]);
let cells = empty();
let next = empty();
const inside = cellsOf(height, width);
for (const [row, column] of inside) cells.set(row + 1, column + 1, known(top + row, left + column, 0));

for (let generation = 1; generation <= generations; generation++) {
  await exchangeHalos();
  evolve(cells, next);
  [cells, next] = [next, cells];
  for (const [row, column] of generation % PERIOD === 0 ? inside : []) {
    const alive = known(top + row, left + column, generation);
    assert.equal(cells.get(row + 1, column + 1), alive, `row ${row}, column ${column} in generation ${generation}`);
  }
}

// The blocks come together on rank 0 of the grid.
const blocks = await grid.gather(cells.lo(1, 1).hi(height, width));
if (blocks) {
  const board = ndarray(new Uint8Array(ROWS * COLUMNS), [ROWS, COLUMNS]);
  for (const [rank, block] of blocks.entries()) {
    const { top, left, height, width } = blockOf(rank);
    for (const [row, column] of cellsOf(height, width)) board.set(top + row, left + column, block.get(row, column));
  }
  console.log(`${ROWS} x ${COLUMNS} cells, ${generations} generations, ${grid.dims.join(' x ')} ranks`);
  console.log(picture(board));
}

async function exchangeHalos(): Promise<void> {
  // Rows first, then columns with the halo rows in them: so the corners come along.
  for (const [dimension, last] of [height, width].entries()) {
    const line = (index: number) => (dimension === 0 ? cells.pick(index, null) : cells.pick(null, index));
    const { source, dest } = grid.shift(dimension, 1); // PROC_NULL beyond an open edge: nothing is sent, `out` stays as it is
    // Both may be the same rank, even this one: what is sent first is what is received first.
    await Promise.all([
      grid.sendrecv(line(last), dest, source, { out: line(0) }),
      grid.sendrecv(line(1), source, dest, { out: line(last + 1) }),
    ]);
  }
}

/** The part of the board that belongs to a rank of the grid. */
function blockOf(rank: number) {
  const [row, column] = grid.coordsOf(rank) as [number, number];
  const { start: top, end: bottom } = shareOf(ROWS, row, grid.dims[0]!);
  const { start: left, end: right } = shareOf(COLUMNS, column, grid.dims[1]!);
  return { top, left, height: bottom - top, width: right - left };
}

function cellsOf(height: number, width: number): [row: number, column: number][] {
  return Array.from({ length: height * width }, (_, index) => [Math.floor(index / width), index % width]);
}
