/** Looks at this machine. */
import { accessSync, constants, existsSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { availableParallelism, endianness, hostname, networkInterfaces, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { type Env, outerTask } from '../../src/contract/outer.ts';
import { interfaceAddress, ownAddress } from '../agents/network.ts';
import { LaunchFailure } from '../failure.ts';
import { allocationOf } from '../placement/slurm.ts';
import { packageVersion } from '../version.ts';
import { createWorkspace, socketPath } from '../workspace.ts';
import { cgroupLimits } from './cgroup.ts';
import type { Facts, Files, Launchers, Network } from './facts.ts';
import { readLimits } from './limits.ts';
import { tryCompilers, tryListening, trySharing } from './probes.ts';

export interface FactsQuery {
  /** What `--interface` says. */
  readonly interface: string | undefined;
  /** An address of another host of the job, where one is known. */
  readonly towards: string | undefined;
  /** Where tsrun was started. */
  readonly workingDirectory: string;
  /** What TSMPI_NATIVE says there, which goes to the ranks of all hosts. */
  readonly native: string | undefined;
}

export async function gatherFacts(query: FactsQuery, env: Env = process.env): Promise<Facts> {
  const { files, unixSockets } = await lookAtFiles(query);
  const [network, sharing, compilers, loopback] = await Promise.all([
    lookAtNetwork(query),
    trySharing(query.native),
    tryCompilers(),
    tryListening({ host: '127.0.0.1', port: 0 }),
  ]);
  return {
    hostname: hostname(),
    platform: process.platform,
    architecture: process.arch,
    endianness: endianness(),
    node: process.versions.node,
    tsmpi: packageVersion(),
    processors: { usable: availableParallelism(), quota: cgroupLimits(readText).cores },
    limits: readLimits(readText),
    files,
    sharing,
    network,
    works: { ...compilers, unixSockets, loopback },
    launchers: lookAtLaunchers(env),
  };
}

/** As a job would use them: a folder is made, and a socket in it. */
async function lookAtFiles({
  workingDirectory,
}: FactsQuery): Promise<{ files: Files; unixSockets: string | undefined }> {
  const common = {
    temporary: tmpdir(),
    workingDirectory: existsSync(workingDirectory),
  };
  let workspace: string;
  try {
    workspace = createWorkspace();
  } catch (error) {
    if (!(error instanceof LaunchFailure)) throw error;
    const files = { ...common, workspaces: undefined, problem: error.message, free: undefined };
    return { files, unixSockets: undefined };
  }
  try {
    const unixSockets = await tryListening({ path: socketPath(workspace, 0) });
    const workspaces = dirname(workspace);
    return { files: { ...common, workspaces, problem: undefined, free: free(workspaces) }, unixSockets };
  } finally {
    rmSync(workspace, { recursive: true, force: true });
  }
}

/** In bytes; undefined: there is nothing at that path. */
function free(path: string): number | undefined {
  try {
    const { bsize, bavail } = statfsSync(path);
    return bsize * bavail;
  } catch {
    return undefined;
  }
}

async function lookAtNetwork({ interface: wanted, towards }: FactsQuery): Promise<Network> {
  const interfaces = Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? []).map(({ address }) => ({ name, address })),
  );
  try {
    const address =
      wanted === undefined ? await ownAddress({ interface: undefined, towards }) : interfaceAddress(wanted);
    return { address, problem: undefined, interfaces };
  } catch (error) {
    if (!(error instanceof LaunchFailure)) throw error;
    return { address: undefined, problem: error.message, interfaces };
  }
}

function lookAtLaunchers(env: Env): Launchers {
  const srun = (env.PATH ?? '').split(delimiter).some((folder) => isProgram(join(folder, 'srun')));
  const common = { outer: outerTask(env), slurmJob: env.SLURM_JOB_ID, srun };
  try {
    return { ...common, slurmNodes: allocationOf(env)?.hosts.length, slurmProblem: undefined };
  } catch (error) {
    if (!(error instanceof LaunchFailure)) throw error;
    return { ...common, slurmNodes: undefined, slurmProblem: error.message };
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
