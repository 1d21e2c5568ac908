/** The closed cost formulas of the model against simulated calls: two descriptions of the same implementations, written apart. */
import { describe, expect, it } from 'vitest';
import { NETWORKS } from '../../bench/scale/networks.ts';
import { simulatedSeconds } from '../../bench/scale/simulated.ts';
import { costOf } from '../../src/collectives/model/costs.ts';
import { COLLECTIVES, SELECTABLE, type SelectableName } from '../../src/collectives/registry.ts';

const KiB = 1024;

/** What is more off than the tolerance: 0.1 is 10 %. */
async function deviations(
  name: SelectableName,
  algorithm: string,
  ranks: number,
  lengths: readonly number[],
  networks = Object.keys(NETWORKS),
  tolerance = 0.1,
) {
  const off: string[] = [];
  for (const id of networks) {
    const network = NETWORKS[id]!;
    for (const bytes of lengths) {
      const predicted = costOf(name, algorithm, ranks, bytes, network);
      const simulated = await simulatedSeconds(name, algorithm, ranks, bytes, network);
      const ratio = predicted / simulated;
      if (!(ratio > 1 - tolerance && ratio < 1 + tolerance))
        off.push(`${id}, ${bytes} bytes: ${predicted} s, simulated ${simulated} s`);
    }
  }
  return off;
}

const CASES = SELECTABLE.flatMap((name) =>
  Object.keys(COLLECTIVES[name].algorithms).map((key) => [name, key] as const),
);

/** The formula of `linear` is rough for parts that have to be asked for: only shorter ones are held against it. */
function lengthsFor(name: SelectableName, algorithm: string, ranks: number): number[] {
  if (name === 'barrier') return [0];
  if (ranks > 12) return [8, 16 * KiB];
  const most = algorithm === 'linear' && name.startsWith('reduce') ? 256 * KiB : 1024 * KiB;
  return [8, 2000, 16 * KiB, 64 * KiB, 256 * KiB, 1024 * KiB].filter((bytes) => bytes <= most);
}

describe.each(CASES)('what %s costs by %s', (name, algorithm) => {
  it.each([8, 12, 64])('is on %i ranks what the formula says, within a tenth', async (ranks) => {
    expect(await deviations(name, algorithm, ranks, lengthsFor(name, algorithm, ranks))).toEqual([]);
  });

  it.each([2, 3, 4, 5, 7])('is on %i ranks what the formula says, within a third', async (ranks) => {
    const lengths = lengthsFor(name, algorithm, ranks);
    expect(await deviations(name, algorithm, ranks, lengths, Object.keys(NETWORKS), 1 / 3)).toEqual([]);
  });
});

it.each([
  ['barrier', 'dissemination', 1000, 0],
  ['barrier', 'dissemination', 1024, 0],
  ['bcast', 'binomial', 1024, 64 * KiB],
  ['bcast', 'binomial', 1000, 256 * KiB],
  ['reduce', 'binomial', 1024, 8],
  ['reduce', 'rabenseifner', 1024, 8 * KiB],
  ['allreduce', 'recursiveDoubling', 1024, 8],
  ['allreduce', 'recursiveDoubling', 1000, 16 * KiB],
  ['allreduce', 'rabenseifner', 1024, 64 * KiB],
  ['bcast', 'binomial', 8, 12 * 1024 * KiB],
  ['bcast', 'chain', 16, 8 * 1024 * KiB],
  ['allreduce', 'ring', 1024, 8 * KiB],
  ['allreduce', 'ring', 256, 64 * KiB],
  ['allreduce', 'ring', 300, 8],
] as const)(
  'what %s costs by %s on %i ranks is what the formula says',
  { timeout: 120_000 },
  async (name, algorithm, ranks, bytes) => {
    expect(await deviations(name, algorithm, ranks, [bytes], ['10G'])).toEqual([]);
  },
);

it('what one rank does alone costs nothing', () => {
  for (const [name, algorithm] of CASES) {
    for (const network of Object.values(NETWORKS)) expect(costOf(name, algorithm, 1, 1024 * KiB, network)).toBe(0);
  }
});
