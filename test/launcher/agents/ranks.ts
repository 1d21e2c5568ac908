/** Ranks that need no build: Node takes `-e` for their program, and their main module for its first argument. */
import { existsSync, readFileSync } from 'node:fs';
import type { RankPlan } from '../../../launcher/agents/agent.ts';
import { CONTROL_PROTOCOL } from '../../../src/contract/control.ts';

export function rankThatRuns(rank: number, code: string, changes: Partial<RankPlan> = {}): RankPlan {
  const place = { rank, size: 3, localRank: rank, localSize: 3, hosts: ['here'], hostOf: [0, 0, 0] };
  const identity = { job: '', secret: '', epoch: 0, version: '' };
  return {
    rank,
    nodeOptions: ['-e', code],
    args: [],
    env: {},
    workingDirectory: '/',
    input: false,
    start: { type: 'start', protocol: CONTROL_PROTOCOL, ...place, ...identity },
    ...changes,
  };
}

/** A process that has ended and that nobody has asked about yet is not alive, though it has a number. */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    // Where there is no /proc, the number has to do.
    return (error as NodeJS.ErrnoException).code === 'ENOENT' && !existsSync('/proc/self');
  }
}
