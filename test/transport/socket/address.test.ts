import { describe, expect, it } from 'vitest';
import { formatAddress, isLoopback, parseAddress } from '../../../src/transport/socket/address.ts';

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
  ])('"%s" is a launch error that quotes it', (text) => {
    const parse = () => parseAddress(text);
    expect(parse).toThrow(expect.objectContaining({ code: 'ERR_LAUNCH', actual: text }));
    expect(parse).toThrow(`"${text}"`);
  });

  it('knows which addresses stay on this machine', () => {
    expect(['127.0.0.1', '127.255.0.9', '::1'].every(isLoopback)).toBe(true);
    expect(['0.0.0.0', '128.0.0.1', '::', 'localhost', '127.evil.example', ''].some(isLoopback)).toBe(false);
  });
});
