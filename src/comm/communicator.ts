/**
 * The communicator: what a program talks to (MPI 4.1, chapter 7). It validates and hands over; how communicators are made stands in
 * making.ts, topologies.ts and leaders.ts.
 */
import * as errors from '../errors.ts';
import type { WaitOptions } from '../p2p/guard.ts';
import type { CartCommunicator } from './cartesian.ts';
import type { Domain } from './domain.ts';
import { freeDomains, leaveDomains } from './free.ts';
import type { GraphCommunicator } from './graph.ts';
import { Group } from './group.ts';
import type { Intercommunicator } from './intercommunicator.ts';
import { createSides, disappoint } from './leaders.ts';
import { createDomain, createGroupDomain, dupDomain, splitDomain } from './making.ts';
import { PersistentCommunicator } from './persistent.ts';
import { cartesianDomain, graphDomain } from './topologies.ts';
import { Grid } from './topology/grid.ts';

/** Options of `createGraph`. */
export interface GraphOptions extends WaitOptions {
  /** How much each edge to a destination counts, 0 or more; 1 where left out. */
  weights?: readonly number[] | undefined;
  /** Whether nodes may change places. */
  reorder?: boolean | undefined;
}

/** How two communicators compare (MPI 4.1, section 7.4.1). */
export type CommunicatorComparison = 'ident' | 'congruent' | 'similar' | 'unequal';

export class Communicator extends PersistentCommunicator implements AsyncDisposable {
  /** What a program wants to keep with the communicator: no two ranks see each other's. `dup` takes a copy along. */
  readonly attributes = new Map<unknown, unknown>();
  #group: Group | undefined;
  #hosts: readonly string[] | undefined;

  /** @internal Made by the runtime. */
  constructor(domain: Domain) {
    super(domain);
  }

  /** Our rank: 0 to size - 1 (MPI_Comm_rank). */
  get rank(): number {
    return this.domain.rank;
  }

  /** Number of ranks (MPI_Comm_size). */
  get size(): number {
    return this.domain.size;
  }

  /** For messages: `world`, `self`, or what {@link setName} has said. */
  get name(): string {
    return this.domain.name;
  }

  /** Names it, on this rank, for messages (MPI_Comm_set_name). */
  setName(name: string): void {
    if (typeof name !== 'string') throw this.#located(errors.badName(name), 'setName');
    this.domain.name = name;
  }

  /** The processes of this communicator (MPI_Comm_group). */
  get group(): Group {
    this.#group ??= new Group(this.domain.endpoints, this.domain.engine.self);
    return this.#group;
  }

  /** The name of the host of each rank. */
  get hosts(): readonly string[] {
    const { endpoints, member } = this.domain;
    this.#hosts ??= endpoints.map((endpoint) => member.hosts[endpoint] as string);
    return this.#hosts;
  }

  /** Our rank among those of this communicator on our host. */
  get localRank(): number {
    const here = this.hosts[this.rank];
    return this.hosts.reduce((count, host, rank) => (rank < this.rank && host === here ? count + 1 : count), 0);
  }

  /** How many ranks of this communicator are on our host. */
  get localSize(): number {
    const here = this.hosts[this.rank];
    return this.hosts.reduce((count, host) => (host === here ? count + 1 : count), 0);
  }

  /** How often the job was started again after a failure. */
  get restart(): number {
    return this.domain.member.job.restart;
  }

  /**
   * Ends every rank of the job, now, with exit code `code` (0 to 255); `reason` is printed (MPI_Abort, MPI 4.1, section 9.4).
   * Does not return.
   */
  abort(code = 1, reason?: string): never {
    if (!(Number.isInteger(code) && code >= 0 && code <= 255)) throw this.#located(errors.badExitCode(code), 'abort');
    return this.domain.member.job.abort(code, reason);
  }

  /**
   * How `other` compares to this one: the very same, the same ranks in the same order, the same processes in another order, or
   * none of these (MPI_Comm_compare). Local.
   *
   * @throws MpiError ERR_COMM
   */
  compare(other: Communicator): CommunicatorComparison {
    if (!(other instanceof Communicator)) {
      throw this.#located(errors.notACommunicator('compare', 'other', other), 'compare');
    }
    if (other.domain === this.domain) return 'ident';
    const groups = this.group.compare(other.group);
    return groups === 'ident' ? 'congruent' : groups;
  }

  // ── Making communicators: called by every rank, in the same order ──────────────────────────────────────────────────

  /**
   * The same ranks, topology and attributes, in a communicator of its own: no message of one is seen in the other (MPI_Comm_dup). As
   * a rule no message is needed for it.
   */
  async dup(options?: WaitOptions): Promise<this> {
    const made = this.like(await this.making('dup', options, dupDomain));
    for (const [key, value] of this.attributes) made.attributes.set(key, value);
    return made;
  }

  /**
   * One communicator for each `color`, of the ranks that give it, ordered by `key`, equal keys by their rank here (MPI_Comm_split).
   * `undefined` for a color gives `undefined`: this rank is in none.
   *
   * @throws MpiError ERR_ARG unless color is an integer or undefined, and key a number.
   */
  split(color: number, key?: number, options?: WaitOptions): Promise<Communicator>;
  split(color: number | undefined, key?: number, options?: WaitOptions): Promise<Communicator | undefined>;
  async split(color: number | undefined, key = 0, options?: WaitOptions): Promise<Communicator | undefined> {
    const made = await this.making('split', options, (domain) => splitDomain(domain, color, key));
    return made && new Communicator(made);
  }

  /**
   * One communicator for each host, of its ranks: those that could share memory (MPI_Comm_split_type).
   *
   * @throws MpiError ERR_ARG for another type than 'shared'.
   */
  async splitType(type: 'shared', key = 0, options?: WaitOptions): Promise<Communicator> {
    const color = this.hosts.indexOf(this.hosts[this.rank] as string);
    const made = await this.making('splitType', options, (domain) => {
      if (type !== 'shared') throw errors.badSplitType(type);
      return splitDomain(domain, color, key, 'splitType');
    });
    return new Communicator(made as Domain);
  }

  /**
   * A communicator of the members of `group`, in its order; `undefined` for everybody else (MPI_Comm_create). Every rank calls it;
   * groups may differ where they have no member in common.
   *
   * @throws MpiError ERR_ARG for a group with members from elsewhere; ERR_MISMATCH where its members give groups that differ.
   */
  async create(group: Group, options?: WaitOptions): Promise<Communicator | undefined> {
    const made = await this.making('create', options, (domain) => createDomain(domain, group));
    return made && new Communicator(made);
  }

  /**
   * The same, called by the members of `group` alone (MPI_Comm_create_group). `tag` keeps apart what is made at the same time by
   * groups that have members in common. To be awaited before this communicator is freed.
   *
   * @throws MpiError ERR_ARG on a rank that is no member; ERR_MISMATCH where members give groups that differ.
   */
  async createGroup(group: Group, tag = 0, options?: WaitOptions): Promise<Communicator> {
    const { domain } = this;
    try {
      domain.check('createGroup');
      return await this.enough(new Communicator(await createGroupDomain(domain, group, tag, options)), options);
    } catch (error) {
      throw errors.isMpiError(error) ? this.#located(error, 'createGroup') : error;
    }
  }

  /**
   * Gives the ranks places in a grid (MPI_Cart_create): `dims` are its extents, `periods` says which dimensions meet at their ends (one
   * value stands for all). With `reorder` ranks may change so that neighbours are on the same host where they can be. A grid may have fewer
   * places than there are ranks: those that are left get `undefined`.
   *
   * @throws MpiError ERR_ARG; ERR_COUNT for a grid with more places than ranks; ERR_MISMATCH where ranks give grids that differ.
   */
  async createCart(
    dims: readonly number[],
    periods: boolean | readonly boolean[] = false,
    reorder = false,
    options?: WaitOptions,
  ): Promise<CartCommunicator> {
    const made = await this.making('createCart', options, async (domain) => {
      const grid = new Grid(dims, periods);
      return { grid, domain: await cartesianDomain(domain, grid, reorder) };
    });
    // Undefined beyond the grid, as said above; a program whose grid has a place for every rank need not ask.
    return (made.domain && this.domain.member.cartesian(made.domain, made.grid)) as CartCommunicator;
  }

  /**
   * Makes the ranks nodes of a graph (MPI_Dist_graph_create_adjacent): each gives the ranks that it receives from and those that it sends
   * to, as often as there are edges between them. `weights`, one for each destination, say how much an edge counts. With `reorder`
   * nodes may move so that those with heavy edges are on the same host where they can be: rank i of the new communicator is node i, with the edges
   * that rank i has given here.
   *
   * @throws MpiError ERR_RANK, ERR_ARG; ERR_MISMATCH for an edge that is not given at both ends.
   */
  async createGraph(
    sources: readonly number[],
    destinations: readonly number[],
    { weights, reorder = false, ...options }: GraphOptions = {},
  ): Promise<GraphCommunicator> {
    const given = weights ?? (Array.isArray(destinations) ? destinations.map(() => 1) : []);
    const { domain, edges } = await this.making('createGraph', options, (old) =>
      graphDomain(old, { sources, destinations, weights: given }, reorder),
    );
    return this.domain.member.graph(domain, edges);
  }

  /**
   * Pairs the ranks of this communicator with those of another one that has no process in common with it (MPI_Intercomm_create). All
   * ranks of both call it. Rank `localLeader` meets the leader of the other group in `peerComm`, where that one is `remoteLeader`: what
   * the other ranks give for these two is not looked at, nor their `tag`, which keeps apart what is made there at the same time.
   *
   * @throws MpiError ERR_RANK, ERR_TAG, ERR_COMM for what the leader gives, on all ranks of its group; ERR_ARG, on all ranks of both, for
   *   groups that have a process in common.
   */
  async createIntercomm(
    localLeader: number,
    peerComm: Communicator | undefined,
    remoteLeader: number,
    tag = 0,
    options?: WaitOptions,
  ): Promise<Intercommunicator> {
    const peer = peerComm instanceof Communicator ? peerComm.domain : undefined;
    const meeting = { given: peerComm, peer, remoteLeader, tag, found: undefined };
    try {
      const sides = await this.making('createIntercomm', options, (domain) =>
        createSides(domain, localLeader, meeting, options),
      );
      return this.domain.member.intercommunicator(sides);
    } catch (error) {
      if (this.rank === localLeader) disappoint(this.domain, meeting, error);
      throw error;
    }
  }

  /**
   * Ends it: called by every rank, returns when all of them have (MPI_Comm_free). What was sent and is still waited for arrives; a
   * receive for which nothing was sent, and a send that nobody has received, end with `ERR_COMM`. Calls after it are `ERR_COMM`.
   *
   * @throws MpiError ERR_COMM for `world` and `self`, and what has been freed already.
   */
  free(options?: WaitOptions): Promise<void> {
    return freeDomains([this.domain], () => this.#countArrivals(options));
  }

  /**
   * `await using comm = …` frees it at the end of the block. It is not waited for: the block may end by an error, and the other ranks
   * may be anywhere. Should they make another call, they get `ERR_MISMATCH`.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    leaveDomains([this.domain], () => this.#countArrivals(undefined));
  }

  async #countArrivals(options: WaitOptions | undefined): Promise<[number]> {
    return [await this.call('free', options, (domain) => domain.countArrivals())];
  }

  protected get kind(): string {
    return 'Communicator';
  }

  /** @internal One of the same kind. */
  protected like(domain: Domain): this {
    return new Communicator(domain) as this;
  }

  /** Runs a collective that makes something, and lets a rank wait that is far ahead of others in freeing. @internal */
  protected async making<T>(
    call: string,
    options: WaitOptions | undefined,
    make: (domain: Domain) => Promise<T>,
  ): Promise<T> {
    return this.enough(await this.call(call, options, make), options);
  }

  /** @internal */
  protected async enough<T>(made: T, options: WaitOptions | undefined): Promise<T> {
    await this.domain.member.fewDeparting(options);
    return made;
  }

  #located(error: errors.MpiError, op: string): errors.MpiError {
    return errors.located(error, { rank: this.rank, op });
  }
}
