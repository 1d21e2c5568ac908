import { describe, expect, test } from 'vitest';
import { formatBytes, parseBytes } from '../../bench/lib/bytes.ts';
import { keyOf, type Result } from '../../bench/lib/result.ts';
import { resultTable } from '../../bench/lib/table.ts';

const result: Result = {
  system: 'tsmpi',
  bench: 'latency',
  transport: 'tcp',
  ranks: 2,
  bytes: 8,
  samples: 1000,
  min: 3.914,
  p50: 4.2,
  p99: 18.25,
  max: 900,
  mean: 5.5,
  MBps: 1.454,
};

describe('resultTable', () => {
  test('aligns words left and numbers right, leaves out what nobody has', () => {
    const large = { ...result, transport: 'unix', bytes: 16 * 2 ** 20, p50: 4321.5, MBps: 3882 };
    expect(resultTable([result, large])).toBe(
      [
        'transport  ranks   bytes  min us  p50 us  p99 us  mean us  MB/s  samples',
        'tcp            2     8 B    3.91    4.20    18.3     5.50  1.45     1000',
        'unix           2  16 MiB    3.91    4322    18.3     5.50  3882     1000',
      ].join('\n'),
    );
  });

  test('counts in milliseconds where all take long', () => {
    const slow = { ...result, min: 1e5, p50: 234_500, p99: 3e6, mean: 4e5 };
    expect(resultTable([slow])).toContain('min ms  p50 ms  p99 ms  mean ms');
    expect(resultTable([slow])).toContain('   100     235    3000      400');
  });

  test('compares medians with a baseline', () => {
    const baseline = new Map([[keyOf(result), { ...result, p50: 8.4 }]]);
    const lines = resultTable([result, { ...result, bytes: 64 }], baseline).split('\n');
    expect(lines[0]).toMatch(/speed-up$/);
    expect(lines[1]).toMatch(/x 2\.00$/);
    expect(lines[2]).toMatch(/1000$/);
  });
});

describe('sizes', () => {
  test.each([
    ['8', 8],
    ['64K', 65_536],
    ['64KiB', 65_536],
    ['1m', 2 ** 20],
    ['24B', 24],
    ['2G', 2 ** 31],
  ])('%s', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
    expect(parseBytes(formatBytes(bytes).replace(' ', ''))).toBe(bytes);
  });

  test.each(['', '0', '7', 'K', '1.5K', '-8', '8X'])('refuse %j', (text) => {
    expect(() => parseBytes(text)).toThrow('is no size');
  });

  test('are shown in the greatest unit that divides them', () => {
    expect([8, 1000, 1024, 1536, 2 ** 20, 2 ** 30].map(formatBytes)).toEqual([
      '8 B',
      '1000 B',
      '1 KiB',
      '1536 B',
      '1 MiB',
      '1 GiB',
    ]);
  });
});
