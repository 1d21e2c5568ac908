import { describe, expect, test } from 'vitest';
import { checkPattern, checkStamp, fillPattern, stamp } from '../../bench/lib/pattern.ts';

const LENGTH = 2 ** 18;

function filled(seed: number): Float64Array {
  const array = new Float64Array(LENGTH);
  fillPattern(array, seed);
  return array;
}

describe('a pattern', () => {
  test('passes its own check, and so do sums', () => {
    const [a, b] = [filled(1), filled(2)];
    expect(() => checkPattern(a, [1], 'test')).not.toThrow();
    expect(() =>
      checkPattern(
        a.map((x, i) => x + b[i]!),
        [1, 2],
        'test',
      ),
    ).not.toThrow();
  });

  test.each([
    ['one element that is off', (array: Float64Array) => array.fill(-1, 77, 78)],
    ['a block in a wrong place', (array: Float64Array) => array.copyWithin(2 ** 17, 0, 2 ** 16)],
    ['the end left out', (array: Float64Array) => array.fill(0, LENGTH - 1)],
    ['the values of another rank', (array: Float64Array) => array.set(filled(2))],
  ])('shows %s', (_, spoil) => {
    const array = filled(1);
    spoil(array);
    expect(() => checkPattern(array, [1], 'test')).toThrow(/^test: element \d+ of 262144 is -?\d+; expected \d+$/);
  });
});

test('a stamp at both ends shows a stale array', () => {
  const array = new Float64Array(3);
  stamp(array, 5);
  expect(array).toEqual(Float64Array.of(5, 0, 5));
  expect(() => checkStamp(array, 5, 'test')).not.toThrow();
  array[2] = 4;
  expect(() => checkStamp(array, 5, 'test')).toThrow('test: round 5 arrived as 5 ... 4 (24 bytes)');
});
