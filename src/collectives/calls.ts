/** The entry points of the collectives: one function a call, each with the context of its communicator first. */
import type {
  AlltoallvOptions,
  CollectiveContext,
  CollectiveOptions,
  GathervOptions,
  ScattervOptions,
} from './context.ts';
import type { OpLike } from './ops.ts';

export type * from './context.ts';

export declare function barrier(context: CollectiveContext, options?: CollectiveOptions): Promise<void>;
export declare function bcast<T>(
  context: CollectiveContext,
  value: T | undefined,
  root?: number,
  options?: CollectiveOptions,
): Promise<T>;
export declare function scatter<T>(
  context: CollectiveContext,
  values: readonly T[] | undefined,
  root?: number,
  options?: CollectiveOptions,
): Promise<T>;
export declare function gather<T>(
  context: CollectiveContext,
  value: T,
  root?: number,
  options?: CollectiveOptions,
): Promise<T[] | undefined>;
export declare function allgather<T>(context: CollectiveContext, value: T, options?: CollectiveOptions): Promise<T[]>;
export declare function alltoall<T>(
  context: CollectiveContext,
  values: readonly T[],
  options?: CollectiveOptions,
): Promise<T[]>;
export declare function scatterv<A>(
  context: CollectiveContext,
  array: A | undefined,
  counts: readonly number[] | undefined,
  root?: number,
  options?: ScattervOptions,
): Promise<A>;
export declare function gatherv<A>(
  context: CollectiveContext,
  array: A,
  root?: number,
  options?: GathervOptions,
): Promise<A | undefined>;
export declare function allgatherv<A>(context: CollectiveContext, array: A, options?: GathervOptions): Promise<A>;
export declare function alltoallv<A>(
  context: CollectiveContext,
  array: A,
  sendCounts: readonly number[],
  options?: AlltoallvOptions,
): Promise<A>;
export declare function reduce<T>(
  context: CollectiveContext,
  value: T,
  op?: OpLike,
  root?: number,
  options?: CollectiveOptions,
): Promise<T | undefined>;
export declare function allreduce<T>(
  context: CollectiveContext,
  value: T,
  op?: OpLike,
  options?: CollectiveOptions,
): Promise<T>;
export declare function scan<T>(
  context: CollectiveContext,
  value: T,
  op?: OpLike,
  options?: CollectiveOptions,
): Promise<T>;
export declare function exscan<T>(
  context: CollectiveContext,
  value: T,
  op?: OpLike,
  options?: CollectiveOptions,
): Promise<T | undefined>;
export declare function reduceScatter<A>(
  context: CollectiveContext,
  array: A,
  counts: readonly number[],
  op?: OpLike,
  options?: CollectiveOptions,
): Promise<A>;
export declare function reduceScatterBlock<A>(
  context: CollectiveContext,
  array: A,
  op?: OpLike,
  options?: CollectiveOptions,
): Promise<A>;

/** `allreduce(SUM, Float64Array, count 1000)`: for messages about ranks that disagree. */
export declare function describeFingerprint(fingerprint: import('./context.ts').Fingerprint): string;
/** The public name of a collective's code. */
export declare function collectiveName(code: number): string;
/** @throws MpiError ERR_ARG for an unknown collective or algorithm, listing the names. For the runtime's override. */
export declare function checkAlgorithms(algorithms: ReadonlyMap<string, string>): void;
