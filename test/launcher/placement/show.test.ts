import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hostsOfOption } from '../../../launcher/placement/host-list.ts';
import { isThisMachine } from '../../../launcher/placement/host-name.ts';
import { parseMapping } from '../../../launcher/placement/mapping.ts';
import { place } from '../../../launcher/placement/place.ts';
import { rangesText } from '../../../launcher/placement/ranges.ts';
import { planDocument, planText } from '../../../launcher/placement/show.ts';

type Plan = Parameters<typeof planText>[0];

function plan(list: string, programs: readonly (readonly [script: string, ranks: number])[], mapBy = 'slot'): Plan {
  const hosts = hostsOfOption([list]).map((host) => ({ ...host, local: isThisMachine(host.name, 'here') }));
  const counts = programs.map(([, ranks]) => ranks);
  return {
    programs: programs.map(([script, ranks]) => ({ script, args: [], ranks, env: {}, workingDirectory: undefined })),
    ranks: counts.reduce((sum, ranks) => sum + ranks, 0),
    placement: place(hosts, counts, parseMapping(undefined, mapBy)),
    launcher: 'ssh',
    verbosity: 'normal',
  };
}

test('a small plan is a line for each host', () => {
  expect(planText(plan('here:2,node2', [['', 3]]), 80)).toBe(`3 ranks on 2 hosts

host   slots  agent  ranks  numbers
here       2  local      2  0-1
node2      -  ssh        1  2
`);
});

test('programs have a line of their own on each host', () => {
  const programs = [
    ['a.ts', 1],
    ['projects/long/way/to/b.ts', 3],
  ] as const;
  expect(planText(plan('here:2,b:2', programs, 'node'), 80)).toBe(`4 ranks of 2 programs on 2 hosts

host  slots  agent  ranks  program               numbers
here      2  local      1  a.ts                  0
                        1  …ts/long/way/to/b.ts  2
b         2  ssh        2  …ts/long/way/to/b.ts  1,3
`);
});

test('-v adds a line for each rank', () => {
  const text = planText({ ...plan('a:2,b:1', [['', 3]], 'node'), verbosity: 'verbose' }, 80);
  expect(text.slice(text.indexOf('\nrank'))).toBe(`
rank  host  local rank
   0  a              0
   1  b              0
   2  a              1
`);
});

test('four thousand ranks fit into 80 columns', () => {
  const list = Array.from({ length: 40 }, (_, i) => `node${String(i + 1).padStart(2, '0')}:100`).join(',');
  for (const mapBy of ['slot', 'node']) {
    const lines = planText(
      plan(
        list,
        [
          ['a.ts', 1500],
          ['b.ts', 2500],
        ],
        mapBy,
      ),
      80,
    ).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines.length).toBeLessThan(100);
  }
});

test('lists that are too long for a line go on below', () => {
  const slots = [1, 2, 5, 9, 14, 20, 27, 35].map((count, i) => `h${i}:${count}`).join(',');
  const lines = planText(plan(slots, [['', 113]], 'node'), 60).split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
  expect(lines).toContain('0-6:2 stands for 0, 2, 4, 6.');
});

test('the document has it all, by host and by rank', () => {
  expect(
    planDocument(
      plan('here:1,b', [
        ['a.ts', 1],
        ['b.ts', 1],
      ]),
    ),
  ).toEqual({
    launcher: 'ssh',
    programs: [
      { script: 'a.ts', args: [], ranks: 1 },
      { script: 'b.ts', args: [], ranks: 1 },
    ],
    hosts: [
      { name: 'here', slots: 1, agent: 'local', ranks: [0] },
      { name: 'b', slots: null, agent: 'ssh', ranks: [1] },
    ],
    ranks: [
      { rank: 0, host: 'here', localRank: 0, program: 0 },
      { rank: 1, host: 'b', localRank: 0, program: 1 },
    ],
  });
  expect(planDocument(plan('b', [['', 1]]))).toMatchObject({ programs: [{ ranks: 1 }] });
});

describe('a list of ranks', () => {
  test.each<[number[], string]>([
    [[], ''],
    [[3], '3'],
    [[0, 1], '0-1'],
    [[0, 1, 2, 3], '0-3'],
    [[0, 2], '0,2'],
    [[0, 2, 4], '0-4:2'],
    [[0, 3, 4, 5], '0,3-5'],
    [[0, 5, 9, 10, 11, 15, 19], '0,5,9-11,15,19'],
  ])('%j is %s', (ranks, text) => {
    expect(rangesText(ranks).join(',')).toBe(text);
  });

  test('says each of them once', () => {
    const lists = fc.uniqueArray(fc.nat(60)).map((list) => list.toSorted((a, b) => a - b));
    const expand = (range: string) => {
      const [, first, last = first, step = '1'] = /^(\d+)(?:-(\d+))?(?::(\d+))?$/.exec(range) ?? [];
      const count = (Number(last) - Number(first)) / Number(step) + 1;
      return Array.from({ length: count }, (_, i) => Number(first) + i * Number(step));
    };
    fc.assert(
      fc.property(lists, (list) => {
        expect(rangesText(list).flatMap(expand)).toEqual(list);
      }),
    );
  });
});
