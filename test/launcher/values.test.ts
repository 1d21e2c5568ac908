import { describe, expect, test } from 'vitest';
import { commandWords, networkInterface, portRange } from '../../launcher/values.ts';
import { refusal } from './placement/refusal.ts';

describe('a command is cut into words as a shell would', () => {
  test.each<[string, string[]]>([
    ['ssh', ['ssh']],
    ['  ssh  -F\tcfg ', ['ssh', '-F', 'cfg']],
    [`ssh -o 'ProxyCommand=nc %h %p'`, ['ssh', '-o', 'ProxyCommand=nc %h %p']],
    [`ssh -o "ProxyCommand=nc '%h'"`, ['ssh', '-o', `ProxyCommand=nc '%h'`]],
    [`ssh -i ~/my\\ keys/id`, ['ssh', '-i', '~/my keys/id']],
    [`a'b'"c"d`, ['abcd']],
    [`ssh '' ""`, ['ssh', '', '']],
    [`ssh 'a\\b' "a\\b" "a\\"b" "a\\\\b" "\\$HOME"`, ['ssh', 'a\\b', 'a\\b', 'a"b', 'a\\b', '$HOME']],
    ['ssh $HOME `x` *', ['ssh', '$HOME', '`x`', '*']],
  ])('%s', (text, expected) => {
    expect(commandWords('--ssh', text)).toEqual(expected);
  });

  test.each<[string, RegExp]>([
    ['', /^--ssh "": give a command/],
    ['  ', /give a command/],
    [`''`, /give a command/],
    ['-p 22', /give a command/],
    [`ssh 'a b`, /^--ssh "ssh 'a b": nothing closes 'a b$/],
    ['ssh a"b', /nothing closes "b$/],
    ['ssh \\', /nothing closes \\$/],
  ])('or refused: %s', (text, message) => {
    expect(refusal(() => commandWords('--ssh', text))).toMatch(message);
  });
});

describe('a range of ports', () => {
  test.each<[string, [number, number]]>([
    ['5000-5010', [5000, 5010]],
    ['5000-5000', [5000, 5000]],
    ['1-65535', [1, 65535]],
  ])('%s', (text, expected) => {
    expect(portRange(text)).toEqual(expected);
  });

  test.each<[string, RegExp]>([
    ['5000', /^--port-range 5000: give the first and the last port, 1 to 65535, as 50000-50999$/],
    ['0-10', /give the first/],
    ['1-65536', /give the first/],
    ['a-b', /give the first/],
    ['1-2-3', /give the first/],
    ['', /^--port-range "": give/],
    ['20-10', /^--port-range 20-10: the first port comes first: 10-20$/],
  ])('is not %s', (text, message) => {
    expect(refusal(() => portRange(text))).toMatch(message);
  });
});

describe('an interface', () => {
  test.each([
    'eth0',
    'eth0.100',
    'br-lan',
    'wlp2s0',
    'eth0:1',
    '10.0.0.0/24',
    '0.0.0.0/0',
    '10.1.2.3/32',
    'fd00::/64',
    '::/0',
  ])('is %s', (text) => {
    expect(networkInterface(text)).toBe(text);
  });

  test.each<[string, RegExp]>([
    ['', /^--interface "": give a name, as eth0, or a network/],
    ['a b', /give a name/],
    ['-x', /give a name/],
    ['10.0.0.0/33', /give a name/],
    ['10.0.0.0/', /give a name/],
    ['10.0.0/24', /give a name/],
    ['fd00::/129', /give a name/],
    ['eth0/24', /give a name/],
    ['10.0.0.5', /^--interface 10\.0\.0\.5: give a network, as 10\.0\.0\.5\/24, or the name of an interface$/],
    ['fd00::1', /as fd00::1\/64/],
  ])('is not %j', (text, message) => {
    expect(refusal(() => networkInterface(text))).toMatch(message);
  });
});
