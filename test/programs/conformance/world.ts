/** This process as a rank of a real job, and what the tests need of it beyond the public calls: its engine, and all ranks in one place. */
import { Engine } from '../../../src/matching/engine.ts';
import { pack, unpack } from './copies.ts';

// The runtime keeps the engine to itself: it shows where world opens its contexts.
const { open } = Engine.prototype;
let found: Engine | undefined;
Engine.prototype.open = function (this: Engine, ...rest) {
  found = this;
  return open.apply(this, rest);
};
export const { world, finalize } = await import('../../../src/index.ts');
Engine.prototype.open = open;
export const engine = found as unknown as Engine;

/**
 * All ranks come together, each with a value, and get those of all, by rank; their own is the very same one. Rejects when they have lost
 * each other: not all are there after `patience` milliseconds.
 */
export async function meet<T>(value: T, patience: number): Promise<T[]> {
  const parts = await world.allgather(pack(value), { timeout: patience });
  return parts.map((bytes, rank) => (rank === world.rank ? value : (unpack(bytes) as T)));
}

/** The host of each endpoint. */
export const hostOf = await meet(process.env.TSMPI_HOST as string, 60_000);
/** The endpoints in the order in which tests take them: one of each host, then the next one of each, so that few ranks span many hosts. */
export const endpoints = spread(hostOf);
/** The host of each. */
export const hosts = endpoints.map((endpoint) => hostOf[endpoint]);

function spread(hosts: readonly unknown[]): number[] {
  const seen = new Map<unknown, number>();
  const rounds = hosts.map((host) => {
    const round = seen.get(host) ?? 0;
    seen.set(host, round + 1);
    return round;
  });
  return [...hosts.keys()].sort((a, b) => (rounds[a] as number) - (rounds[b] as number) || a - b);
}
