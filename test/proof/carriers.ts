/** What carries the messages of a random program. */
import type { Communicator } from '../../src/comm/communicator.ts';
import { simulate, spmd } from '../../src/testing.ts';
import { withBoards } from '../helpers/boards.ts';
import type { Program } from './program.ts';

/** Time, as a rank of a program has it. */
export interface Time {
  /** Time limits are part of the run, and the same in every run. */
  readonly timeouts: boolean;
  /** Lets some time pass, longer for a larger number in [0, 1). */
  wait(length: number): Promise<void>;
}

/**
 * How messages travel: in the order in which a seed draws pairs, or in virtual time with delays that it draws. With boards collectives go
 * through memory that the ranks share, from a call on that the seed draws, unless one of the ranks can't get it; on some seeds there are several
 * hosts.
 */
export const CARRIERS = ['shuffled', 'boards', 'simulated', 'simulated, far'] as const;

const LATENCY = 20e-6;

/** Where the ranks are: on one host, on hosts of two each, or in turn on two. */
const HOSTS = [
  undefined,
  (ranks: number) => Array.from({ length: ranks }, (_, rank) => `host ${rank >> 1}`),
  (ranks: number) => Array.from({ length: ranks }, (_, rank) => `host ${rank % 2}`),
];

/** Runs `rank` on all ranks of a program and gives the results. */
export async function carry<T>(
  { ranks, seed, carrier, eagerLimit, segmentBytes }: Program,
  rank: (world: Communicator, time: Time) => Promise<T>,
): Promise<T[]> {
  const options = {
    seed,
    ...(eagerLimit === undefined ? {} : { eagerLimit }),
    ...(segmentBytes === undefined ? {} : { segmentBytes }),
  };
  if (carrier === 'shuffled') return spmd(ranks, (world) => rank(world, TURNS), options);
  if (carrier === 'boards') {
    const settings = { after: seed % 5, banks: 4, bankBytes: 64 + 64 * (seed % 3) };
    const hosts = HOSTS[Math.floor(seed / 5) % HOSTS.length]?.(ranks);
    return withBoards(ranks, (world) => rank(world, TURNS), options, { settings, without: seed % 23, hosts });
  }
  // Messages of different pairs pass each other: a little, or by many times what one takes.
  const network = {
    latency: LATENCY,
    jitter: carrier === 'simulated' ? LATENCY : 20 * LATENCY,
    overhead: 1e-6,
    hosts: 2,
  };
  const { results } = await simulate(
    ranks,
    (world, clock) => rank(world, { timeouts: true, wait: (length) => clock.sleep(length * 4 * LATENCY) }),
    { ...options, ...network },
  );
  return results;
}

const TURNS: Time = {
  timeouts: false,
  wait: () => new Promise((resolve) => setImmediate(resolve)),
};
