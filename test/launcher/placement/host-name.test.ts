import { describe, expect, test } from 'vitest';
import { hostText, isThisMachine, parseHost } from '../../../launcher/placement/host-name.ts';
import { refusal } from './refusal.ts';

describe('a host', () => {
  test.each<[string, string, number | undefined]>([
    ['a', 'a', undefined],
    ['a:4', 'a', 4],
    ['node-7.cluster.example.org:16', 'node-7.cluster.example.org', 16],
    ['my_alias', 'my_alias', undefined],
    ['10.0.0.1:2', '10.0.0.1', 2],
    ['me@a:4', 'me@a', 4],
    ['first.last+x@a', 'first.last+x@a', undefined],
    ['[::1]', '::1', undefined],
    ['[fe80::1]:4', 'fe80::1', 4],
    ['[fe80::1%eth0]:4', 'fe80::1%eth0', 4],
    ['me@[fe80::1]:4', 'me@fe80::1', 4],
    ['a:0007', 'a', 7],
  ])('%s', (text, name, slots) => {
    const host = parseHost(text, 'here');
    expect(host).toEqual({ name, slots, source: 'here' });
    if (slots !== 7) expect(hostText(name, slots)).toBe(text);
  });
});

describe('what is no host is refused, saying where it stands', () => {
  test.each<[string, RegExp]>([
    ['', /^f:3 is empty/],
    ['a:', /^f:3: a:: slots are .* an integer, 1 or more/],
    ['a:0', /slots are/],
    ['a:-1', /slots are/],
    ['a:1.5', /slots are/],
    ['a:x', /^f:3: a:x: slots are/],
    ['a:9999999999', /slots are/],
    ['a: 4', /slots are/],
    [':4', /^f:3: :4: "" is no name of a host/],
    ['fe80::1:4', /^f:3: fe80::1:4: write node1:4; an IPv6 address stands in brackets, as \[fd00::1\]:4$/],
    ['::1', /stands in brackets/],
    ['[a]:4', /^f:3: \[a\]:4: a is no IPv6 address$/],
    ['[fe80::1', /stands in brackets/],
    ['[::1]4', /stands in brackets/],
    ['-oProxyCommand=x', /does not begin with -$/],
    ['-a', /does not begin with -$/],
    ['me@-a', /does not begin with -$/],
    ['-me@a', /^f:3: -me@a: -me is no user name$/],
    ['@a', /"" is no user name$/],
    ['me@', /"" is no name of a host/],
    ['a b', /^f:3: "a b": "a b" is no name/],
    ['a;reboot', /is no name of a host/],
    ['$(reboot)', /is no name of a host/],
    ['a/b', /is no name of a host/],
    ['a\u0000b', /is no name of a host/],
    ['.a', /is no name of a host/],
    ['höst', /is no name of a host/],
    ['a'.repeat(256), /is no name of a host/],
  ])('%j', (text, message) => {
    expect(refusal(() => parseHost(text, 'f:3'))).toMatch(message);
  });
});

test('this machine has the names that cannot mean another one', () => {
  const own = ['localhost', '127.0.0.1', '::1', 'node7.cluster.org', 'node7', 'NODE7', 'LocalHost'];
  const other = ['node7.other.org', 'node', 'node70', '127.0.0.2', 'me@localhost', 'cluster.org'];
  expect(own.filter((name) => !isThisMachine(name, 'node7.cluster.org'))).toEqual([]);
  expect(other.filter((name) => isThisMachine(name, 'node7.cluster.org'))).toEqual([]);
});
