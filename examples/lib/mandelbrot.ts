/** The Mandelbrot set, row by row: some rows take thousands of times as long as others. */

/** A window on the complex plane, symmetric about the real axis. */
export interface View {
  left: number;
  /** Between columns; rows are twice as far apart, as characters are. */
  step: number;
  width: number;
  height: number;
  /** What has not escaped after so many steps is in the set. */
  limit: number;
}

export interface Row {
  row: number;
  picture: string;
  /** Steps taken. */
  steps: number;
}

const SHADES = '  ..::--==++**%%';

export function computeRow({ left, step, width, height, limit }: View, row: number): Row {
  const im = (row - (height - 1) / 2) * 2 * step;
  let picture = '';
  let steps = 0;
  for (let column = 0; column < width; column++) {
    const taken = stepsToEscape(left + column * step, im, limit);
    steps += taken;
    picture += taken === limit ? '@' : (SHADES[Math.floor(2 * Math.log2(taken))] ?? '%');
  }
  return { row, picture: picture.trimEnd(), steps };
}

function stepsToEscape(re: number, im: number, limit: number): number {
  let [x, y] = [0, 0];
  for (let step = 1; step < limit; step++) {
    [x, y] = [x * x - y * y + re, 2 * x * y + im];
    if (x * x + y * y > 4) return step;
  }
  return limit;
}
