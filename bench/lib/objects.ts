/**
 * The objects that are sent, in one place for the programs of all systems: those of `OBJECTS` are what JSON can say, so that a
 * program in another language can be given them as JSON.
 */

/** Carries the number of its round, so that each journey is of another value. */
export interface Ball {
  round: number;
}

export const OBJECTS: Readonly<Record<string, () => Ball>> = {
  'small object': () =>
    ({ round: 0, kind: 'step', done: false, owner: 'rank 0', energy: -76.0267, at: [1.5, 2.5] }) as Ball,
  '1000 numbers': () => ({ round: 0, numbers: Array.from({ length: 1000 }, (_, i) => i / 7) }) as Ball,
  '100 records': () =>
    ({
      round: 0,
      records: Array.from({ length: 100 }, (_, i) => ({
        id: i,
        name: `record ${i}`,
        price: i * 1.5,
        tags: ['a', 'b'],
        from: { city: `city ${i % 10}`, open: i % 3 === 0 },
      })),
    }) as Ball,
};

/** What JSON cannot say. In Python: a dict with a datetime, a set and a dict; a dict with a numpy array of 2^17 doubles. */
export const RICH_OBJECTS: Readonly<Record<string, () => Ball>> = {
  'Map, Date, Set': () =>
    ({ round: 0, since: new Date(0), seen: new Set([1, 'two']), of: new Map([['a', { b: 1n }]]) }) as Ball,
  '1 MiB array inside': () =>
    ({ round: 0, name: 'field', values: Float64Array.from({ length: 2 ** 17 }, (_, i) => i) }) as Ball,
};

/** What allreduce combines: by a plain function, as a user would write it; for numbers the op SUM. Whole numbers: sums are exact. */
export interface Combined<T> {
  readonly of: (rank: number, round: number) => T;
  readonly combine: 'SUM' | ((a: T, b: T) => T);
  /** What comes out on so many ranks. */
  readonly result: (size: number, round: number) => T;
}

interface Tally {
  readonly name: string;
  readonly count: number;
  readonly sum: number;
  readonly least: number;
  readonly most: number;
}

/** The sum of round + rank over the ranks. */
const total = (size: number, round: number): number => size * round + (size * (size - 1)) / 2;

const number: Combined<number> = { of: (rank, round) => round + rank, combine: 'SUM', result: total };

const tally: Combined<Tally> = {
  of: (rank, round) => ({ name: 'energy', count: 1, sum: round + rank, least: rank, most: rank }),
  combine: (a, b) => ({
    name: a.name,
    count: a.count + b.count,
    sum: a.sum + b.sum,
    least: Math.min(a.least, b.least),
    most: Math.max(a.most, b.most),
  }),
  result: (size, round) => ({ name: 'energy', count: size, sum: total(size, round), least: 0, most: size - 1 }),
};

const numbers: Combined<number[]> = {
  of: (rank, round) => Array.from({ length: 1000 }, (_, i) => round + rank + i),
  combine: (a, b) => a.map((x, i) => x + b[i]!),
  result: (size, round) => Array.from({ length: 1000 }, (_, i) => total(size, round) + size * i),
};

export const COMBINED = { number, tally, '1000 numbers': numbers } as const;
