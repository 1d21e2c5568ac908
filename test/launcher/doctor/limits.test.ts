import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { cgroupLimits } from '../../../launcher/doctor/cgroup.ts';
import { readLimits, softLimit } from '../../../launcher/doctor/limits.ts';

const from = (files: Record<string, string>) => (path: string) => files[path];
const NONE = { cores: undefined, processes: undefined };

describe('control groups', () => {
  test.each<[string, Record<string, string>, ReturnType<typeof cgroupLimits>]>([
    ['none at all', {}, NONE],
    ['version 2, at the root', { '/proc/self/cgroup': '0::/\n' }, NONE],
    [
      'version 2, without a limit',
      { '/proc/self/cgroup': '0::/user.slice\n', '/sys/fs/cgroup/user.slice/cpu.max': 'max 100000\n' },
      NONE,
    ],
    [
      'a container of version 2',
      {
        '/proc/self/cgroup': '0::/\n',
        '/sys/fs/cgroup/cpu.max': '150000 100000\n',
        '/sys/fs/cgroup/pids.max': '512\n',
      },
      { cores: 1.5, processes: 512 },
    ],
    [
      'groups in groups: the least counts',
      {
        '/proc/self/cgroup': '0::/a/b/c\n',
        '/sys/fs/cgroup/a/cpu.max': '100000 100000\n',
        '/sys/fs/cgroup/a/b/cpu.max': '400000 100000\n',
        '/sys/fs/cgroup/a/b/pids.max': 'max\n',
        '/sys/fs/cgroup/a/pids.max': '1000\n',
      },
      { cores: 1, processes: 1000 },
    ],
    [
      'version 1, as a container sees it: the path is that of the host',
      {
        '/proc/self/cgroup': '4:cpu,cpuacct:/docker/0123\n3:pids:/docker/0123\n1:name=systemd:/docker/0123\n',
        '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '50000\n',
        '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
        '/sys/fs/cgroup/pids/pids.max': '64\n',
      },
      { cores: 0.5, processes: 64 },
    ],
    [
      'version 1 without a limit',
      {
        '/proc/self/cgroup': '1:cpu:/\n',
        '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
        '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
      },
      NONE,
    ],
  ])('%s', (_, files, limits) => {
    expect(cgroupLimits(from(files))).toEqual(limits);
  });
});

test('soft limits are read from the table of proc(5)', () => {
  const table = [
    'Limit                     Soft Limit           Hard Limit           Units     ',
    'Max processes             96365                unlimited            processes ',
    'Max open files            1024                 1048576              files     ',
    'Max locked memory         unlimited            unlimited            bytes     ',
  ].join('\n');
  expect(softLimit(table, 'Max open files')).toBe(1024);
  expect(softLimit(table, 'Max processes')).toBe(96365);
  expect(softLimit(table, 'Max locked memory')).toBeUndefined();
  expect(softLimit(table, 'Max')).toBeUndefined();
});

test('with /proc and without it, the limit of open files is that of a shell', () => {
  const text = execFileSync('/bin/sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim();
  const expected = text === 'unlimited' ? undefined : Number(text);
  const read = (path: string) => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return undefined;
    }
  };
  expect(readLimits(read).openFiles).toBe(expected);
  expect(readLimits(() => undefined).openFiles).toBe(expected);
});
