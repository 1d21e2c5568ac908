/** What the control groups of this process allow (Linux; cgroups(7), version 1 and 2). */

export interface CgroupLimits {
  /** How many processors at a time, as a fraction. */
  readonly cores: number | undefined;
  /** Processes and threads. */
  readonly processes: number | undefined;
}

/** Gives the text of a file, undefined where there is none. */
export type ReadText = (path: string) => string | undefined;

const ROOT = '/sys/fs/cgroup';

/** The least of what the group itself and the groups around it allow. */
export function cgroupLimits(read: ReadText): CgroupLimits {
  const groups = (read('/proc/self/cgroup') ?? '').split('\n').map((line) => line.split(':'));
  const cores: number[] = [];
  const processes: number[] = [];
  for (const [, controllers, path = ''] of groups) {
    if (controllers === undefined) continue;
    // The controllers of version 1 have a hierarchy each; version 2 has one for all, which names none.
    for (const folder of upward(controllers === '' ? ROOT : `${ROOT}/${controllers}`, path)) {
      const file = (name: string) => read(`${folder}/${name}`);
      cores.push(ratio(file('cpu.max')), ratio(`${file('cpu.cfs_quota_us')} ${file('cpu.cfs_period_us')}`));
      processes.push(number(file('pids.max')));
    }
  }
  return { cores: least(cores), processes: least(processes) };
}

/** The group's folder and those around it. In a container the path may be the host's, and only the last of them is there. */
function upward(root: string, path: string): string[] {
  const names = path.split('/').filter(Boolean);
  return [...names.keys(), names.length].map((length) => [root, ...names.slice(0, length)].join('/'));
}

/** `150000 100000`; the first is `max` or -1 where there is no limit. */
function ratio(text = ''): number {
  const [quota, period] = text.trim().split(' ').map(number);
  return quota! / period!;
}

/** NaN: there is no limit. */
function number(text = ''): number {
  return /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
}

function least(numbers: readonly number[]): number | undefined {
  const limits = numbers.filter((limit) => Number.isFinite(limit) && limit > 0);
  return limits.length === 0 ? undefined : Math.min(...limits);
}
