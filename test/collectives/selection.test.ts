import { describe, expect, it } from 'vitest';
import type { CollectiveContext } from '../../src/collectives/context.ts';
import { HostMap } from '../../src/collectives/levels/host-map.ts';
import { RecentPlans } from '../../src/collectives/recent.ts';
import { COLLECTIVES, type CollectiveName, SELECTABLE, type SelectableName } from '../../src/collectives/registry.ts';
import { type Choice, checkAlgorithms, choose } from '../../src/collectives/selection.ts';

const NAMES = Object.keys(COLLECTIVES) as CollectiveName[];

const ONE_HOST = new HostMap(['here']);

function contextOf(size: number, preferred: Record<string, string> = {}, hosts = ONE_HOST): CollectiveContext {
  const never = () => {
    throw new Error('not to be opened');
  };
  return {
    rank: 0,
    size,
    segmentBytes: 1024,
    algorithms: new Map(Object.entries(preferred)),
    hosts,
    forecast: undefined,
    sharesMemory: false,
    recent: new RecentPlans(),
    unshared: 'they are but numbers',
    open: never,
    close: never,
  };
}

function reorders(name: SelectableName, { byMessages }: Choice<unknown>): boolean {
  return Object.values(COLLECTIVES[name].algorithms).some(
    ({ code, reorders }) => code === byMessages && reorders === true,
  );
}

describe('the registry', () => {
  it('has a code of its own for every collective, and for every algorithm within one', () => {
    const codes = NAMES.map((name) => COLLECTIVES[name].code);
    expect(new Set(codes).size).toBe(NAMES.length);
    for (const name of NAMES) {
      const own = Object.values(COLLECTIVES[name].algorithms).map(({ code }) => code);
      expect(new Set(own).size).toBe(own.length);
      expect(own.every((code) => code > 0 && code < 256)).toBe(true);
    }
  });
});

describe('the selection', () => {
  it('finds an algorithm that keeps the order where it counts, for every collective and size', () => {
    for (const name of SELECTABLE) {
      for (let size = 1; size <= 33; size++) {
        for (const bytes of [0, 1000, 1e5, 1e9]) {
          choose(contextOf(size), name, undefined, { bytes });
          expect(reorders(name, choose(contextOf(size), name, undefined, { bytes, commutative: false }))).toBe(false);
        }
      }
    }
  });

  it('has one algorithm for small and another for large vectors', () => {
    for (const name of ['bcast', 'reduce', 'allreduce', 'scan', 'exscan', 'reduceScatter'] as const) {
      const small = choose(contextOf(5), name, undefined, { bytes: 8 });
      expect(choose(contextOf(5), name, undefined, { bytes: 1e8 }).code).not.toBe(small.code);
    }
  });

  it.each([
    ['bcast', 64, 64 * 1024, 'binomial'],
    ['bcast', 64, 2 ** 20, 'scatterRing'],
    ['bcast', 1024, 2 ** 20, 'binomial'],
    ['bcast', 64, 2 ** 25, 'chain'],
    ['scatter', 32, 8, 'linear'],
    ['scatter', 33, 8, 'binomial'],
    ['reduce', 1024, 2 ** 18, 'binomial'],
    ['reduce', 64, 2 ** 18, 'rabenseifner'],
    ['reduce', 48, 2 ** 25, 'chain'],
    ['allreduce', 100, 2 ** 20, 'rabenseifner'],
    ['allreduce', 100, 2 ** 23, 'ring'],
    ['allreduce', 128, 2 ** 27, 'rabenseifner'],
    ['scan', 64, 2 ** 20, 'recursiveDoubling'],
    ['scan', 64, 2 ** 24, 'chain'],
    ['reduceScatter', 12, 2 ** 17, 'linear'],
    ['reduceScatter', 48, 2 ** 17, 'recursiveHalving'],
    ['reduceScatter', 48, 2 ** 23, 'pairwise'],
    ['reduceScatterBlock', 64, 2 ** 23, 'recursiveHalving'],
  ] as const)('goes among many ranks by the bytes of each: %s, %i ranks, %i bytes', (name, size, bytes, algorithm) => {
    const expected = COLLECTIVES[name].algorithms[algorithm];
    expect(choose(contextOf(size), name, undefined, { bytes }).code).toBe(expected?.code);
  });

  it('takes what the call asks for, then what the runtime prefers', () => {
    const context = contextOf(4, { allreduce: 'rabenseifner' });
    const { rabenseifner, ring } = COLLECTIVES.allreduce.algorithms;
    expect(choose(context, 'allreduce', undefined, { bytes: 8 }).run).toBe(rabenseifner?.run);
    expect(choose(context, 'allreduce', 'ring', { bytes: 8 }).run).toBe(ring?.run);
  });

  it('passes over what the runtime prefers where it would reorder operands', () => {
    const chosen = choose(contextOf(4, { allreduce: 'ring' }), 'allreduce', undefined, { commutative: false });
    expect(reorders('allreduce', chosen)).toBe(false);
  });

  it('refuses unknown names and lists the known ones', () => {
    expect(() => choose(contextOf(4), 'allreduce', 'star')).toThrow(
      "allreduce: the algorithm must be one of recursiveDoubling, rabenseifner, ring, twoLevel, sharedMemory, not 'star'",
    );
    expect(() => choose(contextOf(4), 'barrier', 'constructor')).toThrow(/dissemination, tree/);
    expect(() => choose(contextOf(4), 'barrier', 7)).toThrow(/not 7/);
  });

  it('refuses to reorder the operands of an op that does not commute', () => {
    expect(() => choose(contextOf(4), 'allreduce', 'ring', { commutative: false, op: 'compose' })).toThrow(
      'allreduce: ring reorders the operands, and compose does not commute; use one of recursiveDoubling, rabenseifner, twoLevel',
    );
  });
});

describe('what a runtime prefers', () => {
  it('is checked against the names there are', () => {
    checkAlgorithms(new Map([['bcast', 'chain']]));
    expect(() => checkAlgorithms(new Map([['bcast', 'star']]))).toThrow(/bcast: the algorithm must be one of binomial/);
    expect(() => checkAlgorithms(new Map([['broadcast', 'chain']]))).toThrow(
      /the collective must be one of barrier, bcast/,
    );
    // Done in one way only.
    expect(() => checkAlgorithms(new Map([['split', 'ring']]))).toThrow(/reduceScatterBlock, not 'split'/);
  });
});
