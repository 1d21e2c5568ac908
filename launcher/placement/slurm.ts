/** The hosts of a Slurm allocation, as salloc and sbatch tell their processes. Pure. */
import type { Env } from '../../src/contract/outer.ts';
import { usage } from '../scan.ts';
import { parseHost } from './host-name.ts';
import { expandCounts, expandNodelist } from './nodelist.ts';
import type { HostEntry } from './placement.ts';

export interface Allocation {
  readonly hosts: readonly HostEntry[];
  /** What `-n` of salloc or sbatch said. */
  readonly ranks: number | undefined;
}

const NODES = 'SLURM_JOB_NODELIST';
/** Tasks where somebody asked for them, else processors. */
const COUNTS = ['SLURM_TASKS_PER_NODE', 'SLURM_JOB_CPUS_PER_NODE'];

/**
 * Undefined outside an allocation.
 *
 * @throws LaunchFailure with exit code 2 where the variables make no sense.
 */
export function allocationOf(env: Env): Allocation | undefined {
  const nodelist = env[NODES];
  if (env.SLURM_JOB_ID === undefined || nodelist === undefined) return undefined;
  const names = expandNodelist(nodelist);
  if (names === undefined) throw usage(`${NODES}=${nodelist} is no list of nodes; --launcher local does without it`);
  const counts = slotsOf(names.length, env);
  const ranks = /^[1-9]\d{0,8}$/.test(env.SLURM_NTASKS ?? '') ? Number(env.SLURM_NTASKS) : undefined;
  return { hosts: names.map((name, i) => ({ ...parseHost(name, NODES), slots: counts?.[i] })), ranks };
}

/** Inside a step the first variable may speak of the step: the one that has a number for each node is right. */
function slotsOf(nodes: number, env: Env): number[] | undefined {
  const lists = COUNTS.map((name) => expandCounts(env[name] ?? ''));
  const fitting = lists.find((counts) => counts?.length === nodes && counts.every((count) => count > 0));
  if (fitting !== undefined || COUNTS.every((name) => env[name] === undefined)) return fitting;
  const said = COUNTS.filter((name) => env[name] !== undefined).map((name) => `${name}=${env[name]}`);
  throw usage(
    `${said.join(', ')}: not a number for each of the ${nodes} nodes of ${NODES}; -H a:4,b:4 says it by hand`,
  );
}
