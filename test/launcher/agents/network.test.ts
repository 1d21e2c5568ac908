import { expect, test } from 'vitest';
import {
  type Interfaces,
  interfaceAddress,
  isLoopback,
  ownAddress,
  routeTo,
} from '../../../launcher/agents/network.ts';
import { ExitCode } from '../../../launcher/failure.ts';

function at(address: string, internal = false): NonNullable<Interfaces[string]>[number] {
  const common = { address, netmask: '', mac: '', internal, cidr: null };
  return address.includes(':') ? { ...common, family: 'IPv6', scopeid: 0 } : { ...common, family: 'IPv4' };
}

const interfaces: Interfaces = {
  lo: [at('127.0.0.1', true), at('::1', true)],
  eth0: [at('fe80::1'), at('fd00::5'), at('10.1.2.3')],
  ib0: [at('192.168.7.9')],
  tap0: [at('fe80::2')],
};

test.each([
  ['eth0', '10.1.2.3'],
  ['ib0', '192.168.7.9'],
  ['lo', '127.0.0.1'],
  ['192.168.0.0/16', '192.168.7.9'],
  ['10.1.2.3/32', '10.1.2.3'],
  ['fd00::/8', 'fd00::5'],
])('--interface %s is %s', (wanted, address) => {
  expect(interfaceAddress(wanted, interfaces)).toBe(address);
});

test.each(['eth1', 'tap0', '172.16.0.0/12'])('--interface %s is not there, and the message says what is', (wanted) => {
  expect(() => interfaceAddress(wanted, interfaces)).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(/^there is no .*; there is lo 127\.0\.0\.1, eth0 10\.1\.2\.3, ib0/),
      exitCode: ExitCode.LAUNCH,
    }),
  );
});

test.each(['10.0.0.0/33', 'nonsense/8', '10.0.0.0/'])('--interface %s is no network', (wanted) => {
  expect(() => interfaceAddress(wanted, interfaces)).toThrow(expect.objectContaining({ exitCode: ExitCode.USAGE }));
});

const ssh = (server: string) => ({ SSH_CONNECTION: `10.0.0.1 40000 ${server} 22` });

test.each<[string, Parameters<typeof ownAddress>[0], string | undefined]>([
  ['the interface that was asked for', { interface: 'ib0', env: ssh('10.1.2.3'), interfaces }, '192.168.7.9'],
  ['where ssh came in', { interface: undefined, env: ssh('192.168.7.9'), interfaces }, '192.168.7.9'],
  ['not where ssh came in on another host', { interface: undefined, env: ssh('192.168.7.8'), interfaces }, '10.1.2.3'],
  ['not the loopback where ssh came in', { interface: undefined, env: ssh('127.0.0.1'), interfaces }, '10.1.2.3'],
  ['not an address without a network', { interface: undefined, env: ssh('fe80::1'), interfaces }, '10.1.2.3'],
  ['an interface that leads out', { interface: undefined, env: {}, interfaces }, '10.1.2.3'],
  [
    'the loopback where nothing else is',
    { interface: undefined, env: {}, interfaces: { lo: interfaces.lo } },
    '127.0.0.1',
  ],
  ['none', { interface: undefined, env: {}, interfaces: {} }, undefined],
])('the address of a host: %s', async (_, query, address) => {
  expect(await ownAddress(query)).toBe(address);
});

test('the way to an address is that of the system, and no packet is sent for it', async () => {
  expect(await routeTo('127.0.0.1')).toBe('127.0.0.1');
  expect(await routeTo('no address')).toBeUndefined();
});

test('what is a loopback address', () => {
  expect(['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'].every(isLoopback)).toBe(true);
  expect(['10.0.0.1', 'fd00::1', '1.127.0.0'].some(isLoopback)).toBe(false);
});
