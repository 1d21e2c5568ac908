/** An ordered set of processes (MPI 4.1, section 7.3). */
export class Group {
  /** Endpoint of each member, by its rank in the group. @internal */
  readonly endpoints: readonly number[];
  /** Our rank in the group, or `undefined` when we are no member. */
  readonly rank: number | undefined;

  /** @internal Made by communicators. */
  constructor(endpoints: readonly number[], rank: number | undefined) {
    this.endpoints = endpoints;
    this.rank = rank;
  }

  /** Number of members. */
  get size(): number {
    return this.endpoints.length;
  }

  /** The ranks of the members: 0 to size - 1. */
  get ranks(): number[] {
    return [...this.endpoints.keys()];
  }
}
