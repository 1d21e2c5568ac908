/**
 * The intercommunicator (MPI 4.1, section 7.6): two groups that talk to each other, never among themselves. Every rank that is named in a
 * call is one of the other group.
 */
import type {
  AlltoallvOptions,
  CollectiveOptions,
  GathervOptions as GathervParts,
  ScattervOptions as ScattervParts,
} from '../collectives/context.ts';
import * as collectives from '../collectives/inter/calls.ts';
import { tellCountsAcross } from '../collectives/inter/formation.ts';
import { type OpLike, SUM } from '../collectives/ops.ts';
import * as errors from '../errors.ts';
import type { WaitOptions } from '../p2p/guard.ts';
import { runCall } from './call.ts';
import { Communicator, type CommunicatorComparison } from './communicator.ts';
import { freeDomains, leaveDomains } from './free.ts';
import { Group } from './group.ts';
import { dupSides, mergeSides, type Sides } from './intercommunication.ts';
import { PointToPoint } from './point-to-point.ts';

type Options = Omit<CollectiveOptions, 'algorithm'> & WaitOptions;
type ScattervOptions = Omit<ScattervParts, 'algorithm'> & WaitOptions;
type GathervOptions = Omit<GathervParts, 'algorithm'> & WaitOptions;
type AlltoallOptions = Omit<AlltoallvOptions, 'algorithm'> & WaitOptions;

/**
 * Collectives have two sides: in one with a root, this rank passes `ROOT` and the others of its group `PROC_NULL`, and all ranks of the
 * other group pass the rank that the root has in its own. All calls concern both groups, and are made by all ranks of both.
 */
export class Intercommunicator extends PointToPoint implements AsyncDisposable {
  /** What a program wants to keep with it: no two ranks see each other's. `dup` takes a copy along. */
  readonly attributes = new Map<unknown, unknown>();
  readonly #sides: Sides;
  #group: Group | undefined;
  #remoteGroup: Group | undefined;

  /** @internal Made by communicators. */
  constructor(sides: Sides) {
    super(sides.bridge.p2p);
    this.#sides = sides;
  }

  /** Our rank in our own group. */
  get rank(): number {
    return this.#sides.local.rank;
  }

  /** Number of ranks of our own group. */
  get size(): number {
    return this.#sides.local.size;
  }

  /** Number of ranks of the other group (MPI_Comm_remote_size). */
  get remoteSize(): number {
    return this.#sides.bridge.size;
  }

  /** Our own group (MPI_Comm_group). */
  get group(): Group {
    const { local } = this.#sides;
    this.#group ??= new Group(local.endpoints, local.engine.self);
    return this.#group;
  }

  /** The other group (MPI_Comm_remote_group). */
  get remoteGroup(): Group {
    const { bridge } = this.#sides;
    this.#remoteGroup ??= new Group(bridge.endpoints, bridge.engine.self);
    return this.#remoteGroup;
  }

  /** For messages. */
  get name(): string {
    return this.#sides.bridge.name;
  }

  /** Names it, on this rank, for messages (MPI_Comm_set_name). */
  setName(name: string): void {
    if (typeof name !== 'string') throw this.#located(errors.badName(name), 'setName');
    this.#sides.bridge.name = name;
    this.#sides.local.name = name;
  }

  /** Ends every rank of the job: as `Communicator.abort`. */
  abort(code = 1, reason?: string): never {
    if (!(Number.isInteger(code) && code >= 0 && code <= 255)) throw this.#located(errors.badExitCode(code), 'abort');
    return this.#sides.bridge.member.job.abort(code, reason);
  }

  /**
   * How `other` compares to this one: the very same, the same groups in the same order, the same processes in them, or none of these
   * (MPI 4.1, section 7.4.1). Local.
   *
   * @throws MpiError ERR_COMM
   */
  compare(other: Intercommunicator): CommunicatorComparison {
    if (!(other instanceof Intercommunicator)) {
      throw this.#located(errors.notAnIntercommunicator('compare', 'other', other), 'compare');
    }
    if (other.#sides === this.#sides) return 'ident';
    const groups = [this.group.compare(other.group), this.remoteGroup.compare(other.remoteGroup)];
    if (groups.includes('unequal')) return 'unequal';
    return groups.includes('similar') ? 'similar' : 'congruent';
  }

  // ── Collectives ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Returns when every rank of both groups has called it. */
  barrier(options?: Options): Promise<void> {
    return this.#call('barrier', options, (sides) => collectives.barrier(sides, options));
  }

  /** Gives the root's value to every rank of the other group; `undefined` in its own. */
  bcast<T>(value: T | undefined, root: number, options?: Options): Promise<T | undefined> {
    return this.#call('bcast', options, (sides) => collectives.bcast(sides, value, root, options));
  }

  /** Gives the root's `values[r]` to rank r of the other group; `undefined` in its own. */
  scatter<T>(values: readonly T[] | undefined, root: number, options?: Options): Promise<T | undefined> {
    return this.#call('scatter', options, (sides) => collectives.scatter(sides, values, root, options));
  }

  /** Gives the values of the other group, by rank, to the root; `undefined` to all others. */
  gather<T>(value: T | undefined, root: number, options?: Options): Promise<T[] | undefined> {
    return this.#call('gather', options, (sides) => collectives.gather(sides, value, root, options));
  }

  /** Gives the values of the other group, by rank, to every rank. */
  allgather<T>(value: T, options?: Options): Promise<T[]> {
    return this.#call('allgather', options, (sides) => collectives.allgather(sides, value, options));
  }

  /** Gives `values[r]` to rank r of the other group; gives what its ranks have given to this one, by rank. */
  alltoall<T>(values: readonly T[], options?: Options): Promise<T[]> {
    return this.#call('alltoall', options, (sides) => collectives.alltoall(sides, values, options));
  }

  /** Cuts the root's flat TypedArray into parts of `counts[r]` elements for the other group; `undefined` in its own. */
  scatterv<A>(
    array: A | undefined,
    counts: readonly number[] | undefined,
    root: number,
    options?: ScattervOptions,
  ): Promise<A | undefined> {
    return this.#call('scatterv', options, (sides) => collectives.scatterv(sides, array, counts, root, options));
  }

  /** Joins flat TypedArrays of the other group, of any lengths, at the root; `undefined` elsewhere. */
  gatherv<A>(array: A | undefined, root: number, options?: GathervOptions): Promise<A | undefined> {
    return this.#call('gatherv', options, (sides) => collectives.gatherv(sides, array, root, options));
  }

  /** Joins flat TypedArrays of the other group, of any lengths, on every rank. */
  allgatherv<A>(array: A, options?: GathervOptions): Promise<A> {
    return this.#call('allgatherv', options, (sides) => collectives.allgatherv(sides, array, options));
  }

  /** Sends `sendCounts[r]` elements of a flat TypedArray to rank r of the other group; gives what came from it, joined by rank. */
  alltoallv<A>(array: A, sendCounts: readonly number[], options?: AlltoallOptions): Promise<A> {
    return this.#call('alltoallv', options, (sides) => collectives.alltoallv(sides, array, sendCounts, options));
  }

  /** Combines the values of the other group, in rank order, at the root; `undefined` elsewhere. */
  reduce<T>(value: T | undefined, op: OpLike = SUM, root: number, options?: Options): Promise<T | undefined> {
    return this.#call('reduce', options, (sides) => collectives.reduce(sides, value, op, root, options));
  }

  /** Combines the values of the other group, in rank order, on every rank. */
  allreduce<T>(value: T, op: OpLike = SUM, options?: Options): Promise<T> {
    return this.#call('allreduce', options, (sides) => collectives.allreduce(sides, value, op, options));
  }

  /** Combines flat TypedArrays of the other group; rank r of ours keeps the next `counts[r]` elements of the result. */
  reduceScatter<A>(array: A, counts: readonly number[], op: OpLike = SUM, options?: Options): Promise<A> {
    return this.#call('reduceScatter', options, (sides) =>
      collectives.reduceScatter(sides, array, counts, op, options),
    );
  }

  /** The same with equal parts: the length must be a multiple of the sizes of both groups. */
  reduceScatterBlock<A>(array: A, op: OpLike = SUM, options?: Options): Promise<A> {
    return this.#call('reduceScatterBlock', options, (sides) =>
      collectives.reduceScatterBlock(sides, array, op, options),
    );
  }

  // ── Making communicators, and the end ──────────────────────────────────────────────────────────────────────────────

  /** The same groups and attributes, in an intercommunicator of its own (MPI_Comm_dup). */
  async dup(options?: WaitOptions): Promise<Intercommunicator> {
    const made = new Intercommunicator(await this.#making('dup', options, dupSides));
    for (const [key, value] of this.attributes) made.attributes.set(key, value);
    return made;
  }

  /**
   * One communicator of both groups (MPI_Intercomm_merge): the group whose ranks pass `high` false first. If both pass the same, the group
   * is first whose leader is, in the order of the job, when it was made.
   *
   * @throws MpiError ERR_ARG unless `high` is a boolean; ERR_MISMATCH, on all ranks, where ranks of one group pass different ones.
   */
  async merge(high: boolean, options?: WaitOptions): Promise<Communicator> {
    return new Communicator(await this.#making('merge', options, (sides) => mergeSides(sides, high)));
  }

  /** Ends it: as `Communicator.free`. Called by every rank of both groups. */
  free(options?: WaitOptions): Promise<void> {
    const { local, bridge } = this.#sides;
    return freeDomains([bridge, local], () => this.#countArrivals(options));
  }

  /** `await using inter = …` frees it at the end of the block: as `Communicator`. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { local, bridge } = this.#sides;
    leaveDomains([bridge, local], () => this.#countArrivals(undefined));
  }

  protected get kind(): string {
    return `Intercommunicator (${this.size} and ${this.remoteSize} ranks)`;
  }

  async #countArrivals(options: WaitOptions | undefined): Promise<[number, number]> {
    const told = await this.#call('free', options, (sides) =>
      tellCountsAcross(sides, { local: sides.local.beginFree(), bridge: sides.bridge.beginFree() }),
    );
    return [told.bridge, told.local];
  }

  async #making<T>(call: string, options: WaitOptions | undefined, make: (sides: Sides) => Promise<T>): Promise<T> {
    const made = await this.#call(call, options, make);
    await this.#sides.bridge.member.fewDeparting(options);
    return made;
  }

  /** A call takes a number on the bridge and one in our group: both end with it. */
  #call<T>(call: string, options: Options | undefined, run: (sides: Sides) => Promise<T>): Promise<T> {
    const { local, bridge } = this.#sides;
    return runCall(bridge, call, options, async () => {
      const before = local.current;
      const running = run(this.#sides);
      const channel = local.current === before ? null : local.current;
      try {
        return await running;
      } finally {
        if (channel !== null) local.ended(channel);
      }
    });
  }

  #located(error: errors.MpiError, op: string): errors.MpiError {
    return errors.located(error, { rank: this.rank, op });
  }
}
