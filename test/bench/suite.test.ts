import { describe, expect, test } from 'vitest';
import { BENCHES, type Choices, DEFAULT_BENCHES, jobsOf, leftOutLine } from '../../bench/lib/suite.ts';

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

  test('in a hurry takes the least number of ranks, unless told', () => {
    expect(plan('allreduce', { quick: true, transports: ['tcp'] })).toEqual([['tcp', 2, 4]]);
    expect(plan('allreduce', { quick: true, transports: ['tcp'], ranks: [8] })).toEqual([['tcp', 8, 4]]);
  });

  test('needs a partner for everybody in pairs', () => {
    expect(plan('multi-pair', { ranks: [2, 3, 6], transports: ['tcp'] }).map(([, ranks]) => ranks)).toEqual([2, 6]);
  });

  test('leaves out and names what would take too much memory', () => {
    const jobs = jobsOf('alltoall', { ...all, ranks: [4, 8], transports: ['tcp'] });
    expect(jobs.map(({ settings }) => settings.sizes.at(-1))).toEqual([16 * 2 ** 20, 2 ** 20]);
    expect(jobs.map(leftOutLine)).toEqual(['', 'not on 8 ranks: 16 MiB (no rank takes more than 64 MiB)']);
    expect(jobsOf('latency', { ...all, sizes: [2 ** 30] })[0]).toMatchObject({ leftOut: [] });
  });

  test('tells a program that can measure several things which', () => {
    const [job] = jobsOf('scan', { ...all, ranks: [2] });
    expect(job).toMatchObject({ program: 'collectives', settings: { bench: 'scan' } });
  });

  test('measures some things only when they are named', () => {
    expect(DEFAULT_BENCHES).toContain('scatter');
    expect(DEFAULT_BENCHES).not.toContain('scatterv');
    expect(plan('scatterv').length).toBeGreaterThan(0);
  });

  test('has something to do for every bench', () => {
    for (const name of Object.keys(BENCHES)) expect(plan(name, { quick: true }).length).toBeGreaterThan(0);
  });
});
