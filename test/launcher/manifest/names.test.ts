import { expect, test } from 'vitest';
import { dnsName, hostName, isDnsName, isServiceName, longestName, nameOf } from '../../../launcher/manifest/names.ts';

test.each([
  ['sum.ts', 'sum'],
  ['examples/Heat Map.test.ts', 'heat-map-test'],
  ['/abs/_under__score_.mjs', 'under-score'],
  ['01-array-sum.ts', 'tsmpi-01-array-sum'],
  ['Größe.ts', 'gr-e'],
  ['日本.ts', 'tsmpi'],
  ['-.ts', 'tsmpi'],
])('the job of %s is called %s', (script, name) => {
  expect(nameOf(script, 63)).toBe(name);
  expect(isServiceName(name)).toBe(true);
});

test('a long name is cut, and never ends with a hyphen', () => {
  for (let longest = 8; longest < 40; longest++) {
    const name = nameOf('one-two-three-four-five-six-seven-eight.ts', longest);
    expect(name.length).toBeLessThanOrEqual(longest);
    expect(isServiceName(name), name).toBe(true);
  }
});

test.each([
  [1, 0],
  [10, 0],
  [11, 0],
  [100_000, 0],
  [1, 1],
  [100_000, 1],
])('the longest name for %i ranks and %i restarts just fits the pod with the highest rank', (ranks, restarts) => {
  const name = 'a'.repeat(longestName(ranks, restarts));
  // A JobSet counts the six letters in that make a pod's name unique.
  const longest = hostName({ name, ranks, restarts }, ranks - 1).length + (restarts > 0 ? '-abcde'.length : 0);
  expect(longest).toBe(63);
});

test('pods are found under the name of the Service', () => {
  expect(dnsName({ name: 'sum', ranks: 3, restarts: 0 }, 2)).toBe('sum-2.sum');
  expect(dnsName({ name: 'sum', ranks: 3, restarts: 1 }, 2)).toBe('sum-ranks-0-2.sum');
});

test('names are told from what is none', () => {
  for (const right of ['a', 'a-1', 'a'.repeat(63)]) expect(isServiceName(right), right).toBe(true);
  for (const wrong of ['', '1a', 'a-', '-a', 'A', 'a.b', 'a_b', 'a'.repeat(64)]) {
    expect(isServiceName(wrong), wrong).toBe(false);
  }
  for (const right of ['a.b', '1', 'a'.repeat(63)]) expect(isDnsName(right), right).toBe(true);
  for (const wrong of ['', 'a..b', '.a', 'a.', 'a.'.repeat(127)]) expect(isDnsName(wrong), wrong).toBe(false);
});
