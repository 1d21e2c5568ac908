/** The collective methods of a communicator: what the matrix is run on, whatever carries it. */
import type { OpLike } from '../../../src/collectives/ops.ts';

export interface Options {
  out?: unknown;
  algorithm?: string | undefined;
}

export interface CollectiveComm {
  readonly rank: number;
  readonly size: number;
  /** The host of each rank, where it knows. */
  readonly hosts?: readonly string[];
  barrier(options?: Options): Promise<void>;
  bcast(value: unknown, root?: number, options?: Options): Promise<unknown>;
  scatter(values: unknown[] | undefined, root?: number, options?: Options): Promise<unknown>;
  gather(value: unknown, root?: number, options?: Options): Promise<unknown>;
  allgather(value: unknown, options?: Options): Promise<unknown>;
  alltoall(values: unknown[], options?: Options): Promise<unknown>;
  scatterv(
    array: unknown,
    counts: readonly number[] | undefined,
    root?: number,
    options?: Options & { displs?: readonly number[] },
  ): Promise<unknown>;
  gatherv(
    array: unknown,
    root?: number,
    options?: Options & { counts?: readonly number[]; displs?: readonly number[] },
  ): Promise<unknown>;
  allgatherv(
    array: unknown,
    options?: Options & { counts?: readonly number[]; displs?: readonly number[] },
  ): Promise<unknown>;
  alltoallv(
    array: unknown,
    sendCounts: readonly number[],
    options?: Options & {
      sendDispls?: readonly number[];
      recvCounts?: readonly number[];
      recvDispls?: readonly number[];
    },
  ): Promise<unknown>;
  reduce(value: unknown, op?: OpLike, root?: number, options?: Options): Promise<unknown>;
  allreduce(value: unknown, op?: OpLike, options?: Options): Promise<unknown>;
  scan(value: unknown, op?: OpLike, options?: Options): Promise<unknown>;
  exscan(value: unknown, op?: OpLike, options?: Options): Promise<unknown>;
  reduceScatter(array: unknown, counts: readonly number[], op?: OpLike, options?: Options): Promise<unknown>;
  reduceScatterBlock(array: unknown, op?: OpLike, options?: Options): Promise<unknown>;
}
