/** Starts the agents of all hosts of a job, side by side; where they are many, agents start agents. */
import { hostname } from 'node:os';
import { invariant } from '../../src/base/invariant.ts';
import { ExitCode, LaunchFailure } from '../failure.ts';
import type { HostPlan } from '../placement/placement.ts';
import type { Agent, AgentWelcome } from './agent.ts';
import { Fleet, type FleetMember } from './fleet.ts';
import { LocalAgent } from './local.ts';
import { isLoopback, ownAddress } from './network.ts';
import { Lifeline } from './program.ts';
import type { RemoteOptions } from './protocol.ts';
import { slurmStarter } from './slurm.ts';
import { sshStarter } from './ssh.ts';
import { type StarterFor, startAgent } from './start.ts';
import { Archive } from './sync.ts';
import { branch } from './tree.ts';

export interface HostsOptions extends RemoteOptions {
  /** The job's folder on this machine, which is removed at the end whatever the end is, also when no rank runs here. */
  readonly workspace: string;
}

export interface StartedHosts {
  /** One for all: the agent of this machine when there is no other host, else a fleet. Whoever called closes it, also after a failure. */
  readonly agent: Agent;
  /** By host. Rejects with one LaunchFailure, the first, which names the host. */
  readonly welcomes: Promise<readonly AgentWelcome[]>;
}

/** @param starterFor - the way to another host; none: what `options` say. */
export function startAgents(
  hosts: readonly HostPlan[],
  { workspace, ...options }: HostsOptions,
  starterFor?: StarterFor,
): StartedHosts {
  const local = new LocalAgent(workspace);
  const here = hosts.find((host) => host.local);
  const others = hosts.filter((host) => !host.local);
  const own = { hostname: hostname(), pid: process.pid, node: process.versions.node, workspace, address: undefined };
  if (others.length === 0) return { agent: local, welcomes: Promise.resolve([own]) };
  const branches = startBranches(others, options, starterFor);
  const agent = new Fleet([{ agent: local, ranks: here?.ranks ?? [] }, ...branches.members]);
  const welcomes = branches.welcomes.then(async (remote) => {
    if (here === undefined) return remote;
    const address = await localAddress(here, options.interface, remote[0]!.address);
    return hosts.map((host) => (host.local ? { ...own, address } : remote[others.indexOf(host)]!));
  });
  return { agent, welcomes: welcomes.then((all) => reachable(hosts, all)) };
}

/** Starts the agents of other hosts: as many as one host starts, and by them the rest. `welcomes` are by host. */
export function startBranches(
  hosts: readonly HostPlan[],
  options: RemoteOptions,
  starterFor: StarterFor = starterOf(options),
): { members: FleetMember[]; welcomes: Promise<readonly AgentWelcome[]> } {
  const archive = options.sync === undefined ? undefined : new Archive(options.sync);
  const shared = { archive, lifeline: new Lifeline() };
  const started = branch(hosts, options.fanOut).map(([host, ...children]) => {
    const agent = startAgent(starterFor(host!.name), { host: host!, children, options }, shared);
    return { agent, ranks: [host!, ...children].flatMap(({ ranks }) => ranks) };
  });
  const parts = started.map(({ agent }) => agent.welcomes);
  void Promise.allSettled(parts).then(() => archive?.close());
  return { members: started, welcomes: Promise.all(parts).then((all) => all.flat()) };
}

/** The way to other hosts that the options name. */
export function starterOf(options: Pick<RemoteOptions, 'launcher' | 'ssh' | 'connectTimeout'>): StarterFor {
  switch (options.launcher) {
    case 'ssh':
      return sshStarter(options);
    case 'slurm':
      return slurmStarter();
    case 'local':
      invariant(false, 'other hosts, and no way to them');
  }
}

/** Of this machine, as the first of the others would reach it. */
async function localAddress(
  { name }: HostPlan,
  wanted: string | undefined,
  other: string | undefined,
): Promise<string | undefined> {
  try {
    return await ownAddress({ interface: wanted, towards: other });
  } catch (error) {
    throw error instanceof LaunchFailure ? new LaunchFailure(`host ${name}: ${error.message}`, error.exitCode) : error;
  }
}

/** @throws LaunchFailure when the hosts cannot reach each other by the addresses that they have. */
function reachable(hosts: readonly HostPlan[], welcomes: readonly AgentWelcome[]): readonly AgentWelcome[] {
  const outside = welcomes.some(({ address }) => address !== undefined && !isLoopback(address));
  const lonely = welcomes.findIndex(({ address }) => address === undefined || (outside && isLoopback(address)));
  if (lonely < 0 || welcomes.length === 1) return welcomes;
  const { address } = welcomes[lonely]!;
  const has = address === undefined ? 'no address' : `only the address ${address}`;
  throw new LaunchFailure(
    `host ${hosts[lonely]!.name}: it has ${has}, where no other host reaches it; --interface names an interface or a network`,
    ExitCode.LAUNCH,
  );
}
