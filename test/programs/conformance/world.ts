/** This process as a rank of a real job, and all ranks in one place. */
import { finalize, world } from '../../../src/index.ts';
import { pack, unpack } from './copies.ts';

export { finalize, world };

/**
 * All ranks come together, each with a value, and get those of all, by rank; their own is the very same one. Rejects when they have lost
 * each other: not all are there after `patience` milliseconds.
 */
export async function meet<T>(value: T, patience: number): Promise<T[]> {
  const parts = await world.allgather(pack(value), { timeout: patience });
  return parts.map((bytes, rank) => (rank === world.rank ? value : (unpack(bytes) as T)));
}

/** The ranks of the job in the order in which tests take them: one of each host, then the next one of each, so that few ranks span many hosts. */
export const ranks = spread(world.hosts);
/** The host of each. */
export const hosts = ranks.map((rank) => world.hosts[rank] as string);

function spread(hosts: readonly string[]): number[] {
  const seen = new Map<string, number>();
  const rounds = hosts.map((host) => {
    const round = seen.get(host) ?? 0;
    seen.set(host, round + 1);
    return round;
  });
  return [...hosts.keys()].sort((a, b) => (rounds[a] as number) - (rounds[b] as number) || a - b);
}
