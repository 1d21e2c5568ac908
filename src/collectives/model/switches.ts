/** Where an answer changes with the bytes: looked for once, so that a call only looks it up. */

/** From so many bytes on, this is the answer. */
export interface Switch {
  readonly from: number;
  readonly algorithm: string;
}

/** Longer values would not fit into memory. */
const MOST_BYTES = 2 ** 30;

/** Where the answer of `algorithmAt` changes, between 1 byte and 1 GiB: looked for at every power of two, then by bisection. */
export function switches(algorithmAt: (bytes: number) => string): Switch[] {
  const found: Switch[] = [{ from: 0, algorithm: algorithmAt(1) }];
  for (let low = 1; low < MOST_BYTES; low *= 2) {
    const [before, after] = [algorithmAt(low), algorithmAt(2 * low)];
    if (before !== after) found.push({ from: change(algorithmAt, low, 2 * low), algorithm: after });
  }
  return found;
}

/** The least number of bytes above `low` from which on the algorithm is no more that of `low`; `high` has another one. */
function change(algorithmAt: (bytes: number) => string, low: number, high: number): number {
  const before = algorithmAt(low);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (algorithmAt(middle) === before) low = middle;
    else high = middle;
  }
  return high;
}
