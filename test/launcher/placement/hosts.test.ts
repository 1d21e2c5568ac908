import { describe, expect, test } from 'vitest';
import { findHosts, type HostOptions } from '../../../launcher/placement/hosts.ts';
import { refusal } from './refusal.ts';

const JOB = { SLURM_JOB_ID: '7', SLURM_JOB_NODELIST: 'n[1-3]', SLURM_TASKS_PER_NODE: '2(x3)' };

/** Each host as `name:slots`, with a star where it is this machine. */
function find(options: Partial<HostOptions>, env: Record<string, string> = {}): [launcher: string, ...hosts: string[]] {
  const site = findHosts(
    { launcher: 'auto', lists: [], files: [], ...options },
    { env, hostname: 'here.org', readFile: () => 'c\nd slots=2\n' },
  );
  return [site.launcher, ...site.hosts.map(({ name, slots, local }) => `${name}:${slots ?? ''}${local ? '*' : ''}`)];
}

describe('without Slurm', () => {
  test.each<[string, Partial<HostOptions>, string[]]>([
    ['nobody named hosts', {}, ['local', 'here.org:*']],
    ['all are this machine', { lists: ['localhost:4'] }, ['local', 'localhost:4*']],
    ['some are elsewhere', { lists: ['a,here:2'] }, ['ssh', 'a:', 'here:2*']],
    ['they stand in a file', { files: ['f'] }, ['ssh', 'c:', 'd:2']],
    ['ssh is asked for', { launcher: 'ssh', lists: ['here,localhost,a'] }, ['ssh', 'here:', 'localhost:', 'a:']],
    ['local is asked for', { launcher: 'local', lists: ['::1'].map((name) => `[${name}]`) }, ['local', '::1:*']],
  ])('when %s', (_, options, expected) => {
    expect(find(options)).toEqual(expected);
  });

  test('two names of this machine are one host too many', () => {
    expect(refusal(() => find({ lists: ['localhost:2,a,here:2'] }))).toBe(
      'localhost (entry 1 of -H) and here (entry 3 of -H) are both this machine: name it once, as localhost:4; with --launcher ssh they are two hosts',
    );
  });

  test('--launcher local stays on this machine', () => {
    expect(refusal(() => find({ launcher: 'local', files: ['f'] }))).toMatch(
      /^--launcher local: c \(f:1\) is not this machine/,
    );
  });

  test('a file that cannot be read is named', () => {
    const readFile = () => {
      throw Object.assign(new Error('EISDIR: illegal operation'), { code: 'EISDIR', errno: -21 });
    };
    const options = { launcher: 'auto', lists: [], files: ['dir'] } as const;
    expect(refusal(() => findHosts(options, { env: {}, hostname: 'h', readFile }))).toBe(
      '--hostfile dir: illegal operation on a directory',
    );
  });
});

describe('in an allocation of Slurm', () => {
  test.each<[string, Partial<HostOptions>, string[]]>([
    ['all of it is taken', {}, ['slurm', 'n1:2', 'n2:2', 'n3:2']],
    ['slurm may be asked for', { launcher: 'slurm' }, ['slurm', 'n1:2', 'n2:2', 'n3:2']],
    ['some of it may be named, with other slots', { lists: ['N3,n1:1'] }, ['slurm', 'n3:2', 'n1:1']],
    ['ssh takes the same hosts', { launcher: 'ssh' }, ['ssh', 'n1:2', 'n2:2', 'n3:2']],
    ['ssh takes any hosts', { launcher: 'ssh', lists: ['x'] }, ['ssh', 'x:']],
    ['local stays here', { launcher: 'local' }, ['local', 'here.org:*']],
  ])('%s', (_, options, expected) => {
    expect(find(options, JOB)).toEqual(expected);
  });

  test('other hosts are refused', () => {
    expect(refusal(() => find({ lists: ['n1,n4'] }, JOB))).toBe(
      'n4 (entry 2 of -H) is none of the nodes of this allocation, n[1-3]: ' +
        'name some of them, or give --launcher ssh or local to do without Slurm',
    );
    const many = Array.from({ length: 200 }, (_, i) => `n${i * 2}`).join(',');
    expect(refusal(() => find({ lists: ['x'] }, { SLURM_JOB_ID: '7', SLURM_JOB_NODELIST: many })).length).toBeLessThan(
      300,
    );
  });

  test('is not seen when local is asked for, however strange its variables are', () => {
    expect(find({ launcher: 'local' }, { ...JOB, SLURM_JOB_NODELIST: '[' })).toEqual(['local', 'here.org:*']);
  });
});
