/** On which hosts the ranks of a communicator are: the same on every rank. */
export class HostMap {
  /** How many hosts there are: 0 is that of rank 0, 1 that of the lowest rank which is not there, and so on. */
  readonly count: number;
  /** The ranks of each host follow one on another. */
  readonly consecutive: boolean;
  /** There are several hosts, and several ranks on one of them at least. */
  readonly twoLevels: boolean;
  readonly #hostOf: Int32Array;
  /** The ranks, host by host, ascending; and where in them those of each host begin. */
  readonly #ranks: Int32Array;
  readonly #starts: Int32Array;

  /** @param names - of the host of each rank. */
  constructor(names: readonly string[]) {
    const size = names.length;
    const hosts = new Map<string, number>();
    this.#hostOf = new Int32Array(size);
    let consecutive = true;
    for (const [rank, name] of names.entries()) {
      const host = hosts.get(name) ?? hosts.size;
      hosts.set(name, host);
      this.#hostOf[rank] = host;
      if (host < (this.#hostOf[rank - 1] ?? 0)) consecutive = false;
    }
    this.count = hosts.size;
    this.consecutive = consecutive;
    this.twoLevels = this.count > 1 && this.count < size;

    this.#starts = new Int32Array(this.count + 1);
    for (const host of this.#hostOf) this.#starts[host + 1]!++;
    for (let host = 0; host < this.count; host++) this.#starts[host + 1]! += this.#starts[host]!;
    this.#ranks = new Int32Array(size);
    const next = this.#starts.slice();
    for (const [rank, host] of this.#hostOf.entries()) this.#ranks[next[host]!++] = rank;
  }

  hostOf(rank: number): number {
    return this.#hostOf[rank] as number;
  }

  /** Ascending. */
  ranksOn(host: number): Int32Array {
    return this.#ranks.subarray(this.#starts[host], this.#starts[host + 1]);
  }
}
