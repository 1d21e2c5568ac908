import { describe, expect, test } from 'vitest';
import { hostsOfFile, hostsOfOption } from '../../../launcher/placement/host-list.ts';
import { refusal } from './refusal.ts';

test('-H is a list, or several', () => {
  expect(hostsOfOption(['a:4, b', '[::1]:2'])).toEqual([
    { name: 'a', slots: 4, source: 'entry 1 of -H' },
    { name: 'b', slots: undefined, source: 'entry 2 of -H' },
    { name: '::1', slots: 2, source: 'entry 3 of -H' },
  ]);
});

describe('a hostfile', () => {
  const parse = (text: string) => hostsOfFile(text, 'f').map(({ name, slots, source }) => [name, slots, source]);

  test.each<[string, string, unknown[][]]>([
    [
      'names',
      'a\nb',
      [
        ['a', undefined, 'f:1'],
        ['b', undefined, 'f:2'],
      ],
    ],
    ['slots=N', 'a slots=4\n', [['a', 4, 'f:1']]],
    [
      'name:N',
      'me@a:4\n[fd00::1]:2\n',
      [
        ['me@a', 4, 'f:1'],
        ['fd00::1', 2, 'f:2'],
      ],
    ],
    [
      'comments',
      '# all\na # one\nb#two\n#',
      [
        ['a', undefined, 'f:2'],
        ['b', undefined, 'f:3'],
      ],
    ],
    ['blank lines and spaces', '\n \t\n  a \t slots=4  \n\n', [['a', 4, 'f:3']]],
    [
      'lines of Windows, with a byte order mark',
      '\uFEFFa slots=4\r\nb\r\n',
      [
        ['a', 4, 'f:1'],
        ['b', undefined, 'f:2'],
      ],
    ],
  ])('may have %s', (_, text, expected) => {
    expect(parse(text)).toEqual(expected);
  });

  test.each<[string, RegExp]>([
    ['', /^--hostfile f: there is no host in it; a line names one, as node1 slots=4$/],
    ['# nothing\n\n', /there is no host in it/],
    ['a\nb slots=0\n', /^f:2: slots=0: slots are how many ranks a host is meant for: an integer, 1 or more/],
    ['a slots=', /^f:1: slots=: slots are/],
    ['a slots=four', /^f:1: slots=four: slots are/],
    ['a slots = 4', /^f:1: slots: a line has a host and slots=N, nothing else$/],
    ['a\n\na max_slots=4', /^f:3: max_slots=4: a line has/],
    ['a b', /^f:1: b: a line has/],
    ['a:4 slots=4', /^f:1: slots=4: the line has said how many slots already$/],
    ['a slots=4 slots=5', /^f:1: slots=5: the line has said/],
    ['a,b', /^f:1: a,b: a,b is no name of a host/],
    ['slots=4', /^f:1: slots=4: slots=4 is no name of a host/],
    ['-a', /^f:1: -a: /],
  ])('is refused by line: %j', (text, message) => {
    expect(refusal(() => parse(text))).toMatch(message);
  });
});
