import { describe, expect, test } from 'vitest';
import { type Attempt, checkAgreement, type Host } from '../../../launcher/doctor/checks/agreement.ts';
import { told, wrong } from './facts.ts';

const HOST: Host = { name: 'a', node: '20.19.0', tsmpi: '0.1.0', address: '10.0.0.1', clock: undefined };
const OTHER: Host = { ...HOST, name: 'b', address: '10.0.0.2', clock: { ahead: 20, uncertainty: 1 } };
const OPEN: Attempt[] = [
  { from: 'a', to: 'b', place: '10.0.0.2:5000', problem: undefined },
  { from: 'b', to: 'a', place: '10.0.0.1:5000', problem: undefined },
];

test('hosts that are alike and reach each other are told to', () => {
  expect(told(checkAgreement([HOST, OTHER], OPEN))).toEqual([
    'ok tsmpi: 0.1.0 everywhere',
    'ok Node.js: 20 everywhere',
    'ok connections: 2 ways, all open',
    'ok clocks: agree within 1 s',
  ]);
});

test('other versions are named, with those who have them', () => {
  const hosts = [HOST, OTHER, { ...OTHER, name: 'c', address: undefined, tsmpi: '0.2.0', node: '22.1.0' }];
  expect(wrong(checkAgreement(hosts, OPEN))).toEqual([
    'problem tsmpi: not the same version everywhere: 0.1.0 on a and b; 0.2.0 on c → install the same on all hosts',
    'warning Node.js: not the same everywhere: 20 on a and b; 22 on c → install the same major version on all hosts',
  ]);
});

test('of many names the first are told', () => {
  const hosts = Array.from({ length: 9 }, (_, i) => ({ ...HOST, name: `n${i}`, address: undefined }));
  const [first] = wrong(checkAgreement([...hosts, { ...HOST, name: 'z', tsmpi: '9' }], []));
  expect(first).toContain('0.1.0 on n0, n1, n2, n3 and 5 more; 9 on z');
});

test('an address that several have is one problem: what connecting to it comes to, is none', () => {
  const attempts = OPEN.map((attempt) => ({ ...attempt, problem: 'connection refused' }));
  expect(wrong(checkAgreement([HOST, { ...OTHER, address: '10.0.0.1' }], attempts))).toEqual([
    'problem address: 10.0.0.1 is the address of a and b → --interface chooses a network that they share',
  ]);
});

test('ways that are closed are told by where they lead', () => {
  const refused = { to: 'b', place: '10.0.0.2:5000', problem: 'connection refused' };
  const attempts = [{ from: 'a', ...refused }, { from: 'c', ...refused }, OPEN[1]!];
  expect(wrong(checkAgreement([HOST, OTHER], attempts))).toEqual([
    'problem connections: b is not reached at 10.0.0.2:5000: connection refused; from a and c → ' +
      'is a firewall in between? --port-range names the ports to open, --interface another network',
  ]);
});

describe('a clock', () => {
  test.each([
    [900, 10, []],
    [-1500, 1, ['that of b is 1.5 s behind']],
    [61_234, 1, ['that of b is 61.2 s ahead']],
    // As far as one can tell.
    [1500, 600, []],
  ])('that is %i ms ahead, give or take %i', (ahead, uncertainty, expected) => {
    const findings = wrong(checkAgreement([HOST, { ...OTHER, clock: { ahead, uncertainty } }], OPEN));
    const mend = ' → let them be set by NTP (chrony, systemd-timesyncd)';
    expect(findings).toEqual(expected.map((text) => `warning clocks: ${text}${mend}`));
  });
});
