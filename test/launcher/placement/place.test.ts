import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hostsOfOption } from '../../../launcher/placement/host-list.ts';
import type { Host } from '../../../launcher/placement/hosts.ts';
import { type Mapping, parseMapping } from '../../../launcher/placement/mapping.ts';
import { defaultRanks, place } from '../../../launcher/placement/place.ts';
import { refusal } from './refusal.ts';

const hosts = (list: string): Host[] => hostsOfOption([list]).map((host) => ({ ...host, local: false }));

/** `--ppn N`, `--map-by X` and `--oversubscribe` as on the command line. */
function mapping(line: string): Mapping {
  const words = line.split(' ');
  const after = (option: string) => (words.includes(option) ? words[words.indexOf(option) + 1] : undefined);
  return parseMapping(after('--ppn'), after('--map-by'), words.includes('--oversubscribe'));
}

/** For each rank its host. */
function order(list: string, ranks: number, line = ''): string {
  const placement = place(hosts(list), [ranks], mapping(line));
  return placement.ranks.map(({ host }) => placement.hosts[host]!.name).join('');
}

describe('each rank has its host', () => {
  test.each<[string, number, string, string]>([
    ['a:2,b:2', 4, '', 'aabb'],
    ['a:2,b:2', 3, '', 'aab'],
    ['a:2,b:2', 2, '', 'aa'],
    ['a,b', 2, '', 'ab'],
    ['a,b,c', 8, '', 'aaabbbcc'],
    ['a,b,c', 2, '', 'ab'],
    ['a:2,b', 3, '', 'aab'],
    ['a:2,b,c', 9, '', 'aabbbbccc'],
    ['b,a:4', 4, '', 'baaa'],
    ['b,a:4', 7, '', 'bbbaaaa'],
    ['a:4,b:2', 12, '--oversubscribe', 'aaaaaaabbbbb'],
    ['a:4,b:2', 7, '--oversubscribe', 'aaaaabb'],
    ['a:4,b:2', 5, '--oversubscribe', 'aaaab'],
    ['a:2,b:2', 4, '--map-by node', 'abab'],
    ['a:1,b:3', 4, '--map-by node', 'abbb'],
    ['a:3,b:1,c:2', 6, '--map-by node', 'abcaca'],
    ['a,b', 5, '--map-by node', 'ababa'],
    ['a:1,b', 4, '--map-by node', 'abbb'],
    ['a:2,b:1', 7, '--map-by node --oversubscribe', 'abaabab'],
    ['a,b,c', 6, '--ppn 2', 'aabbcc'],
    ['a,b,c', 5, '--ppn 2', 'aabbc'],
    ['a,b,c', 4, '--ppn 2', 'aabb'],
    ['a:8,b:8', 4, '--ppn 2', 'aabb'],
    ['a,b,c', 5, '--ppn 2 --map-by node', 'abcab'],
    ['a:1,b:1', 4, '--ppn 2 --oversubscribe', 'aabb'],
    ['a:1,b:4', 1, '--ppn 2', 'a'],
    ['a,b', 4, '--map-by ppr:2:node', 'aabb'],
    ['a,b,c', 4, '--map-by ppr:2:node', 'aabb'],
    ['a:999999999', 3, '', 'aaa'],
  ])('-H %s -n %i %s', (list, ranks, line, expected) => {
    expect(order(list, ranks, line)).toBe(expected);
  });
});

describe('what does not fit is refused with the numbers', () => {
  test.each<[string, number, string, RegExp]>([
    ['a:2,b:2', 5, '', /^5 ranks are more than the 4 slots of 2 hosts; --oversubscribe allows it$/],
    ['a:2', 3, '--map-by node', /^3 ranks are more than the 2 slots of a; /],
    ['[fd00::1]:2', 3, '', /slots of \[fd00::1\]; /],
    ['a,b', 5, '--ppn 2', /^--ppn 2: 2 hosts can have 4 ranks like that, and this job has 5$/],
    ['a,b', 5, '--ppn 2 --oversubscribe', /^--ppn 2: 2 hosts can have 4/],
    ['a:1,b:4', 4, '--ppn 2', /^--ppn 2: a has fewer slots than that, 1; --oversubscribe allows it$/],
    [
      'a,b,c',
      5,
      '--map-by ppr:2:node',
      /^--map-by ppr:2:node: the 5 ranks of this job cannot be shared out like that; --ppn 2/,
    ],
    ['a,b', 6, '--map-by ppr:2:node', /^--map-by ppr:2:node: 2 hosts can have 4 ranks like that, and this job has 6$/],
    ['a:1', 2, '--map-by ppr:2:node', /a has fewer slots than that, 1/],
  ])('-H %s -n %i %s', (list, ranks, line, message) => {
    expect(refusal(() => order(list, ranks, line))).toMatch(message);
  });
});

test('without -n a job has the ranks that its hosts are meant for', () => {
  const site = (list: string, local = false, ranks?: number) => ({
    hosts: hosts(list).map((host) => ({ ...host, local })),
    launcher: 'ssh' as const,
    ranks,
    chosen: true,
  });
  const count = (line: string, ...about: Parameters<typeof site>) => defaultRanks(site(...about), mapping(line), 16);
  expect(count('', 'a:4,b:2')).toBe(6);
  expect(count('', 'a:4,b')).toBe(5);
  expect(count('', 'a')).toBe(1);
  expect(count('', 'here', true)).toBe(16);
  expect(count('', 'here:4', true)).toBe(4);
  expect(count('--ppn 3', 'a:4,b')).toBe(6);
  expect(count('--ppn 3', 'here', true)).toBe(3);
  expect(count('--map-by ppr:2:node', 'a,b')).toBe(4);
  expect(count('', 'a:4,b:4', false, 3)).toBe(3);
  expect(count('--ppn 1', 'a:4,b:4', false, 3)).toBe(2);
});

test('programs follow each other through the ranks', () => {
  const { ranks, hosts: plans } = place(hosts('a:2,b:2'), [1, 3], mapping(''));
  expect(ranks).toEqual([
    { host: 0, localRank: 0, program: 0 },
    { host: 0, localRank: 1, program: 1 },
    { host: 1, localRank: 0, program: 1 },
    { host: 1, localRank: 1, program: 1 },
  ]);
  expect(plans.map((plan) => plan.ranks)).toEqual([
    [0, 1],
    [2, 3],
  ]);
});

test('whatever is asked for, every rank is placed once, and hosts keep what was asked for them', () => {
  const anyHosts = fc.array(fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }), {
    minLength: 1,
    maxLength: 8,
  });
  const anyMapping = fc.record({
    ppn: fc.option(fc.integer({ min: 1, max: 5 }).map(String), { nil: undefined }),
    mapBy: fc.constantFrom('slot', 'node'),
    oversubscribe: fc.boolean(),
  });
  const anyPrograms = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(anyHosts, anyMapping, anyPrograms, (slots, { ppn, mapBy, oversubscribe }, programs) => {
      const named = slots.map((count, i): Host => ({ name: `h${i}`, slots: count, source: '', local: false }));
      const size = programs.reduce((sum, count) => sum + count, 0);
      const most = slots.reduce<number>((sum, count) => sum + (count ?? Number.POSITIVE_INFINITY), 0);
      const rule = parseMapping(ppn, mapBy, oversubscribe);
      const perHost = ppn === undefined ? Number.POSITIVE_INFINITY : Number(ppn);
      if (size > perHost * slots.length || (ppn === undefined && size > most && !oversubscribe)) {
        refusal(() => place(named, programs, rule));
        return;
      }
      let placement: ReturnType<typeof place>;
      try {
        placement = place(named, programs, rule);
      } catch (error) {
        // Fewer slots than --ppn asks for.
        expect([(error as Error).message.includes('fewer slots'), oversubscribe]).toEqual([true, false]);
        return;
      }
      const { hosts: plans, ranks } = placement;
      expect(plans.flatMap((plan) => plan.ranks).toSorted((a, b) => a - b)).toEqual([...ranks.keys()]);
      expect(ranks.length).toBe(size);
      for (const [index, plan] of plans.entries()) {
        expect(plan.ranks.length).toBeGreaterThan(0);
        expect(plan.ranks.length).toBeLessThanOrEqual(perHost);
        if (!oversubscribe) expect(plan.ranks.length).toBeLessThanOrEqual(plan.slots ?? Number.POSITIVE_INFINITY);
        expect(plan.ranks.map((rank) => ranks[rank]!.host)).toEqual(plan.ranks.map(() => index));
        expect(plan.ranks.map((rank) => ranks[rank]!.localRank)).toEqual([...plan.ranks.keys()]);
      }
      expect(plans.map(({ name }) => name)).toEqual(
        named.map(({ name }) => name).filter((name) => plans.some((plan) => plan.name === name)),
      );
      expect(programs.map((_, program) => ranks.filter((place) => place.program === program).length)).toEqual(programs);
      const numbers = ranks.map(({ program }) => program);
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      // One host after the other: the hosts of the ranks never go back.
      if (mapBy === 'slot')
        expect(ranks.map(({ host }) => host)).toEqual(ranks.map(({ host }) => host).toSorted((a, b) => a - b));
    }),
  );
});

test('many ranks on many hosts are placed at once', () => {
  const many = Array.from(
    { length: 20_000 },
    (_, i): Host => ({ name: `h${i}`, slots: i === 0 ? undefined : 1, source: '', local: false }),
  );
  expect(place(many, [1_000_000], mapping('--map-by node')).hosts.length).toBe(20_000);
  expect(place(many, [1_000_000], mapping('')).hosts[0]!.ranks.length).toBe(980_001);
});
