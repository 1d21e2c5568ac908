import { expect, it } from 'vitest';
import { prove, SMALL } from './prove.ts';

const RUNS = 2000;

it.each([1, 101, 201])(
  `${RUNS} random programs on up to four ranks give what the reference says (seed %i)`,
  async (seed) => {
    const { runs, failure } = await prove({ runs: RUNS, seed: String(seed), size: SMALL });
    console.log(`${runs} random programs from seed ${seed}`);
    expect(failure?.report).toBe(undefined);
  },
  300_000,
);
