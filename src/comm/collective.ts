/**
 * The collectives (MPI 4.1, chapter 6): called by every rank, in the same order. Each checks nothing and holds no algorithm: it
 * hands over to the layer below, and sees to it that a failure half-way leaves nobody waiting.
 */
import * as collectives from '../collectives/calls.ts';
import type {
  AlltoallvOptions,
  CollectiveOptions,
  GathervOptions as GathervParts,
  ScattervOptions as ScattervParts,
} from '../collectives/context.ts';
import { type OpLike, SUM } from '../collectives/ops.ts';
import type { WaitOptions } from '../p2p/guard.ts';
import { runCall } from './call.ts';
import type { Domain } from './domain.ts';
import { PointToPoint } from './point-to-point.ts';

/** Options of a collective: where the result goes, which algorithm, and what ends the wait. */
export interface CallOptions extends CollectiveOptions, WaitOptions {}
export interface ScattervOptions extends ScattervParts, WaitOptions {}
export interface GathervOptions extends GathervParts, WaitOptions {}
export interface AlltoallOptions extends AlltoallvOptions, WaitOptions {}

export abstract class CollectiveCommunicator extends PointToPoint {
  /** @internal */
  protected readonly domain: Domain;

  /** @internal */
  protected constructor(domain: Domain) {
    super(domain.p2p);
    this.domain = domain;
  }

  /** Returns when every rank has called it. */
  barrier(options?: CallOptions): Promise<void> {
    return this.call('barrier', options, (domain) => collectives.barrier(domain, options).start());
  }

  /** Gives the root's value to every rank. */
  bcast<T>(value: T | undefined, root = 0, options?: CallOptions): Promise<T> {
    return this.call('bcast', options, (domain) => collectives.bcast(domain, value, root, options).start());
  }

  /** Gives the root's `values[r]` to rank r. */
  scatter<T>(values: readonly T[] | undefined, root = 0, options?: CallOptions): Promise<T> {
    return this.call('scatter', options, (domain) => collectives.scatter(domain, values, root, options).start());
  }

  /** Gives the values of all ranks, by rank, to the root; `undefined` to the others. */
  gather<T>(value: T, root = 0, options?: CallOptions): Promise<T[] | undefined> {
    return this.call('gather', options, (domain) => collectives.gather(domain, value, root, options).start());
  }

  /** Gives the values of all ranks, by rank, to every rank. */
  allgather<T>(value: T, options?: CallOptions): Promise<T[]> {
    return this.call('allgather', options, (domain) => collectives.allgather(domain, value, options).start());
  }

  /** Gives `values[r]` of every rank to rank r, by sending rank. */
  alltoall<T>(values: readonly T[], options?: CallOptions): Promise<T[]> {
    return this.call('alltoall', options, (domain) => collectives.alltoall(domain, values, options).start());
  }

  /** Cuts the root's flat TypedArray into parts of `counts[r]` elements. */
  scatterv<A>(
    array: A | undefined,
    counts: readonly number[] | undefined,
    root = 0,
    options?: ScattervOptions,
  ): Promise<A> {
    return this.call('scatterv', options, (domain) =>
      collectives.scatterv(domain, array, counts, root, options).start(),
    );
  }

  /** Joins flat TypedArrays of any lengths at the root. */
  gatherv<A>(array: A, root = 0, options?: GathervOptions): Promise<A | undefined> {
    return this.call('gatherv', options, (domain) => collectives.gatherv(domain, array, root, options).start());
  }

  /** Joins flat TypedArrays of any lengths on every rank. */
  allgatherv<A>(array: A, options?: GathervOptions): Promise<A> {
    return this.call('allgatherv', options, (domain) => collectives.allgatherv(domain, array, options).start());
  }

  /** Sends `sendCounts[r]` elements of a flat TypedArray to rank r; gives what came, joined by sending rank. */
  alltoallv<A>(array: A, sendCounts: readonly number[], options?: AlltoallOptions): Promise<A> {
    return this.call('alltoallv', options, (domain) =>
      collectives.alltoallv(domain, array, sendCounts, options).start(),
    );
  }

  /** Combines the values of all ranks, in rank order, at the root; `undefined` elsewhere. */
  reduce<T>(value: T, op: OpLike = SUM, root = 0, options?: CallOptions): Promise<T | undefined> {
    return this.call('reduce', options, (domain) => collectives.reduce(domain, value, op, root, options).start());
  }

  /** Combines the values of all ranks, with the same bits on every rank. */
  allreduce<T>(value: T, op: OpLike = SUM, options?: CallOptions): Promise<T> {
    return this.call('allreduce', options, (domain) => collectives.allreduce(domain, value, op, options).start());
  }

  /** Combines the values of ranks 0 to ours. */
  scan<T>(value: T, op: OpLike = SUM, options?: CallOptions): Promise<T> {
    return this.call('scan', options, (domain) => collectives.scan(domain, value, op, options).start());
  }

  /** Combines the values of the ranks before ours; `undefined` on rank 0. */
  exscan<T>(value: T, op: OpLike = SUM, options?: CallOptions): Promise<T | undefined> {
    return this.call('exscan', options, (domain) => collectives.exscan(domain, value, op, options).start());
  }

  /** Combines flat TypedArrays of all ranks; rank r keeps the next `counts[r]` elements of the result. */
  reduceScatter<A>(array: A, counts: readonly number[], op: OpLike = SUM, options?: CallOptions): Promise<A> {
    return this.call('reduceScatter', options, (domain) =>
      collectives.reduceScatter(domain, array, counts, op, options).start(),
    );
  }

  /** The same with equal parts: the length must be a multiple of the number of ranks. */
  reduceScatterBlock<A>(array: A, op: OpLike = SUM, options?: CallOptions): Promise<A> {
    return this.call('reduceScatterBlock', options, (domain) =>
      collectives.reduceScatterBlock(domain, array, op, options).start(),
    );
  }

  /** Runs one collective. HOT (bench: allreduce, barrier). @internal */
  protected call<T>(
    call: string,
    options: CallOptions | undefined,
    run: (domain: Domain) => T | Promise<T>,
  ): Promise<T> {
    return runCall(this.domain, call, options, run);
  }
}
