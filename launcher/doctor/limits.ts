/** What the system allows one process, and one user (getrlimit(2)). */
import { execFileSync } from 'node:child_process';
import { totalmem } from 'node:os';
import { cgroupLimits, type ReadText } from './cgroup.ts';
import type { Limits } from './facts.ts';

const PATIENCE = 2000;

export function readLimits(read: ReadText): Limits {
  const limits = read('/proc/self/limits');
  const [openFiles, userProcesses] =
    limits === undefined
      ? [ulimit('-n'), ulimit('-u')]
      : [softLimit(limits, 'Max open files'), softLimit(limits, 'Max processes')];
  return {
    openFiles,
    // The limit is nothing for root.
    userProcesses: process.getuid!() === 0 ? undefined : userProcesses,
    groupProcesses: cgroupLimits(read).processes,
    memory: memory(),
  };
}

/** From proc(5), /proc/[pid]/limits: columns of a name, the soft and the hard limit. */
export function softLimit(table: string, name: string): number | undefined {
  const line = table.split('\n').find((one) => one.startsWith(`${name} `));
  const [, text = ''] = /^\s*(\S+)/.exec(line?.slice(name.length) ?? '') ?? [];
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Where there is no /proc a shell knows: it has the limits of its parent. */
function ulimit(option: string): number | undefined {
  try {
    const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
    const text = execFileSync('/bin/sh', ['-c', `ulimit ${option}`], { encoding: 'utf8', timeout: PATIENCE, stdio });
    return /^\d+\s*$/.test(text) ? Number(text) : undefined;
  } catch {
    return undefined;
  }
}

/** Node gives 0 or a number near 2^64 where the control group has no limit. */
function memory(): number {
  const group = process.constrainedMemory();
  return group > 0 ? Math.min(group, totalmem()) : totalmem();
}
