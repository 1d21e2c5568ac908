/** Conway's Game of Life: the rule, a board whose future is known, and its picture. */
import type { NdArray } from 'ndarray';

export const ROWS = 24;
export const COLUMNS = 40;
/** Generations after which every pattern looks the same; the ships are 6 rows further up then. */
export const PERIOD = 12;

const PULSAR = [
  '  ###   ###  ',
  '             ',
  '#    # #    #',
  '#    # #    #',
  '#    # #    #',
  '  ###   ###  ',
  '             ',
  '  ###   ###  ',
  '#    # #    #',
  '#    # #    #',
  '#    # #    #',
  '             ',
  '  ###   ###  ',
];
const SHIP = [' ###', '#  #', '   #', '   #', '# # ']; // climbs two rows in four generations
const PATTERNS = [
  { cells: PULSAR, top: 5, left: 2, speed: 0 },
  { cells: SHIP, top: 3, left: 18, speed: 1 / 2 },
  { cells: SHIP, top: 15, left: 18, speed: 1 / 2 },
  { cells: PULSAR, top: 5, left: 25, speed: 0 },
];

/** 1 where a cell is alive in a generation that is a multiple of {@link PERIOD}. */
export function known(row: number, column: number, generation: number): 0 | 1 {
  for (const { cells, top, left, speed } of PATTERNS) {
    const from = row - top + speed * generation;
    if (cells[((from % ROWS) + ROWS) % ROWS]?.[column - left] === '#') return 1;
  }
  return 0;
}

/** One generation: the inner cells of `next` from all those of `cells`. */
export function evolve(cells: NdArray<Uint8Array>, next: NdArray<Uint8Array>): void {
  const [height, width] = cells.shape as [number, number];
  for (let row = 1; row < height - 1; row++) {
    for (let column = 1; column < width - 1; column++) {
      let alive = 0; // of a cell and its eight neighbours
      for (let y = row - 1; y <= row + 1; y++) for (let x = column - 1; x <= column + 1; x++) alive += cells.get(y, x);
      next.set(row, column, alive === 3 || (alive === 4 && cells.get(row, column) === 1) ? 1 : 0);
    }
  }
}

/** Two rows of cells a line. */
export function picture(board: NdArray<Uint8Array>): string {
  const [height, width] = board.shape as [number, number];
  const line = (row: number) =>
    Array.from({ length: width }, (_, column) => ' ▀▄█'[board.get(row, column) + 2 * board.get(row + 1, column)]);
  return Array.from({ length: height / 2 }, (_, index) =>
    line(2 * index)
      .join('')
      .trimEnd(),
  ).join('\n');
}
