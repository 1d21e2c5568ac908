import { describe, expect, test } from 'vitest';
import { BENCHES, type Choices, jobsOf } from '../../bench/lib/suite.ts';

const all: Choices = { transports: ['tcp', 'unix'], ranks: undefined, sizes: undefined, seconds: 1, quick: false };

const plan = (name: string, choices: Partial<Choices> = {}) =>
  jobsOf(name, { ...all, ...choices }).map(({ transport, ranks, settings }) => [
    transport,
    ranks,
    settings.sizes.length,
  ]);

describe('jobsOf', () => {
  test('measures every transport with every number of ranks', () => {
    expect(plan('allreduce')).toEqual([
      ['tcp', 2, 10],
      ['tcp', 4, 10],
      ['unix', 2, 10],
      ['unix', 4, 10],
    ]);
  });

  test('leaves what goes from one rank to another at two ranks', () => {
    expect(plan('latency', { ranks: [3, 5], transports: ['tcp'] })).toEqual([['tcp', 2, 10]]);
    expect(plan('bcast', { ranks: [3, 5], transports: ['tcp'] }).map(([, ranks]) => ranks)).toEqual([3, 5]);
  });

  test('takes fewer sizes when in a hurry, others when told, none where size means nothing', () => {
    expect(plan('latency', { quick: true, transports: ['tcp'] })).toEqual([['tcp', 2, 4]]);
    expect(plan('latency', { quick: true, transports: ['tcp'], sizes: [8, 16] })).toEqual([['tcp', 2, 2]]);
    expect(plan('barrier', { sizes: [8], transports: ['tcp'], ranks: [2] })).toEqual([['tcp', 2, 0]]);
  });

  test('has something to do for every bench', () => {
    for (const name of Object.keys(BENCHES)) expect(plan(name, { quick: true }).length).toBeGreaterThan(0);
  });
});
