/** What each rank of a job is started with. Pure. */
import type { Calibration } from '../src/contract/calibration.ts';
import { CONTROL_PROTOCOL, type LocalListen, type RemoteListen } from '../src/contract/control.ts';
import { Environment } from '../src/contract/environment.ts';
import type { RankPlan } from './agents/agent.ts';
import type { LaunchRequest } from './request.ts';
import { programFolder, socketPath } from './workspace.ts';

/** Node's default, for `--inspect-brk` without `--inspect`. */
const INSPECT_BASE = 9229;

/** What is known once every agent has answered. */
export interface JobIdentity {
  readonly version: string;
  readonly job: string;
  readonly secret: string;
  /** By host. */
  readonly hosts: readonly PlannedHost[];
  /** By program. */
  readonly programs: readonly PlannedProgram[];
  /** Options that tsrun's own Node was started with. */
  readonly nodeOptions: readonly string[];
  /** What collectives choose their algorithms by; none: a table. */
  readonly calibration?: Calibration | undefined;
}

export interface PlannedHost {
  readonly workspace: string;
  /** Under which other hosts reach it; needed only where there are any. */
  readonly address: string | undefined;
}

/** Absolute paths. */
export interface PlannedProgram {
  readonly script: string;
  readonly workingDirectory: string;
}

export function planRanks(request: LaunchRequest, identity: JobIdentity): RankPlan[] {
  const { ranks: size, stdin, placement } = request;
  const { version, job, secret, calibration } = identity;
  const hosts = placement.hosts.map(({ name }) => name);
  const hostOf = placement.ranks.map(({ host }) => host);
  return placement.ranks.map(({ host, localRank, program: index }, rank) => {
    const { workspace, address } = identity.hosts[host]!;
    const { script, workingDirectory } = identity.programs[index]!;
    const program = request.programs[index]!;
    const localSize = placement.hosts[host]!.ranks.length;
    return {
      rank,
      nodeOptions: rankNodeOptions(rank, request, identity.nodeOptions),
      args: [programFolder(workspace, index), script, ...program.args],
      env: {
        ...program.env,
        [Environment.RANK]: String(rank),
        [Environment.SIZE]: String(size),
        [Environment.LOCAL_RANK]: String(localRank),
        [Environment.LOCAL_SIZE]: String(localSize),
        [Environment.HOST]: hosts[host]!,
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
        localRank,
        localSize,
        hosts,
        hostOf,
        ...(localSize > 1 ? { local: localListen(request, workspace, rank) } : {}),
        ...(calibration && { calibration }),
        ...(localSize < size ? { remote: remoteListen(request, address) } : {}),
      },
    };
  });
}

function localListen({ transport, network }: LaunchRequest, workspace: string, rank: number): LocalListen {
  if (transport === 'tcp') return { kind: 'tcp', tls: network.tls === 'on' };
  const memory = { unix: 'none', auto: 'auto', shm: 'required' } as const;
  return { kind: 'unix', path: socketPath(workspace, rank), memory: memory[transport] };
}

function remoteListen({ network }: LaunchRequest, address: string | undefined): RemoteListen {
  // Whoever starts agents on several hosts has seen to it that each has an address.
  const listen = { host: address ?? '', tls: network.tls !== 'off' };
  return network.ports === undefined ? listen : { ...listen, ports: network.ports };
}

/** @param own - the options that tsrun's own Node was started with. */
export function rankNodeOptions(rank: number, request: LaunchRequest, own: readonly string[]): string[] {
  return [...inherited(own), ...debugging(rank, request)];
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
