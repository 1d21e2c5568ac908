/** What the entry points of the collectives need from the communicator that calls them. */
import type { CallChannel, Channel } from './channel.ts';
import type { HostMap } from './levels/host-map.ts';
import type { Forecast } from './model/model.ts';
import type { RecentPlans } from './recent.ts';

/** For `root` and `count` of a {@link Fingerprint}: does not apply, or this rank can't know it. Not compared. */
export const UNKNOWN = -1;

/**
 * What every rank of one call must agree on. It travels in each frame of the call, so ranks that disagree are found out at
 * the first message between them. Two values are compared only where both are known.
 */
export interface Fingerprint {
  /** A code of `COLLECTIVES`; always known. */
  readonly collective: number;
  /** An op's code, 0 where there is none. */
  readonly op: number;
  /** The algorithm's code within its collective, 0 where the ranks need not know it alike. */
  readonly algorithm: number;
  /** A `DType` or an `OperandKind`, 0 where this rank can't know it. */
  readonly dtype: number;
  /** A rank, or {@link UNKNOWN}. */
  readonly root: number;
  /** Elements, or {@link UNKNOWN}. An empty array is a known count of 0. */
  readonly count: number;
}

export interface CollectiveContext {
  readonly rank: number;
  readonly size: number;
  /** Pipelines work in pieces of this many bytes. */
  readonly segmentBytes: number;
  /** Algorithms chosen for this runtime, by collective: `allreduce` -> `ring`. Checked by `checkAlgorithms`. */
  readonly algorithms: ReadonlyMap<string, string>;
  /** On which hosts its ranks are. */
  readonly hosts: HostMap;
  /** What algorithms are predicted to cost on this communicator; undefined where nobody has measured its links. */
  readonly forecast: Forecast | undefined;
  /**
   * Whether the call that is begun next goes through memory that the ranks share, unless it asks for something else; by its number all
   * ranks know that alike. {@link CallChannel.board} is that memory.
   */
  readonly sharesMemory: boolean;
  readonly recent: RecentPlans;
  /** Why there is no such memory, where that is known. */
  readonly unshared: string | undefined;
  /**
   * Begins the call and takes its sequence number. Called exactly once a call, also for one rank, before anything is awaited
   * and after every argument has been checked: what is thrown before has done no harm.
   */
  open(fingerprint: Fingerprint): CallChannel;
  /**
   * This rank has done its part of the call: what rejects after it (an `out` that the result doesn't fit) leaves the
   * communicator usable. What rejects between {@link open} and this does not.
   */
  close(channel: Channel): void;
}

/** The last argument of every collective, as far as it is this layer's business. */
export interface CollectiveOptions {
  /** A TypedArray or ndarray that takes the result. May be the input itself. */
  readonly out?: unknown;
  /** Takes this algorithm in place of the one that the selection would choose. The same on every rank. */
  readonly algorithm?: string | undefined;
}

export interface ScattervOptions extends CollectiveOptions {
  /** Where the part of each rank begins in the root's array, in elements; packed in rank order when left out. */
  readonly displs?: readonly number[] | undefined;
}

export interface GathervOptions extends CollectiveOptions {
  /** Elements from each rank; asked of the ranks when left out. */
  readonly counts?: readonly number[] | undefined;
  /** Where the part of each rank goes in the result, in elements; packed in rank order when left out. */
  readonly displs?: readonly number[] | undefined;
}

export interface AlltoallvOptions extends CollectiveOptions {
  readonly sendDispls?: readonly number[] | undefined;
  /** Elements from each rank; asked of the ranks when left out. */
  readonly recvCounts?: readonly number[] | undefined;
  readonly recvDispls?: readonly number[] | undefined;
}
