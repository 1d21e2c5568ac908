import { describe, expect, test } from 'vitest';
import { statistics } from '../../bench/lib/stats.ts';
import { seededRandom } from '../../src/base/random.ts';

describe('statistics', () => {
  test('of one sample are that sample', () => {
    expect(statistics(Float64Array.of(7))).toEqual({ samples: 1, min: 7, p50: 7, p99: 7, max: 7, mean: 7 });
  });

  test('of 1 to 100 in any order', () => {
    const random = seededRandom(1);
    const shuffled = Float64Array.from({ length: 100 }, (_, i) => i + 1);
    for (let i = 99; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
    }
    const before = shuffled.slice();
    expect(statistics(shuffled)).toEqual({ samples: 100, min: 1, p50: 50, p99: 99, max: 100, mean: 50.5 });
    expect(shuffled).toEqual(before);
  });

  test('of nothing are refused', () => {
    expect(() => statistics(new Float64Array(0))).toThrow('no samples');
  });
});
