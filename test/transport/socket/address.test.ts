import { describe, expect, it } from 'vitest';
import { formatAddress, isLinkLocal, isUnspecified, parseAddress } from '../../../src/transport/socket/address.ts';

describe('socket address', () => {
  it.each([
    ['unix:/tmp/a b:c', { kind: 'unix', path: '/tmp/a b:c' }],
    ['tcp:127.0.0.1:4711', { kind: 'tcp', host: '127.0.0.1', port: 4711 }],
    ['tcp:[::1]:65535', { kind: 'tcp', host: '::1', port: 65_535 }],
  ] as const)('%s means the same both ways', (text, address) => {
    expect(parseAddress(text)).toEqual(address);
    expect(formatAddress(address)).toBe(text);
  });

  it.each([
    '',
    'unix:',
    'udp:127.0.0.1:1',
    'tcp:127.0.0.1',
    'tcp:127.0.0.1:0',
    'tcp:127.0.0.1:65536',
    'tcp:127.0.0.1:1x',
    'tcp:::1:80',
    'tcp:[127.0.0.1]:80',
    'tcp:localhost:80',
    'tcp:[::1:80',
    'tcp:[fe80::1%eth0]:80',
  ])('"%s" is a launch error that quotes it', (text) => {
    const parse = () => parseAddress(text);
    expect(parse).toThrow(expect.objectContaining({ code: 'ERR_LAUNCH', actual: text }));
    expect(parse).toThrow(`"${text}"`);
  });

  it('knows the addresses that mean nothing to another host', () => {
    expect(['0.0.0.0', '::', '0::0', '0:0:0:0:0:0:0:0'].every(isUnspecified)).toBe(true);
    expect(['127.0.0.1', '::1', '10.0.0.0', 'fe80::'].some(isUnspecified)).toBe(false);
    expect(['fe80::1', 'FE80::1%eth0', 'febf::'].every(isLinkLocal)).toBe(true);
    expect(['fec0::1', '::1', '169.254.0.1', 'fe80.example'].some(isLinkLocal)).toBe(false);
  });
});
