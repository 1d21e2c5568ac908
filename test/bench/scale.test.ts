import { describe, expect, it } from 'vitest';
import { chosen, excess, fastest } from '../../bench/scale/compare.ts';
import { GROUPS } from '../../bench/scale/groups.ts';
import { NETWORKS } from '../../bench/scale/networks.ts';
import { rowsOf, rowTable, sectionsOf, sectionTable } from '../../bench/scale/report.ts';
import { COSTS, costOf } from '../../src/collectives/model/costs.ts';
import { switches } from '../../src/collectives/model/switches.ts';
import { COLLECTIVES, SELECTABLE } from '../../src/collectives/registry.ts';

const network = { latency: 20e-6, bandwidth: 1e9, overhead: 1e-6 };
const alpha = 22e-6;

describe('the formulas', () => {
  it('are there for every algorithm of every collective', () => {
    for (const name of SELECTABLE) expect(Object.keys(COSTS[name])).toEqual(Object.keys(COLLECTIVES[name].algorithms));
    expect(GROUPS.flatMap(({ names }) => names)).toEqual(expect.arrayContaining([...SELECTABLE]));
  });

  it.each([
    ['barrier', 'dissemination', 1000, 0, 10 * alpha],
    ['bcast', 'binomial', 64, 1000, 6 * (alpha + 1e-6)],
    ['bcast', 'binomial', 64, 100_000, 6 * (3 * alpha + 100e-6)],
    ['scatter', 'linear', 9, 10_000, alpha + 8 * 10e-6],
    ['gather', 'binomial', 8, 1000, 3 * alpha + 7e-6],
    ['allgather', 'ring', 5, 1000, 4 * (alpha + 1e-6)],
    ['alltoall', 'bruck', 8, 1000, 3 * (alpha + 4e-6)],
    ['allreduce', 'recursiveDoubling', 64, 8000, 6 * (alpha + 8e-6)],
    ['allreduce', 'rabenseifner', 64, 64_000, 12 * alpha + 2 * 63e-6],
    ['allreduce', 'ring', 10, 100_000, 18 * (alpha + 10e-6)],
    ['scan', 'chain', 10, 1000, 9 * (alpha + 1e-6)],
    ['reduceScatter', 'pairwise', 10, 100_000, 9 * (alpha + 10e-6)],
  ] as const)('give the textbook for %s by %s on %i ranks with %i bytes', (name, algorithm, ranks, bytes, seconds) => {
    expect(costOf(name, algorithm, ranks, bytes, network)).toBeCloseTo(seconds, 10);
  });

  it('never fall with the bytes or below one message', () => {
    for (const name of SELECTABLE) {
      for (const algorithm of Object.keys(COSTS[name])) {
        for (const ranks of [2, 3, 11, 64, 1000]) {
          const costs = [8, 1000, 10_000, 100_000, 1e6, 1e7].map((bytes) =>
            costOf(name, algorithm, ranks, bytes, network),
          );
          expect(costs[0]).toBeGreaterThanOrEqual(network.latency);
          expect(costs).toEqual(costs.toSorted((a, b) => a - b));
        }
      }
    }
  });

  it('know no other algorithms', () => {
    expect(() => costOf('bcast', 'star', 8, 8, network)).toThrow("bcast has no algorithm 'star'");
  });
});

describe('switches', () => {
  it('are found to the byte', () => {
    const at = (bytes: number) => (bytes < 1000 ? 'a' : bytes < 70_001 ? 'b' : 'c');
    expect(switches(at)).toEqual([
      { from: 0, algorithm: 'a' },
      { from: 1000, algorithm: 'b' },
      { from: 70_001, algorithm: 'c' },
    ]);
    expect(switches(() => 'a')).toEqual([{ from: 0, algorithm: 'a' }]);
  });
});

describe('the selection among many ranks', () => {
  const sizes = [9, 12, 16, 17, 24, 32, 48, 64, 100, 256, 1000, 1024, 4096];

  it.each(GROUPS.map(({ names: [name] }) => name))('takes for %s what is best or near it, on both networks', (name) => {
    let sum = 0;
    let count = 0;
    for (const ranks of sizes) {
      for (const one of Object.values(NETWORKS)) {
        for (let bytes = 8; bytes <= 2 ** 28; bytes *= 2) {
          const off = excess(name, ranks, bytes, one);
          // One limit for two networks, a factor of ten apart in bandwidth and of three in alpha.
          expect(off, `${ranks} ranks, ${bytes} bytes`).toBeLessThan(2);
          sum += Math.log1p(off);
          count++;
        }
      }
    }
    expect(Math.expm1(sum / count)).toBeLessThan(0.07);
  });
});

describe('the report', () => {
  const allreduce = GROUPS.find(({ title }) => title === 'allreduce')!;

  it('has a row for each length, with the best algorithm marked', () => {
    const rows = rowsOf(allreduce, '10G', 64, [8, 2 ** 20]);
    expect(rows.map(({ best }) => best)).toEqual(['recursiveDoubling', 'rabenseifner']);
    expect(rows.map((row) => row.chosen)).toEqual([chosen('allreduce', 64, 8), chosen('allreduce', 64, 2 ** 20)]);
    expect(rowTable(rows, true).split('\n')).toEqual([
      'network  ranks  bytes  recursiveDoubling  rabenseifner     ring  chosen             off',
      '    10G     64    8 B           * 138 us        276 us  2.90 ms  recursiveDoubling',
      '    10G     64  1 MiB            5.45 ms     * 2.20 ms  4.55 ms  rabenseifner',
    ]);
  });

  it('has a section for each switch of the best or the chosen one, with what that costs', () => {
    const sections = sectionsOf(allreduce, '10G', 64);
    expect(sections[0]).toMatchObject({ from: 0, best: 'recursiveDoubling', chosen: 'recursiveDoubling', excess: 0 });
    for (const { from, best } of sections)
      expect(best).toBe(fastest('allreduce', 64, from, NETWORKS['10G']!).algorithm);
    expect(sectionTable(sections)).toMatch(/^network +ranks +from +best +chosen +off by up to\n/);
  });

  it('fits into 120 columns', () => {
    for (const group of GROUPS) {
      const rows = rowsOf(group, '100G', 4096, [8, 2 ** 24]);
      const lines = `${rowTable(rows, true)}\n${sectionTable(sectionsOf(group, '100G', 4096))}`.split('\n');
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(120);
    }
  });
});
