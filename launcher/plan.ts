/** What each rank of a job on this machine is started with. Pure. */

import { CONTROL_PROTOCOL } from '../src/contract/control.ts';
import { Environment } from '../src/contract/environment.ts';
import type { RankPlan } from './agents/agent.ts';
import type { LaunchRequest } from './request.ts';
import { socketPath } from './workspace.ts';

/** Node's default, for `--inspect-brk` without `--inspect`. */
const INSPECT_BASE = 9229;

export interface JobIdentity {
  readonly version: string;
  readonly job: string;
  readonly secret: string;
  readonly host: string;
  readonly workspace: string;
  /** An absolute path. */
  readonly script: string;
  readonly workingDirectory: string;
  /** Options that tsrun's own Node was started with. */
  readonly nodeOptions: readonly string[];
}

export function planRanks(request: LaunchRequest, identity: JobIdentity): RankPlan[] {
  const { ranks: size, transport, stdin } = request;
  const { version, job, secret, host, workspace, script, workingDirectory } = identity;
  return Array.from({ length: size }, (_, rank) => ({
    rank,
    nodeOptions: [...inherited(identity.nodeOptions), ...debugging(rank, request)],
    args: [workspace, script, ...request.args],
    env: {
      ...request.env,
      [Environment.RANK]: String(rank),
      [Environment.SIZE]: String(size),
      [Environment.LOCAL_RANK]: String(rank),
      [Environment.LOCAL_SIZE]: String(size),
      [Environment.HOST]: host,
    },
    workingDirectory,
    input: stdin === 'all' || stdin === rank,
    start: {
      type: 'start',
      protocol: CONTROL_PROTOCOL,
      version,
      job,
      secret,
      epoch: 0,
      rank,
      size,
      localRank: rank,
      localSize: size,
      host,
      transport,
      listen: transport === 'unix' ? socketPath(workspace, rank) : '127.0.0.1',
    },
  }));
}

/** `node --max-old-space-size=8192 bin/tsrun.js …` is meant for the ranks as well; a debugger is not. */
function inherited(options: readonly string[]): string[] {
  return options.filter((option) => !option.startsWith('--inspect'));
}

function debugging(rank: number, { inspectBase, inspectBreak }: LaunchRequest): string[] {
  const port = (inspectBase ?? INSPECT_BASE) + rank;
  if (rank === inspectBreak) return [`--inspect-brk=127.0.0.1:${port}`];
  return inspectBase === undefined ? [] : [`--inspect=127.0.0.1:${port}`];
}
