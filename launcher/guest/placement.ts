/** Which ranks share a host: the other launcher has placed them, and this finds out how. Pure. */
import type { Placement, RankPlace } from '../placement/placement.ts';

/** Where the task of one rank runs. */
export interface TaskPlace {
  /** See {@link file://./machine.ts}. */
  readonly machine: string;
  /** What its host is called. */
  readonly host: string;
}

/** @param tasks - by rank; the first one is here. */
export function placeTasks(tasks: readonly TaskPlace[]): Placement {
  const hosts: { name: string; slots: undefined; local: boolean; ranks: number[] }[] = [];
  const indexOf = new Map<string, number>();
  const ranks = tasks.map(({ machine, host: name }, rank): RankPlace => {
    const host = indexOf.get(machine) ?? hosts.length;
    if (host === hosts.length) {
      indexOf.set(machine, host);
      hosts.push({ name, slots: undefined, local: rank === 0, ranks: [] });
    }
    return { host, localRank: hosts[host]!.ranks.push(rank) - 1, program: 0 };
  });
  return { hosts, ranks };
}
