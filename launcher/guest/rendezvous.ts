/** Chooses how the tsruns of a job that another launcher has started find each other: by what that launcher offers. */
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { Environment } from '../../src/contract/environment.ts';
import type { Env, OuterTask } from '../../src/contract/outer.ts';
import { ownAddress } from '../agents/network.ts';
import { ExitCode, LaunchFailure } from '../failure.ts';
import { KeyValueSpace } from './key-value-space.ts';
import { Master } from './master.ts';
import { MeetingFile, ownFolder } from './meeting-file.ts';
import { LOOPBACK, type MeetingPoint, type OwnPlace } from './meeting-point.ts';
import { PmiClient, PmiFailure } from './pmi1.ts';
import { keyFrom, readSecretFile } from './secret.ts';

const HERE: OwnPlace = { listen: LOOPBACK, hosts: [LOOPBACK] };
/** More addresses of one host are not tried. */
const MOST_ADDRESSES = 8;

export interface RendezvousOptions {
  readonly task: OuterTask;
  readonly env: Env;
  /** What `--interface` says. */
  readonly interface: string | undefined;
  readonly deadline: AbortSignal;
  /** Where there is a connection already. */
  readonly pmi: PmiClient | undefined;
}

/**
 * @throws LaunchFailure
 */
export async function chooseMeetingPoint(options: RendezvousOptions): Promise<MeetingPoint> {
  const { task, env } = options;
  const pmi = await openPmi(options);
  const oneMachine = task.localSize === task.size || isLoopback(env.MASTER_ADDR);
  const place = oneMachine ? HERE : await ownPlace(options);
  if (pmi instanceof PmiClient) return new KeyValueSpace(pmi, place);
  const job = jobName(task, env);
  if (oneMachine && job !== undefined) return new MeetingFile(join(ownFolder(), job), place);
  const path = env[Environment.SECRET_FILE];
  const secret = path === undefined ? undefined : readSecretFile(path);
  const master = masterOf(env);
  if (secret !== undefined && master !== undefined) {
    return new Master({ ...master, secret: keyFrom(secret, job ?? '') }, place.listen);
  }
  if (secret !== undefined && job !== undefined) {
    return new MeetingFile(join(dirname(path!), `tsmpi-${job}`), place, { shared: secret });
  }
  if (pmi !== undefined) throw new LaunchFailure(closedPmi(task, pmi), ExitCode.LAUNCH);
  if (job === undefined) throw new LaunchFailure(noWay(task), ExitCode.LAUNCH);
  // What the launcher takes for several hosts may be one machine.
  return new MeetingFile(join(ownFolder(), job), HERE, { advice: `ranks meet on loopback only; ${noWay(task)}` });
}

/** What the tasks of one job, and of no other one that runs at the same time, can all name; fit for a file's name. */
export function jobName({ launcher }: OuterTask, env: Env): string | undefined {
  const parts = namesOf(launcher, env);
  if (parts.every((part) => part === undefined)) return undefined;
  return [launcher, ...parts.map((part) => part ?? '')].join('-').replace(/[^\w.-]/g, '_');
}

function namesOf(launcher: OuterTask['launcher'], env: Env): (string | undefined)[] {
  switch (launcher) {
    case 'srun':
      return [env.SLURM_JOB_ID, env.SLURM_STEP_ID ?? env.SLURM_STEPID, env.SLURM_RESTART_COUNT];
    case 'mpirun':
      return [env.PMIX_NAMESPACE ?? env.OMPI_MCA_ess_base_jobid];
    case 'torchrun':
      return [env.TORCHELASTIC_RUN_ID, env.MASTER_PORT];
    case 'mpiexec':
      return [];
  }
}

/** Which of its addresses leads here from the other hosts, nobody knows yet: they try them all. */
async function ownPlace({ interface: wanted, env }: RendezvousOptions): Promise<OwnPlace> {
  const likely = await ownAddress({ interface: wanted, env });
  if (wanted !== undefined) return { listen: likely, hosts: [likely!] };
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const others = all.filter(({ internal, scopeid }) => !internal && !scopeid).map(({ address }) => address);
  const hosts = [...new Set([likely ?? [], others].flat())].slice(0, MOST_ADDRESSES);
  return { listen: undefined, hosts };
}

/** Undefined: there is none. A failure: there should be one, but it can't be used. */
async function openPmi({ task, env, deadline, pmi }: RendezvousOptions): Promise<PmiClient | PmiFailure | undefined> {
  if (pmi !== undefined) return pmi;
  // Of a launcher further out, if it says something else than the innermost one.
  const ours = env.PMI_RANK === String(task.rank) && env.PMI_SIZE === String(task.size);
  if (!ours || (env.PMI_FD === undefined && env.PMI_PORT === undefined)) return undefined;
  try {
    return await PmiClient.open(env, deadline);
  } catch (error) {
    if (error instanceof PmiFailure) return error;
    throw error;
  }
}

function masterOf({ MASTER_ADDR: host, MASTER_PORT: text }: Env): { hosts: string[]; port: number } | undefined {
  if (host === undefined || text === undefined) return undefined;
  const port = /^\d+$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65535) return { hosts: [host], port };
  throw new LaunchFailure(`MASTER_PORT=${text} is no port`, ExitCode.LAUNCH);
}

function isLoopback(host: string | undefined): boolean {
  return host !== undefined && /^(localhost|127(\.\d+){3}|::1)$/.test(host);
}

function closedPmi({ launcher, size }: OuterTask, { message }: PmiFailure): string {
  const direct = `${launcher} -n ${size} node_modules/.bin/tsrun script.ts`;
  const port = launcher === 'mpiexec' ? `, or ${launcher} -pmi-port -n ${size} npx tsrun script.ts` : '';
  return `cannot talk to ${launcher}: ${message}, where npx and its like do not pass it on; start tsrun itself: ${direct}${port}`;
}

function noWay({ launcher, size }: OuterTask): string {
  const where = {
    mpiexec: `mpiexec has started ${size} tasks, but neither PMI_FD nor PMI_PORT leads to its key-value space`,
    mpirun: `mpirun has started ${size} tasks on several hosts`,
    srun: `srun has started ${size} tasks on several hosts`,
    torchrun: `RANK and WORLD_SIZE say that this is one of ${size} tasks, and nothing says that they are on one host`,
  }[launcher];
  const master = launcher === 'mpiexec' ? 'MASTER_ADDR and MASTER_PORT to a port of the host of rank 0, and ' : '';
  const slurm = launcher === 'srun' ? 'srun --mpi=pmi2 leads a secret from one to the others; without it, ' : '';
  return (
    `${where}: ${slurm}set ${master}${Environment.SECRET_FILE} to a file that is the same on every host, ` +
    `and that only you can read (openssl rand -hex 32 > FILE; chmod 600 FILE)`
  );
}
