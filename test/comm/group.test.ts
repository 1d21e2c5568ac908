import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Group } from '../../src/comm/group.ts';
import { PROC_NULL } from '../../src/matching/envelope.ts';

const SELF = 3;
const group = (...endpoints: number[]) => new Group(endpoints, SELF);

describe('a group', () => {
  it('knows its members and which of them we are', () => {
    const members = group(5, 3, 8);
    expect(members).toMatchObject({ size: 3, rank: 1, ranks: [0, 1, 2] });
    expect(group(5, 8).rank).toBeUndefined();
    expect(group()).toMatchObject({ size: 0, rank: undefined, ranks: [] });
  });

  it('knows us again when another group brings us in', () => {
    const without = group(5, 3, 8).exclude([1]);
    expect(without.rank).toBeUndefined();
    expect(without.union(group(1, 3)).rank).toBe(3);
  });

  const sets = fc.tuple(
    fc.uniqueArray(fc.integer({ min: 0, max: 12 })),
    fc.uniqueArray(fc.integer({ min: 0, max: 12 })),
  );

  it('unites, intersects and subtracts in the order of the standard', () => {
    fc.assert(
      fc.property(sets, ([a, b]) => {
        expect(group(...a).union(group(...b)).endpoints).toEqual([...new Set([...a, ...b])]);
        expect(group(...a).intersection(group(...b)).endpoints).toEqual(a.filter((one) => b.includes(one)));
        expect(group(...a).difference(group(...b)).endpoints).toEqual(a.filter((one) => !b.includes(one)));
      }),
      { seed: 1 },
    );
  });

  it('translates ranks and compares as looking every member up would', () => {
    fc.assert(
      fc.property(sets, ([a, b]) => {
        const ranks = [...a.keys(), PROC_NULL, ...a.keys()];
        const looked = a.map((endpoint) => (b.includes(endpoint) ? b.indexOf(endpoint) : undefined));
        expect(group(...a).translateRanks(ranks, group(...b))).toEqual([...looked, PROC_NULL, ...looked]);
        const [sortedA, sortedB] = [a.toSorted(), b.toSorted()].map(String);
        const expected = String(a) === String(b) ? 'ident' : sortedA === sortedB ? 'similar' : 'unequal';
        expect(group(...a).compare(group(...b))).toBe(expected);
      }),
      { seed: 2 },
    );
  });

  it('is similar to itself in another order', () => {
    expect(group(1, 2, 3).compare(group(1, 2, 3))).toBe('ident');
    expect(group(1, 2, 3).compare(group(3, 1, 2))).toBe('similar');
    expect(group(1, 2, 3).compare(group(1, 2, 4))).toBe('unequal');
    expect(group().compare(group())).toBe('ident');
  });

  it('includes in the order of the list, excludes in its own', () => {
    const members = group(10, 11, 12, 13, 14);
    expect(members.include([4, 0, 2]).endpoints).toEqual([14, 10, 12]);
    expect(members.exclude([4, 0, 2]).endpoints).toEqual([11, 13]);
    expect(members.include([]).endpoints).toEqual([]);
    expect(members.exclude([]).endpoints).toEqual([10, 11, 12, 13, 14]);
  });

  it.each([
    [[[0, 6, 2]], [0, 2, 4, 6]],
    [[[0, 7, 3]], [0, 3, 6]],
    [[[6, 1, -2]], [6, 4, 2]],
    [[[5, 5, 9]], [5]],
    [[[5, 5, -1]], [5]],
    [[[6, 100, 200]], [6]],
    [
      [
        [7, 5, -1],
        [0, 4, 4],
      ],
      [7, 6, 5, 0, 4],
    ],
    [[], []],
  ] as [[number, number, number][], number[]][])('takes the ranges %j as the ranks %j', (ranges, ranks) => {
    const members = group(10, 11, 12, 13, 14, 15, 16, 17);
    expect(members.rangeInclude(ranges).endpoints).toEqual(members.include(ranks).endpoints);
    expect(members.rangeExclude(ranges).endpoints).toEqual(members.exclude(ranks).endpoints);
  });

  it('is not changed by what is derived from it, nor by its list of ranks', () => {
    const members = group(10, 11, 12);
    members.ranks.reverse();
    members.include([2, 1]).union(group(7));
    expect(members).toMatchObject({ endpoints: [10, 11, 12], ranks: [0, 1, 2] });
  });

  it('of a hundred thousand members is quick', () => {
    const many = new Group([...new Array(100_000).keys()], 0);
    const odd = many.rangeInclude([[1, 99_999, 2]]);
    expect(many.difference(odd).size).toBe(50_000);
    expect(odd.union(many).translateRanks([99_999], many)).toEqual([99_998]);
    expect(many.exclude(odd.ranks).intersection(odd).size).toBe(25_000);
  });
});

type Wrong = [call: string, use: (members: Group) => unknown, code: string, sentence: RegExp];

const WRONG: Wrong[] = [
  ['union', (g) => g.union(5 as never), 'ERR_ARG', /the group is 5, but must be a Group, such as world\.group/],
  ['intersection', (g) => g.intersection([0] as never), 'ERR_ARG', /the group is \[0\]/],
  ['difference', (g) => g.difference(undefined as never), 'ERR_ARG', /the group is undefined/],
  ['compare', (g) => g.compare({} as never), 'ERR_ARG', /must be a Group/],
  ['translateRanks', (g) => g.translateRanks([0], null as never), 'ERR_ARG', /the group is null/],
  ['translateRanks', (g) => g.translateRanks([0, 3], g), 'ERR_RANK', /ranks\[1\] is 3, .* from 0 to 2/],
  ['translateRanks', (g) => g.translateRanks(0 as never, g), 'ERR_ARG', /ranks is 0, but must be an array/],
  ['include', (g) => g.include(1 as never), 'ERR_ARG', /ranks is 1, but must be an array such as \[0, 1\]/],
  ['include', (g) => g.include([0, 3]), 'ERR_RANK', /ranks\[1\] is 3, but must be a rank of the group, from 0 to 2/],
  ['include', (g) => g.include([-1]), 'ERR_RANK', /ranks\[0\] is -1/],
  ['include', (g) => g.include([0.5]), 'ERR_RANK', /ranks\[0\] is 0\.5/],
  ['include', (g) => g.include(['0'] as never), 'ERR_RANK', /ranks\[0\] is "0"/],
  ['include', (g) => g.include(new Array(1)), 'ERR_RANK', /ranks\[0\] is undefined/],
  ['include', (g) => g.include([]).include([0]), 'ERR_RANK', /this group is empty/],
  ['include', (g) => g.include([2, 1, 2]), 'ERR_RANK', /rank 2 is listed twice/],
  ['exclude', (g) => g.exclude([PROC_NULL]), 'ERR_RANK', /ranks\[0\] is -2/],
  ['exclude', (g) => g.exclude([1, 1]), 'ERR_RANK', /rank 1 is listed twice/],
  ['rangeInclude', (g) => g.rangeInclude('0' as never), 'ERR_ARG', /must be an array such as \[\[0, 6, 2\]\]/],
  ['rangeInclude', (g) => g.rangeInclude([[0, 2, 0]]), 'ERR_ARG', /ranges\[0\] is \[0, 2, 0\], .* leads from first/],
  ['rangeInclude', (g) => g.rangeInclude([[2, 0, 1]]), 'ERR_ARG', /ranges\[0\] is \[2, 0, 1\]/],
  ['rangeInclude', (g) => g.rangeInclude([[0, 2, 1], [0, 1] as never]), 'ERR_ARG', /ranges\[1\] is \[0, 1\]/],
  ['rangeInclude', (g) => g.rangeInclude([[0, Infinity, 1]]), 'ERR_ARG', /ranges\[0\] is \[0, Infinity, 1\]/],
  ['rangeInclude', (g) => g.rangeInclude([[1, 1e15, 1]]), 'ERR_RANK', /a rank of ranges\[0\] is 3, .* from 0 to 2/],
  ['rangeInclude', (g) => g.rangeInclude([[0, -2, -1]]), 'ERR_RANK', /a rank of ranges\[0\] is -1/],
  [
    'rangeExclude',
    (g) =>
      g.rangeExclude([
        [0, 2, 2],
        [2, 1, -1],
      ]),
    'ERR_RANK',
    /rank 2 is listed twice/,
  ],
  ['rangeExclude', (g) => g.rangeExclude([5 as never]), 'ERR_ARG', /ranges\[0\] is 5/],
];

it.each(WRONG)('%s with wrong arguments says what would be right (%#)', (call, use, code, sentence) => {
  const wrong = () => use(group(7, 8, 9));
  expect(wrong).toThrow(expect.objectContaining({ name: 'MpiError', code, op: call }));
  expect(wrong).toThrow(sentence);
  expect(wrong).toThrow(new RegExp(`^${call}: `));
});
