/** Which hosts a job has, and how their agents are started: what was named, a Slurm allocation, or this machine. Pure. */
import { Environment } from '../../src/contract/environment.ts';
import { type Env, outerTask } from '../../src/contract/outer.ts';
import { systemReason } from '../io/system-reason.ts';
import { usage } from '../scan.ts';
import { hostsOfFile, hostsOfOption } from './host-list.ts';
import { hostText, isThisMachine, nameOnce, refuseTwins, sameName } from './host-name.ts';
import { compressNodelist } from './nodelist.ts';
import type { HostEntry } from './placement.ts';
import { type Allocation, allocationOf } from './slurm.ts';

export interface HostOptions {
  readonly launcher: 'auto' | 'local' | 'ssh' | 'slurm';
  /** The values of `-H`, each a list. */
  readonly lists: readonly string[];
  /** The paths of hostfiles. */
  readonly files: readonly string[];
}

export interface HostContext {
  readonly env: Env;
  readonly hostname: string;
  readonly readFile: (path: string) => string;
}

export interface Host extends HostEntry {
  readonly local: boolean;
}

export interface Site {
  readonly hosts: readonly Host[];
  readonly launcher: 'local' | 'ssh' | 'slurm';
  /** How many ranks an allocation is meant for, where it says so and all of it is taken. */
  readonly ranks: number | undefined;
  /** Somebody has chosen the hosts; otherwise there is only this machine. */
  readonly chosen: boolean;
}

/** @throws LaunchFailure with exit code 2. */
export function findHosts(options: HostOptions, context: HostContext): Site {
  const { launcher } = options;
  const { env, hostname } = context;
  const named = namedHosts(options, context);
  const allocation = seesAllocation(launcher, env) ? allocationOf(env) : undefined;
  if (launcher === 'slurm' && allocation === undefined) {
    throw usage(
      '--launcher slurm: this is no allocation of Slurm; begin one with salloc or sbatch and call tsrun in it',
    );
  }
  if (allocation !== undefined && launcher !== 'ssh') {
    const hosts = named === undefined ? allocation.hosts : partOf(allocation, named);
    const ranks = named === undefined ? allocation.ranks : undefined;
    return { hosts: hosts.map((host) => ({ ...host, local: false })), launcher: 'slurm', ranks, chosen: true };
  }
  if (launcher === 'ssh') {
    const hosts = named ?? allocation?.hosts;
    if (hosts === undefined) throw usage('--launcher ssh: name the hosts with -H or --hostfile');
    return { hosts: hosts.map((host) => ({ ...host, local: false })), launcher, ranks: undefined, chosen: true };
  }
  if (named === undefined) {
    const here = { name: hostname, slots: undefined, source: 'this machine', local: true };
    return { hosts: [here], launcher: 'local', ranks: undefined, chosen: false };
  }
  const hosts = named.map((host) => ({ ...host, local: isThisMachine(host.name, hostname) }));
  refuseTwoHere(hosts);
  const foreign = hosts.find(({ local }) => !local);
  if (launcher === 'local' && foreign !== undefined) {
    throw usage(
      `--launcher local: ${foreign.name} (${foreign.source}) is not this machine; leave --launcher out to use ssh`,
    );
  }
  return { hosts, launcher: foreign === undefined ? 'local' : 'ssh', ranks: undefined, chosen: true };
}

/** A task of a step, and a rank of a job, have their share of the allocation already: what they start stays on their machine. */
function seesAllocation(launcher: HostOptions['launcher'], env: Env): boolean {
  if (launcher !== 'auto') return launcher !== 'local';
  return env[Environment.RANK] === undefined && outerTask(env) === undefined;
}

function namedHosts({ lists, files }: HostOptions, { readFile }: HostContext): HostEntry[] | undefined {
  if (lists.length > 0 && files.length > 0)
    throw usage('-H and --hostfile both say which hosts there are: give one of them');
  if (lists.length === 0 && files.length === 0) return undefined;
  const hosts =
    lists.length > 0 ? hostsOfOption(lists) : files.flatMap((file) => hostsOfFile(read(file, readFile), file));
  refuseTwins(hosts);
  return hosts;
}

function read(file: string, readFile: HostContext['readFile']): string {
  try {
    return readFile(file);
  } catch (error) {
    throw usage(`--hostfile ${file}: ${systemReason(error)}`);
  }
}

function refuseTwoHere(hosts: readonly Host[]): void {
  const [first, second] = hosts.filter(({ local }) => local);
  if (first === undefined || second === undefined) return;
  const both = [first, second].map((host) => `${hostText(host.name)} (${host.source})`).join(' and ');
  throw usage(`${both} are both this machine: ${nameOnce(first, second)}; with --launcher ssh they are two hosts`);
}

/** Hosts of an allocation have its slots unless they were named with others. */
function partOf({ hosts }: Allocation, named: readonly HostEntry[]): HostEntry[] {
  return named.map((host) => {
    const node = hosts.find(({ name }) => sameName(name, host.name));
    if (node !== undefined) return { ...node, slots: host.slots ?? node.slots };
    throw usage(
      `${hostText(host.name)} (${host.source}) is none of the nodes of this allocation, ${summary(hosts)}: ` +
        'name some of them, or give --launcher ssh or local to do without Slurm',
    );
  });
}

function summary(hosts: readonly HostEntry[]): string {
  const text = compressNodelist(hosts.map(({ name }) => name));
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
