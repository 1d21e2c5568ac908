/**
 * Collectives whose arguments are fixed once and started again and again (MPI 4.1, section 6.13). Each takes what the call of the same name
 * takes, and throws at once what is wrong with it. No message is sent and nobody waited for: ranks may prepare what they like, and must
 * start the same collectives in the same order, as if they called them then.
 *
 * Each start reads the value as it is then. TypedArrays and ndarrays, counts and displacements stay the caller's, but are to keep their
 * lengths and places; `out` is filled at each start, and without it each start gives a result of its own.
 */
import * as collectives from '../collectives/calls.ts';
import { type OpLike, SUM } from '../collectives/ops.ts';
import * as errors from '../errors.ts';
import { isMpiError } from '../errors.ts';
import { checkLimits } from '../p2p/guard.ts';
import { PersistentRequest } from '../p2p/persistent.ts';
import { Request } from '../p2p/request.ts';
import { Running } from '../p2p/running.ts';
import {
  type AlltoallOptions,
  type CallOptions,
  CollectiveCommunicator,
  type GathervOptions,
  type ScattervOptions,
} from './collective.ts';
import type { Domain } from './domain.ts';

export abstract class PersistentCommunicator extends CollectiveCommunicator {
  /** A barrier to be started again and again (MPI_Barrier_init). */
  barrierInit(options?: CallOptions): PersistentRequest<void> {
    return this.init('barrier', options, (domain, given) => collectives.barrier(domain, given));
  }

  /** MPI_Bcast_init. */
  bcastInit<T>(value: T | undefined, root = 0, options?: CallOptions): PersistentRequest<T> {
    return this.init('bcast', options, (domain, given) => collectives.bcast(domain, value, root, given));
  }

  /** MPI_Scatter_init. */
  scatterInit<T>(values: readonly T[] | undefined, root = 0, options?: CallOptions): PersistentRequest<T> {
    return this.init('scatter', options, (domain, given) => collectives.scatter(domain, values, root, given));
  }

  /** MPI_Gather_init. */
  gatherInit<T>(value: T, root = 0, options?: CallOptions): PersistentRequest<T[] | undefined> {
    return this.init('gather', options, (domain, given) => collectives.gather(domain, value, root, given));
  }

  /** MPI_Allgather_init. */
  allgatherInit<T>(value: T, options?: CallOptions): PersistentRequest<T[]> {
    return this.init('allgather', options, (domain, given) => collectives.allgather(domain, value, given));
  }

  /** MPI_Alltoall_init. */
  alltoallInit<T>(values: readonly T[], options?: CallOptions): PersistentRequest<T[]> {
    return this.init('alltoall', options, (domain, given) => collectives.alltoall(domain, values, given));
  }

  /** MPI_Scatterv_init. */
  scattervInit<A>(
    array: A | undefined,
    counts: readonly number[] | undefined,
    root = 0,
    options?: ScattervOptions,
  ): PersistentRequest<A> {
    return this.init('scatterv', options, (domain, given) => collectives.scatterv(domain, array, counts, root, given));
  }

  /** MPI_Gatherv_init. */
  gathervInit<A>(array: A, root = 0, options?: GathervOptions): PersistentRequest<A | undefined> {
    return this.init('gatherv', options, (domain, given) => collectives.gatherv(domain, array, root, given));
  }

  /** MPI_Allgatherv_init. */
  allgathervInit<A>(array: A, options?: GathervOptions): PersistentRequest<A> {
    return this.init('allgatherv', options, (domain, given) => collectives.allgatherv(domain, array, given));
  }

  /** MPI_Alltoallv_init. */
  alltoallvInit<A>(array: A, sendCounts: readonly number[], options?: AlltoallOptions): PersistentRequest<A> {
    return this.init('alltoallv', options, (domain, given) => collectives.alltoallv(domain, array, sendCounts, given));
  }

  /** MPI_Reduce_init. */
  reduceInit<T>(value: T, op: OpLike = SUM, root = 0, options?: CallOptions): PersistentRequest<T | undefined> {
    return this.init('reduce', options, (domain, given) => collectives.reduce(domain, value, op, root, given));
  }

  /** MPI_Allreduce_init. */
  allreduceInit<T>(value: T, op: OpLike = SUM, options?: CallOptions): PersistentRequest<T> {
    return this.init('allreduce', options, (domain, given) => collectives.allreduce(domain, value, op, given));
  }

  /** MPI_Scan_init. */
  scanInit<T>(value: T, op: OpLike = SUM, options?: CallOptions): PersistentRequest<T> {
    return this.init('scan', options, (domain, given) => collectives.scan(domain, value, op, given));
  }

  /** MPI_Exscan_init. */
  exscanInit<T>(value: T, op: OpLike = SUM, options?: CallOptions): PersistentRequest<T | undefined> {
    return this.init('exscan', options, (domain, given) => collectives.exscan(domain, value, op, given));
  }

  /** MPI_Reduce_scatter_init. */
  reduceScatterInit<A>(
    array: A,
    counts: readonly number[],
    op: OpLike = SUM,
    options?: CallOptions,
  ): PersistentRequest<A> {
    return this.init('reduceScatter', options, (domain, given) =>
      collectives.reduceScatter(domain, array, counts, op, given),
    );
  }

  /** MPI_Reduce_scatter_block_init. */
  reduceScatterBlockInit<A>(array: A, op: OpLike = SUM, options?: CallOptions): PersistentRequest<A> {
    return this.init('reduceScatterBlock', options, (domain, given) =>
      collectives.reduceScatterBlock(domain, array, op, given),
    );
  }

  /** Prepares the collective `call`; `prepare` gets the options as they are now. @internal */
  protected init<T, O extends CallOptions>(
    call: string,
    options: O | undefined,
    prepare: (domain: Domain, options: O | undefined) => collectives.Plan<T>,
  ): PersistentRequest<T> {
    const { domain } = this;
    try {
      domain.check(`${call}Init`);
      checkLimits(`${call}Init`, options);
      const given = options === undefined ? undefined : { ...options };
      const start = collectives.again(domain, () => prepare(domain, given));
      return new PersistentRequest(() => new Request<T>(new Running(this.call(call, given, start))));
    } catch (error) {
      throw isMpiError(error) ? errors.located(error, { rank: domain.rank, op: call }) : error;
    }
  }
}
