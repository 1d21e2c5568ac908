import { describe, expect, test } from 'vitest';
import type { Result } from '../../bench/lib/result.ts';
import { plotsOf } from '../../bench/report/plot/plots.ts';
import { logScale, rangeOf, rateTicks, sizeTicks, timeTicks } from '../../bench/report/plot/scale.ts';
import { element, label } from '../../bench/report/plot/svg.ts';

const systems = { tsmpi: 'tsmpi', openmpi: 'Open MPI <4>', memcpy: 'memcpy' };

function results(bench: string, system: string, more: Partial<Result> = {}): Result[] {
  return [8, 2 ** 10, 2 ** 20].map((bytes) => {
    const time = 1 + bytes / 1000;
    const times = { min: time, p50: time, p99: time, max: time, mean: time, MBps: bytes / time };
    return { bench, system, bytes, ranks: 2, transport: 'shm', samples: 1, ...times, ...more };
  });
}

const count = (svg: string, part: string) => svg.split(part).length - 1;

describe('plots', () => {
  const plots = plotsOf({
    systems,
    results: [
      ...['tsmpi', 'openmpi'].flatMap((system) => [...results('latency', system), ...results('bandwidth', system)]),
      ...results('bandwidth', 'memcpy'),
      ...results('allreduce', 'tsmpi'),
      ...results('allreduce', 'tsmpi', { ranks: 4 }),
      ...results('bcast', 'tsmpi', { ranks: 4 }),
      ...results('latency', 'tsmpi', { transport: 'tcp' }),
    ],
  });

  test('are one of pairs for each transport, and one of collectives where there are any', () => {
    expect([...plots.keys()]).toEqual(['pair-shm.svg', 'collectives-shm.svg', 'pair-tcp.svg']);
    expect(plotsOf({ systems, results: results('barrier', 'tsmpi', { transport: 'tcp' }) }).size).toBe(0);
  });

  test('have a line for each system in each panel, one in the legend, and a mark for each size', () => {
    const pair = plots.get('pair-shm.svg')!;
    expect(count(pair, 'class="line tsmpi"')).toBe(2 + 1);
    expect(count(pair, 'class="line memcpy"')).toBe(1 + 1);
    expect(count(pair, '<circle')).toBe(2 * 3 + 1);
    expect(count(pair, '>Latency<')).toBe(1);
    expect(pair).toContain('Open MPI &lt;4>');
    expect(plots.get('pair-tcp.svg')).not.toContain('Bandwidth');
  });

  test('of collectives have a panel for each collective and number of ranks', () => {
    const svg = plots.get('collectives-shm.svg')!;
    expect([...svg.matchAll(/class="text heading">([^<]*)/g)].map(([, title]) => title)).toEqual([
      'allreduce, 2 ranks',
      'allreduce, 4 ranks',
      'bcast, 4 ranks',
    ]);
  });

  test('keep every mark inside the figure', () => {
    for (const svg of plots.values()) {
      const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg)!.map(Number);
      for (const [, points] of svg.matchAll(/points="([^"]*)"/g)) {
        for (const point of points!.split(' ')) {
          const [x, y] = point.split(',').map(Number);
          expect(x).toBeGreaterThan(0);
          expect(x).toBeLessThan(width!);
          expect(y).toBeGreaterThan(0);
          expect(y).toBeLessThan(height!);
        }
      }
    }
  });
});

describe('axes', () => {
  test('are logarithmic: equal ratios, equal distances', () => {
    const { at } = logScale([1, 1000], [0, 300], []);
    expect([1, 10, 100, 1000].map(at).map(Math.round)).toEqual([0, 100, 200, 300]);
    expect(logScale([5, 5], [0, 300], []).at(5)).toBe(150);
    expect(() => rangeOf([], 2)).toThrow(RangeError);
  });

  test('say sizes, times and rates as people do, only those inside', () => {
    const texts = (least: number, most: number, ticks: typeof timeTicks) =>
      logScale([least, most], [0, 1], ticks).ticks.map(({ text }) => text);
    expect(texts(8, 2 ** 24, sizeTicks(8))).toEqual([
      '8 B',
      '64 B',
      '512 B',
      '4 KiB',
      '32 KiB',
      '256 KiB',
      '2 MiB',
      '16 MiB',
    ]);
    expect(texts(8, 2 ** 24, sizeTicks(128))).toEqual(['8 B', '1 KiB', '128 KiB', '16 MiB']);
    expect(texts(0.05, 2e6, timeTicks)).toEqual([
      '100 ns',
      '1 µs',
      '10 µs',
      '100 µs',
      '1 ms',
      '10 ms',
      '100 ms',
      '1 s',
    ]);
    expect(texts(5, 2e4, rateTicks)).toEqual(['10 MB/s', '100 MB/s', '1 GB/s', '10 GB/s']);
  });
});

test('text and attributes hold anything', () => {
  expect(label('a < "b" & c', 1, 2.345, 'x')).toBe('<text x="1" y="2.3" class="x">a &lt; &quot;b&quot; &amp; c</text>');
  expect(element('rect', { class: '"' })).toBe('<rect class="&quot;"/>');
});
