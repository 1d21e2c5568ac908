import { describe, expect, test } from 'vitest';
import { COLLECTIVES, type Collective } from '../../bench/lib/collectives.ts';
import { checkPattern, checkStamp, fillPattern, stamp } from '../../bench/lib/pattern.ts';
import { spmd } from '../../src/testing.ts';

const NAMES = Object.keys(COLLECTIVES) as Collective[];

describe.each(NAMES)('%s', (name) => {
  test.each([1, 2, 3, 5])('on %i ranks gives what it is described to give', async (ranks) => {
    await spmd(ranks, async (comm) => {
      const exchange = COLLECTIVES[name](comm, 100);
      for (const { array, seed } of exchange.sends) fillPattern(array, seed);
      await exchange.call();
      for (const { array, seeds } of exchange.receives) checkPattern(array, seeds, name);
      for (const { array, seed } of exchange.sends) stamp(array, 7 + seed);
      await exchange.call();
      for (const { array, seeds } of exchange.receives) {
        checkStamp(array, 7 * seeds.length + seeds.reduce((sum, seed) => sum + seed, 0), name);
      }
    });
  });

  test('would be found out if it did nothing', async () => {
    const found = await spmd(3, async (comm) => {
      const { sends, receives } = COLLECTIVES[name](comm, 100);
      const untouched = receives.filter(({ array }) => sends.every((sent) => sent.array !== array));
      for (const { array, seeds } of untouched) {
        expect(() => checkPattern(array, seeds, name)).toThrow(`${name}: element 0 of 100 is 0`);
      }
      return untouched.length;
    });
    expect(Math.max(...found)).toBeGreaterThan(0);
  });
});
