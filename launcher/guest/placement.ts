/** Which ranks share a host: the other launcher has placed them, and this finds out how. Pure. */
import type { HostPlan, Placement, RankPlace } from '../placement/placement.ts';

/** Where the task of one rank runs. */
export interface TaskPlace {
  /** See {@link file://./machine.ts}. */
  readonly machine: string;
  /** What its host is called. */
  readonly host: string;
}

/** @param tasks - by rank; the first one is here. */
export function placeTasks(tasks: readonly TaskPlace[]): Placement {
  const machines = [...new Set(tasks.map(({ machine }) => machine))];
  const hosts = machines.map((machine, index): HostPlan => {
    const ranks = [...tasks.keys()].filter((rank) => tasks[rank]!.machine === machine);
    return { name: tasks[ranks[0]!]!.host, slots: undefined, local: index === 0, ranks };
  });
  const ranks = tasks.map(({ machine }, rank): RankPlace => {
    const host = machines.indexOf(machine);
    return { host, localRank: hosts[host]!.ranks.indexOf(rank), program: 0 };
  });
  return { hosts, ranks };
}
