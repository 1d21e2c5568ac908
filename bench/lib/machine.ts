import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';

/** Where and with what a measurement was made: numbers without it cannot be compared. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  /** Of the last minute, before the bench began: a busy machine measures its other work. */
  readonly load: number;
  readonly node: string;
  /** With `+` for changes that are not committed. */
  readonly commit: string;
}

export function describeMachine(repository: string): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: `${type()} ${release()}`,
    load: loadavg()[0] ?? 0,
    node: process.version,
    commit: commitOf(repository),
  };
}

export function machineLine(machine: Machine): string {
  const { cpu, cores, kernel, node, commit, load } = machine;
  return `${cpu}, ${cores} cores, ${kernel}, Node ${node}, commit ${commit}, load ${load.toFixed(2)}`;
}

function commitOf(repository: string): string {
  try {
    const git = (...args: string[]) =>
      execFileSync('git', args, { cwd: repository, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain') ? '+' : '');
  } catch {
    return 'unknown'; // a package, not a clone
  }
}
