/**
 * Who has started this process as one of several tasks: `mpiexec -n 4 tsrun …`, `srun -n 4 tsrun …`. Read from the variables
 * that such launchers set in their tasks. Pure.
 */
import { Environment } from './environment.ts';

/** The command that the user typed, as far as its variables tell; `torchrun` stands for whatever sets the same four. */
export type OuterLauncher = 'mpiexec' | 'mpirun' | 'srun' | 'torchrun';

/** This process is task `rank` of `size`. */
export interface OuterTask {
  readonly launcher: OuterLauncher;
  /** The variable that says so, for messages. */
  readonly variable: string;
  readonly rank: number;
  readonly size: number;
  /** Counts the tasks of one host; undefined, as the next two, where the launcher does not say. */
  readonly localRank: number | undefined;
  readonly localSize: number | undefined;
  /** What the launcher calls this host. */
  readonly host: string | undefined;
}

/** Somebody has started this process as a task, but which one of how many cannot be told. */
export interface OuterPuzzle {
  readonly launcher: OuterLauncher;
  readonly variable: string;
  /** What is wrong, naming the variables: `PMI_RANK=4 is no rank of PMI_SIZE=4`. */
  readonly problem: string;
}

export type Env = Readonly<Record<string, string | undefined>>;

/** Names of variables. */
interface Naming {
  readonly launcher: OuterLauncher;
  readonly rank: string;
  readonly size: string;
  readonly localRank: string;
  readonly localSize?: string;
}

const OPEN_MPI: Naming = {
  launcher: 'mpirun',
  rank: 'OMPI_COMM_WORLD_RANK',
  size: 'OMPI_COMM_WORLD_SIZE',
  localRank: 'OMPI_COMM_WORLD_LOCAL_RANK',
  localSize: 'OMPI_COMM_WORLD_LOCAL_SIZE',
};

/** MPICH and its relatives; Slurm's pmi2 plugin sets the first two as well. */
const PMI: Naming = {
  launcher: 'mpiexec',
  rank: 'PMI_RANK',
  size: 'PMI_SIZE',
  localRank: 'MPI_LOCALRANKID',
  localSize: 'MPI_LOCALNRANKS',
};

const TORCHRUN: Naming = {
  launcher: 'torchrun',
  rank: 'RANK',
  size: 'WORLD_SIZE',
  localRank: 'LOCAL_RANK',
  localSize: 'LOCAL_WORLD_SIZE',
};

/** Ids above this one are Slurm's own steps: the batch script, an interactive shell (slurm.h, SLURM_MAX_NORMAL_STEP_ID). */
const LAST_STEP_OF_SRUN = 0xfffffff0;

/**
 * Undefined: nobody has, or it is a process inside one of our own ranks. When several launchers have left their variables, the
 * innermost counts: Open MPI and MPICH start their tasks through Slurm, and inside its allocations; `srun` is never started by one of them.
 */
export function outerTask(env: Env): OuterTask | OuterPuzzle | undefined {
  if (env[Environment.RANK] !== undefined) return undefined;
  const slurm = slurmTask(env);
  if (env[OPEN_MPI.rank] !== undefined) return named(OPEN_MPI, env);
  if (env[PMI.rank] !== undefined) return knownToSlurm(named(PMI, env), slurm);
  if (env.PMI_PORT !== undefined && env.PMI_ID !== undefined) {
    return { launcher: 'mpiexec', variable: 'PMI_PORT', problem: 'PMI_PORT is set without PMI_RANK and PMI_SIZE' };
  }
  if ([TORCHRUN.rank, TORCHRUN.size, 'MASTER_ADDR', 'MASTER_PORT'].every((name) => env[name] !== undefined)) {
    return knownToSlurm(named(TORCHRUN, env), slurm);
  }
  if (slurm !== undefined) return slurm;
  if (env.PMIX_RANK === undefined) return undefined;
  return {
    launcher: 'mpirun',
    variable: 'PMIX_RANK',
    problem: 'PMIX_RANK is set without a variable that says how many tasks there are',
  };
}

function named(naming: Naming, env: Env): OuterTask | OuterPuzzle {
  const { launcher } = naming;
  const rank = integer(env[naming.rank]);
  const size = integer(env[naming.size]);
  if (rank === undefined || size === undefined || rank >= size) {
    return { launcher, variable: naming.rank, problem: contradiction(naming.rank, naming.size, env) };
  }
  const localRank = integer(env[naming.localRank]);
  const localSize = naming.localSize === undefined ? undefined : integer(env[naming.localSize]);
  return { launcher, variable: naming.rank, rank, size, localRank, localSize, host: undefined };
}

/** A task of a step that srun has started: neither the script of a batch job nor a shell in an allocation is one. */
function slurmTask(env: Env): OuterTask | OuterPuzzle | undefined {
  const step = integer(env.SLURM_STEP_ID ?? env.SLURM_STEPID);
  if (env.SLURM_PROCID === undefined || step === undefined || step > LAST_STEP_OF_SRUN) return undefined;
  const sizeName = env.SLURM_STEP_NUM_TASKS === undefined ? 'SLURM_NTASKS' : 'SLURM_STEP_NUM_TASKS';
  const task = named({ launcher: 'srun', rank: 'SLURM_PROCID', size: sizeName, localRank: 'SLURM_LOCALID' }, env);
  // The ranks of this host's tasks, separated by commas.
  const localSize = env.SLURM_GTIDS?.split(',').length;
  return 'problem' in task ? task : { ...task, localSize, host: env.SLURMD_NODENAME };
}

/** When srun has started just this task, it is srun's, and srun says more about it. */
function knownToSlurm(task: OuterTask | OuterPuzzle, slurm: OuterTask | OuterPuzzle | undefined) {
  if (slurm === undefined || 'problem' in slurm || 'problem' in task) return task;
  return slurm.rank === task.rank && slurm.size === task.size ? slurm : task;
}

function contradiction(rank: string, size: string, env: Env): string {
  const [rankText, sizeText] = [env[rank], env[size]];
  if (sizeText === undefined) return `${rank} is set without ${size}`;
  return `${rank}=${rankText} is no rank of ${size}=${sizeText} tasks`;
}

function integer(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}
