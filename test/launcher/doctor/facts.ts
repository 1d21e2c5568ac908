/** A machine on which all is well, to be changed. */
import type { Facts } from '../../../launcher/doctor/facts.ts';
import type { Finding, JobInMind } from '../../../launcher/doctor/finding.ts';

export const WELL: Facts = {
  hostname: 'a',
  platform: 'linux',
  architecture: 'x64',
  endianness: 'LE',
  node: '20.19.0',
  tsmpi: '0.1.0',
  processors: { usable: 8, quota: undefined },
  limits: { openFiles: 1024, userProcesses: undefined, groupProcesses: undefined, memory: 2 ** 34 },
  files: {
    temporary: '/tmp',
    workspaces: '/tmp',
    problem: undefined,
    free: 2 ** 40,
    workingDirectory: true,
  },
  sharing: { space: { all: 2 ** 26, free: 2 ** 26 }, room: 74, obstacle: undefined },
  network: {
    address: '10.0.0.1',
    problem: undefined,
    interfaces: [
      { name: 'lo', address: '127.0.0.1' },
      { name: 'lo', address: '::1' },
      { name: 'docker0', address: '172.17.0.1' },
      { name: 'eth0', address: '10.0.0.1' },
      { name: 'eth0', address: 'fe80::1' },
    ],
  },
  works: { esbuild: undefined, tsx: undefined, unixSockets: undefined, loopback: undefined },
  launchers: { outer: undefined, slurmJob: undefined, slurmNodes: undefined, slurmProblem: undefined, srun: false },
};

/** A rank on each core of this machine. */
export const JOB: JobInMind = { ranks: 8, hosts: 1, here: 8, launches: true, ports: undefined };

/** `warning processors: 2, for 3 ranks → start 2` */
export function told(findings: readonly Finding[]): string[] {
  return findings.map(
    ({ level, subject, text, mend }) => `${level} ${subject}: ${text}${mend === undefined ? '' : ` → ${mend}`}`,
  );
}

/** Without those that are well. */
export function wrong(findings: readonly Finding[]): string[] {
  return told(findings.filter(({ level }) => level !== 'ok'));
}
