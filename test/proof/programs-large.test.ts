import { expect, it } from 'vitest';
import { LARGE, prove } from './prove.ts';

const RUNS = 2000;

it.each([1001, 1101])(
  `${RUNS} random programs on five to nine ranks give what the reference says (seed %i)`,
  async (seed) => {
    const { runs, failure } = await prove({ runs: RUNS, seed: String(seed), size: LARGE });
    console.log(`${runs} random programs from seed ${seed}`);
    expect(failure?.report).toBe(undefined);
  },
  300_000,
);
