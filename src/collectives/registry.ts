/**
 * Every collective with its algorithms, as data. Codes are part of the wire fingerprint: new ones are added, none is reused.
 *
 * A new algorithm is a file in its collective's folder, a line here, a rule in selection.ts, and its costs in model/.
 */
import type { TypedArray } from '../wire/dtype.ts';
import type { Packet } from '../wire/packet.ts';
import { bruck as allgatherBruck } from './allgather/bruck.ts';
import { ring as allgatherRing } from './allgather/ring.ts';
import { rabenseifner as allreduceRabenseifner } from './allreduce/rabenseifner.ts';
import { recursiveDoubling as allreduceRecursiveDoubling } from './allreduce/recursiveDoubling.ts';
import { ring as allreduceRing } from './allreduce/ring.ts';
import { bruck as alltoallBruck } from './alltoall/bruck.ts';
import { pairwise as alltoallPairwise } from './alltoall/pairwise.ts';
import { dissemination } from './barrier/dissemination.ts';
import { tree } from './barrier/tree.ts';
import { chain as bcastChain } from './bcast/chain.ts';
import { scatterRing } from './bcast/scatterRing.ts';
import type { Bulk } from './bulk.ts';
import type { Channel } from './channel.ts';
import { chain as exscanChain } from './exscan/chain.ts';
import { recursiveDoubling as exscanRecursiveDoubling } from './exscan/recursiveDoubling.ts';
import { binomial as gatherBinomial } from './gather/binomial.ts';
import { linear as gatherLinear } from './gather/linear.ts';
import type { Reducer } from './kernels/reducer.ts';
import { binomial as reduceBinomial } from './reduce/binomial.ts';
import { chain as reduceChain } from './reduce/chain.ts';
import { rabenseifner as reduceRabenseifner } from './reduce/rabenseifner.ts';
import { linear as reduceScatterLinear } from './reduceScatter/linear.ts';
import { pairwise as reduceScatterPairwise } from './reduceScatter/pairwise.ts';
import { recursiveHalving } from './reduceScatter/recursiveHalving.ts';
import { chain as scanChain } from './scan/chain.ts';
import { recursiveDoubling as scanRecursiveDoubling } from './scan/recursiveDoubling.ts';
import { binomial as scatterBinomial } from './scatter/binomial.ts';
import { linear as scatterLinear } from './scatter/linear.ts';

export interface Algorithm<Run> {
  readonly code: number;
  readonly run: Run;
  /** Operands meet out of rank order: for commutative operators only. */
  readonly reorders?: true;
}

/** The algorithms of one collective, by name. */
export type Algorithms<Run> = Readonly<Record<string, Algorithm<Run>>>;

export interface Collective<Run> {
  readonly code: number;
  readonly algorithms: Algorithms<Run>;
  /** It can go through memory that the ranks share, too, where there is some. */
  readonly sharedMemory?: true;
}

/** What that is called, as an algorithm, and its code in every collective. */
export const SHARED_MEMORY = 'sharedMemory';
export const SHARED_MEMORY_CODE = 15;

type Barrier = (channel: Channel) => Promise<void>;
/** Undefined for the one that takes whole packets: it is not preceded by an announcement. */
type Bcast = ((channel: Channel, bulk: Bulk, root: number, segmentBytes: number) => Promise<void>) | undefined;
type Scatter = (channel: Channel, packets: readonly Packet[] | undefined, root: number) => Promise<Packet>;
type Gather = (channel: Channel, packet: Packet, root: number) => Promise<Packet[] | undefined>;
type Allgather = (channel: Channel, packet: Packet) => Promise<Packet[]>;
type Alltoall = (channel: Channel, packets: readonly Packet[]) => Promise<Packet[]>;

/**
 * Reductions read `input`, which stays as it is, and leave the result in `work`. The two may be the same memory, but must not
 * overlap otherwise. There are at least two ranks.
 */
type Prefix = (
  channel: Channel,
  input: TypedArray,
  work: TypedArray,
  reducer: Reducer,
  /** Elements of a pipelined piece, a multiple of the reducer's grain. */
  segment: number,
) => Promise<void>;
/** As {@link Prefix}; only the root has a `work`, for what it makes is the result. */
type Reduce = (
  channel: Channel,
  input: TypedArray,
  work: TypedArray | undefined,
  reducer: Reducer,
  root: number,
  commutative: boolean,
  segment: number,
) => Promise<void>;
/** `work`, which must not overlap `input`, takes this rank's part: elements offsets[rank] to offsets[rank + 1]. */
type ReduceScatter = (
  channel: Channel,
  input: TypedArray,
  work: TypedArray,
  reducer: Reducer,
  offsets: readonly number[],
) => Promise<void>;

const scatterAlgorithms: Algorithms<Scatter> = {
  binomial: { code: 1, run: scatterBinomial },
  linear: { code: 2, run: scatterLinear },
};
const gatherAlgorithms: Algorithms<Gather> = {
  binomial: { code: 1, run: gatherBinomial },
  linear: { code: 2, run: gatherLinear },
};
const allgatherAlgorithms: Algorithms<Allgather> = {
  bruck: { code: 1, run: allgatherBruck },
  ring: { code: 2, run: allgatherRing },
};
const alltoallAlgorithms: Algorithms<Alltoall> = {
  bruck: { code: 1, run: alltoallBruck },
  pairwise: { code: 2, run: alltoallPairwise },
};
const reduceScatterAlgorithms: Algorithms<ReduceScatter> = {
  recursiveHalving: { code: 1, run: recursiveHalving, reorders: true },
  pairwise: { code: 2, run: reduceScatterPairwise, reorders: true },
  linear: { code: 3, run: reduceScatterLinear },
};

export interface Collectives {
  readonly barrier: Collective<Barrier>;
  readonly bcast: Collective<Bcast>;
  readonly scatter: Collective<Scatter>;
  readonly scatterv: Collective<Scatter>;
  readonly gather: Collective<Gather>;
  readonly gatherv: Collective<Gather>;
  readonly allgather: Collective<Allgather>;
  readonly allgatherv: Collective<Allgather>;
  readonly alltoall: Collective<Alltoall>;
  readonly alltoallv: Collective<Alltoall>;
  readonly reduce: Collective<Reduce>;
  readonly allreduce: Collective<Prefix>;
  readonly scan: Collective<Prefix>;
  readonly exscan: Collective<Prefix>;
  readonly reduceScatter: Collective<ReduceScatter>;
  readonly reduceScatterBlock: Collective<ReduceScatter>;
}

/** A collective with a choice of algorithms. */
export type SelectableName = keyof Collectives;

/** Calls that all ranks make alike too, each done in one way only. */
type FixedName =
  | 'neighborAllgather'
  | 'neighborAllgatherv'
  | 'neighborAlltoall'
  | 'neighborAlltoallv'
  | 'split'
  | 'dup'
  | 'free'
  | 'create'
  | 'createCart'
  | 'createGraph'
  | 'merge'
  | 'createIntercomm'
  | 'splitType'
  | 'sub';

export type CollectiveName = SelectableName | FixedName;

export const COLLECTIVES: Collectives & Readonly<Record<FixedName, Collective<never>>> = {
  barrier: {
    code: 1,
    algorithms: { dissemination: { code: 1, run: dissemination }, tree: { code: 2, run: tree } },
    sharedMemory: true,
  },
  bcast: {
    code: 2,
    algorithms: {
      binomial: { code: 1, run: undefined },
      chain: { code: 2, run: bcastChain },
      scatterRing: { code: 3, run: scatterRing },
    },
    sharedMemory: true,
  },
  scatter: { code: 3, algorithms: scatterAlgorithms },
  scatterv: { code: 4, algorithms: scatterAlgorithms },
  gather: { code: 5, algorithms: gatherAlgorithms },
  gatherv: { code: 6, algorithms: gatherAlgorithms },
  allgather: { code: 7, algorithms: allgatherAlgorithms, sharedMemory: true },
  allgatherv: { code: 8, algorithms: allgatherAlgorithms, sharedMemory: true },
  alltoall: { code: 9, algorithms: alltoallAlgorithms, sharedMemory: true },
  alltoallv: { code: 10, algorithms: alltoallAlgorithms, sharedMemory: true },
  reduce: {
    code: 11,
    algorithms: {
      binomial: { code: 1, run: reduceBinomial },
      rabenseifner: { code: 2, run: reduceRabenseifner },
      chain: { code: 3, run: reduceChain },
    },
    sharedMemory: true,
  },
  allreduce: {
    code: 12,
    algorithms: {
      recursiveDoubling: { code: 1, run: allreduceRecursiveDoubling },
      rabenseifner: { code: 2, run: allreduceRabenseifner },
      ring: { code: 3, run: allreduceRing, reorders: true },
    },
    sharedMemory: true,
  },
  scan: {
    code: 13,
    algorithms: { recursiveDoubling: { code: 1, run: scanRecursiveDoubling }, chain: { code: 2, run: scanChain } },
  },
  exscan: {
    code: 14,
    algorithms: { recursiveDoubling: { code: 1, run: exscanRecursiveDoubling }, chain: { code: 2, run: exscanChain } },
  },
  reduceScatter: { code: 15, algorithms: reduceScatterAlgorithms },
  reduceScatterBlock: { code: 16, algorithms: reduceScatterAlgorithms },
  neighborAllgather: { code: 17, algorithms: {} },
  neighborAllgatherv: { code: 18, algorithms: {} },
  neighborAlltoall: { code: 19, algorithms: {} },
  neighborAlltoallv: { code: 20, algorithms: {} },
  split: { code: 21, algorithms: {} },
  dup: { code: 22, algorithms: {} },
  free: { code: 23, algorithms: {} },
  create: { code: 24, algorithms: {} },
  createCart: { code: 25, algorithms: {} },
  createGraph: { code: 26, algorithms: {} },
  merge: { code: 27, algorithms: {} },
  createIntercomm: { code: 28, algorithms: {} },
  splitType: { code: 29, algorithms: {} },
  sub: { code: 30, algorithms: {} },
};

/** What a collective's algorithms are called with. */
export type RunOf<Name extends SelectableName> = Collectives[Name] extends Collective<infer Run> ? Run : never;

/** The collectives with a choice of algorithms. */
export const SELECTABLE: readonly SelectableName[] = (Object.keys(COLLECTIVES) as CollectiveName[]).filter(
  isSelectable,
);

export function isSelectable(name: string): name is SelectableName {
  return Object.hasOwn(COLLECTIVES, name) && Object.keys(COLLECTIVES[name as CollectiveName].algorithms).length > 0;
}
