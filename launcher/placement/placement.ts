/** Which rank runs where: what the command line, a hostfile or an allocation come to. Plain data. */

/** A host as somebody named it, before ranks are placed. */
export interface HostEntry {
  /** What ssh or srun is told: a name, an address, `user@name`. */
  readonly name: string;
  /** How many ranks it is meant for; undefined where nobody said. */
  readonly slots: number | undefined;
  /** Where it was named, for messages: `-H`, `hosts.txt:3`, `SLURM_JOB_NODELIST`. */
  readonly source: string;
}

export interface HostPlan {
  readonly name: string;
  /** Undefined where nobody said. */
  readonly slots: number | undefined;
  /** The machine that tsrun itself runs on: its agent needs no connection. */
  readonly local: boolean;
  /** In order. */
  readonly ranks: readonly number[];
}

export interface RankPlace {
  /** Index into {@link Placement.hosts}. */
  readonly host: number;
  /** Counts the ranks of one host from 0. */
  readonly localRank: number;
  /** Index into the request's programs. */
  readonly program: number;
}

export interface Placement {
  /** The hosts that have at least one rank, in the order in which they were named. */
  readonly hosts: readonly HostPlan[];
  /** By rank. */
  readonly ranks: readonly RankPlace[];
}

/** All ranks of one program on the machine that tsrun runs on. */
export function onThisMachine(hostname: string, ranks: number): Placement {
  const numbers = Array.from({ length: ranks }, (_, rank) => rank);
  return {
    hosts: [{ name: hostname, slots: undefined, local: true, ranks: numbers }],
    ranks: numbers.map((localRank) => ({ host: 0, localRank, program: 0 })),
  };
}
