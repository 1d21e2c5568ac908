/** What the ranks of a job are told of the links that it uses. */
import { availableParallelism, cpus, hostname } from 'node:os';
import type { Calibration } from '../../src/contract/calibration.ts';
import type { Env } from '../../src/contract/outer.ts';
import { ExitCode, LaunchFailure } from '../failure.ts';
import type { LaunchRequest } from '../request.ts';
import { cacheFile, type LocalKind, type Machine, type Measured, readMeasured, stranger } from './file.ts';

export interface JobModel {
  /** None: the table chooses. */
  readonly calibration: Calibration | undefined;
  /** What `-v` says about it. */
  readonly note: string;
}

export function thisMachine(): Machine {
  return { cpu: cpus()[0]?.model ?? process.arch, cores: availableParallelism() };
}

/**
 * A file that nobody has named is of no use where it is not about this machine, which is nobody's mistake.
 *
 * @throws LaunchFailure with exit code 2 for one that `--model` names.
 */
export function modelFor(request: LaunchRequest, env: Env, machine: Machine = thisMachine()): JobModel {
  const byTable = (reason: string): JobModel => ({
    calibration: undefined,
    note: `the table chooses algorithms: ${reason}`,
  });
  const { model, ranks } = request;
  if (model === 'off') return byTable('--model off');
  if (ranks === 1) return byTable('there is one rank');
  const path = model === 'auto' ? cacheFile(env, hostname()) : model;
  const measured = readMeasured(path);
  const useless = typeof measured === 'string' ? measured : model === 'auto' ? stranger(measured, machine) : undefined;
  if (useless !== undefined && model !== 'auto') throw new LaunchFailure(`--model ${path}: ${useless}`, ExitCode.USAGE);
  if (useless !== undefined || typeof measured === 'string') {
    return byTable(`${path}: ${useless}; tsrun calibrate writes it`);
  }
  return byModel(request, measured, path) ?? byTable(`${path} has nothing about the links of this job`);
}

function byModel(request: LaunchRequest, measured: Measured, path: string): JobModel | undefined {
  const { cores, reading } = measured;
  const local = localKind(request, measured);
  const within = local && measured.within[local];
  const remote = request.network.tls === 'off' ? 'tcp' : 'tls';
  const between = request.placement.hosts.length > 1 ? measured.between[remote] : undefined;
  if (within === undefined && between === undefined) return undefined;
  const kinds = [within && local, between && `${remote} between hosts`].filter((kind) => kind !== undefined);
  return {
    calibration: { cores, reading, ...(within && { within }), ...(between && { between }) },
    note: `the model chooses algorithms: ${kinds.join(' and ')}, measured ${measured.date} (${path})`,
  };
}

/** What connects the ranks of one host, where there are several. */
function localKind({ transport, network, placement }: LaunchRequest, { within }: Measured): LocalKind | undefined {
  if (!placement.hosts.some(({ ranks }) => ranks.length > 1)) return undefined;
  // TLS within a host is for tests: nobody has measured it.
  if (transport === 'tcp') return network.tls === 'on' ? undefined : 'tcp';
  if (transport === 'auto') return within.shm === undefined ? 'unix' : 'shm';
  return transport;
}
