import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compressNodelist, expandCounts, expandNodelist } from '../../../launcher/placement/nodelist.ts';

describe('a list of nodes', () => {
  test.each<[string, string[]]>([
    ['a', ['a']],
    ['a,b', ['a', 'b']],
    ['n[1-3]', ['n1', 'n2', 'n3']],
    ['n[1-3,07-10]x,login', ['n1x', 'n2x', 'n3x', 'n07x', 'n08x', 'n09x', 'n10x', 'login']],
    ['n[098-101]', ['n098', 'n099', 'n100', 'n101']],
    ['n[9-11,5]', ['n9', 'n10', 'n11', 'n5']],
    ['r[1-2]n[01-02]', ['r1n01', 'r1n02', 'r2n01', 'r2n02']],
    ['r[1,3]-[0-1].x', ['r1-0.x', 'r1-1.x', 'r3-0.x', 'r3-1.x']],
    ['[1-2]', ['1', '2']],
  ])('%s', (text, nodes) => {
    expect(expandNodelist(text)).toEqual(nodes);
  });

  test.each([
    '',
    ',',
    'a,',
    ',a',
    'a,,b',
    'n[',
    'n]',
    'n[]',
    'n[1-]',
    'n[-1]',
    'n[1-2-3]',
    'n[3-1]',
    'n[a]',
    'n[1,]',
    'n[[1]]',
    'n[1-999999999]',
    'n[1-99999999999999999999]',
    'a[1-1000]b[1-1000]',
    'n[1-100000],m[1-100000]',
  ])('is no %s', (text) => {
    expect(expandNodelist(text)).toBeUndefined();
  });

  test.each<[string[], string]>([
    [[], ''],
    [['a'], 'a'],
    [['n1'], 'n1'],
    [['n1', 'n2', 'n3'], 'n[1-3]'],
    [['n1', 'n3', 'n4', 'm4', 'login', 'login2', 'x'], 'n[1,3-4],m4,login,login2,x'],
    [['n08', 'n09', 'n10', 'n011'], 'n[08-10,011]'],
    [['n9', 'n10'], 'n[9-10]'],
    [['r1n1', 'r1n2', 'r2n1'], 'r1n[1-2],r2n1'],
    [['a1x', 'a2x', 'a3y'], 'a[1-2]x,a3y'],
  ])('%j in short: %s', (nodes, text) => {
    expect(compressNodelist(nodes)).toBe(text);
  });

  test('is the same after it was made short', () => {
    const name = fc.tuple(
      fc.constantFrom('n', 'n0', 'rack1-', 'x', ''),
      fc.nat(12),
      fc.nat(3),
      fc.constantFrom('', 'b', '-ib'),
    );
    const node = name.map(([start, number, width, end]) => `${start}${String(number).padStart(width, '0')}${end}`);
    const nodes = fc.array(fc.oneof(node, fc.constantFrom('login', `n${'9'.repeat(20)}`)), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(nodes, (list) => {
        expect(expandNodelist(compressNodelist(list))).toEqual(list);
      }),
    );
    const run = fc.tuple(fc.nat(2000), fc.nat(300), fc.nat(5));
    fc.assert(
      fc.property(run, ([first, count, width]) => {
        const list = Array.from({ length: count + 1 }, (_, i) => `n${String(first + i).padStart(width, '0')}`);
        const text = compressNodelist(list);
        expect(expandNodelist(text)).toEqual(list);
        expect(text.length).toBeLessThan(20);
      }),
    );
  });
});

test.each<[string, number[] | undefined]>([
  ['4', [4]],
  ['2(x3),1', [2, 2, 2, 1]],
  ['1,2', [1, 2]],
  ['', undefined],
  ['x', undefined],
  ['2(x3', undefined],
  ['2,,3', undefined],
  ['-1', undefined],
  ['1(x999999)', undefined],
  ['1(x100000),1(x100000)', undefined],
])('numbers by node: %s', (text, counts) => {
  expect(expandCounts(text)).toEqual(counts);
});
