/** What `simulate` is told about the network, checked and completed. */
import * as errors from '../errors.ts';
import type { Delay, LinkCost, ModelParameters } from '../transport/memory/model.ts';
import { checkSeed, isRank, isSeconds, list, rankUpTo, record, SECONDS } from './settings.ts';

/** A rank that is lost. */
export interface Failure {
  readonly rank: number;
  /** When, in virtual seconds. */
  readonly at: number;
}

/** The modelled network. Times are seconds. */
export interface NetworkOptions {
  /** From one host to another (default 20e-6). */
  latency?: number;
  /** Of the line out of each host and of the line into it, bytes a second (default 1.25e9). */
  bandwidth?: number;
  /** Of the processor for each message, at each end (default 0). */
  overhead?: number;
  /** Each message between hosts takes up to so much longer, drawn evenly (default 0). */
  jitter?: number;
  /** Draws the jitter, and the order of what happens at the same time. Without one that is the order of sending. */
  seed?: number;
  /** Ranks per host, or the name of each rank's host (default 1). */
  hosts?: number | readonly string[];
  /** Between ranks of one host (default 1e-6, 1e10 and the `overhead` of the network). */
  local?: Partial<LinkCost>;
  /** Ranks that are lost on the way. */
  failures?: readonly Failure[];
  /** Messages that take longer. */
  delays?: readonly Delay[];
}

/** The same, complete. */
export interface NetworkSetting {
  readonly model: ModelParameters;
  readonly seed: number | undefined;
  /** The host of each rank. */
  readonly hosts: readonly string[];
  /** In order of time. */
  readonly failures: readonly Failure[];
}

export const NETWORK_OPTIONS = [
  'latency',
  'bandwidth',
  'overhead',
  'jitter',
  'seed',
  'hosts',
  'local',
  'failures',
  'delays',
] as const satisfies (keyof NetworkOptions)[];

const NETWORK = { latency: 20e-6, bandwidth: 1.25e9, overhead: 0 } as const;
const LOCAL = { latency: 1e-6, bandwidth: 1e10 } as const;

/** Throws `ERR_ARG` for the first option that can't be. */
export function networkSetting(call: string, size: number, options: NetworkOptions): NetworkSetting {
  const network = linkCost(call, '', options, NETWORK);
  const local = record(call, 'local', options.local ?? {}, ['latency', 'bandwidth', 'overhead']);
  const { seed, jitter = 0, failures = [], delays = [] } = options;
  checkSeed(call, seed);
  if (!isSeconds(jitter)) throw errors.badSetting(call, 'jitter', jitter, SECONDS);
  const hosts = hostNames(call, size, options.hosts ?? 1);
  const names = [...new Set(hosts)];
  const numbers = new Map(names.map((name, index) => [name, index]));
  return {
    model: {
      network,
      local: linkCost(call, 'local.', local, { ...LOCAL, overhead: network.overhead }),
      hosts: hosts.map((name) => numbers.get(name) as number),
      jitter,
      seed: seed ?? 0,
      delays: list(call, 'delays', delays).map((delay, index) => checkDelay(call, `delays[${index}]`, size, delay)),
    },
    seed,
    hosts,
    failures: list(call, 'failures', failures)
      .map((failure, index) => checkFailure(call, `failures[${index}]`, size, failure))
      .sort((a, b) => a.at - b.at),
  };
}

function linkCost(call: string, prefix: string, given: Partial<LinkCost>, missing: LinkCost): LinkCost {
  const { latency = missing.latency, bandwidth = missing.bandwidth, overhead = missing.overhead } = given;
  if (!isSeconds(latency)) throw errors.badSetting(call, `${prefix}latency`, latency, SECONDS);
  if (!isSeconds(overhead)) throw errors.badSetting(call, `${prefix}overhead`, overhead, SECONDS);
  if (typeof bandwidth === 'number' && bandwidth >= 1) return { latency, bandwidth, overhead };
  throw errors.badSetting(call, `${prefix}bandwidth`, bandwidth, 'a number of bytes a second, 1 or more, or Infinity');
}

function hostNames(call: string, size: number, hosts: number | readonly string[]): string[] {
  const ranks = Array.from({ length: size }, (_, rank) => rank);
  if (typeof hosts === 'number' && Number.isInteger(hosts) && hosts >= 1) {
    return ranks.map((rank) => `node${Math.floor(rank / hosts)}`);
  }
  const names = Array.isArray(hosts) && hosts.every((name) => typeof name === 'string' && name !== '');
  if (names && hosts.length === size) return [...hosts];
  const expected = `a number of ranks per host, 1 or more, or the names of the hosts of all ${size} ranks`;
  throw errors.badSetting(call, 'hosts', hosts, expected);
}

function checkFailure(call: string, name: string, size: number, failure: Failure): Failure {
  const { rank, at } = record(call, name, failure, ['rank', 'at']);
  if (!isRank(rank, size)) throw errors.badSetting(call, `${name}.rank`, rank, rankUpTo(size));
  if (!isSeconds(at)) throw errors.badSetting(call, `${name}.at`, at, SECONDS);
  return { rank, at };
}

function checkDelay(call: string, name: string, size: number, delay: Delay): Delay {
  const { from, to, after, until, by } = record(call, name, delay, ['from', 'to', 'after', 'until', 'by']);
  if (from !== undefined && !isRank(from, size)) throw errors.badSetting(call, `${name}.from`, from, rankUpTo(size));
  if (to !== undefined && !isRank(to, size)) throw errors.badSetting(call, `${name}.to`, to, rankUpTo(size));
  if (after !== undefined && !isSeconds(after)) throw errors.badSetting(call, `${name}.after`, after, SECONDS);
  if (until !== undefined && !isSeconds(until) && until !== Infinity) {
    throw errors.badSetting(call, `${name}.until`, until, SECONDS);
  }
  if (!isSeconds(by)) throw errors.badSetting(call, `${name}.by`, by, SECONDS);
  return { from, to, after, until, by };
}
