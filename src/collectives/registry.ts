/**
 * Every collective with its algorithms, as data. Codes are part of the wire fingerprint: new ones are added, none is reused.
 *
 * A new algorithm is a file in its collective's folder, a line here, a rule in selection.ts, and its costs in model/.
 */
import type { TypedArray } from '../wire/dtype.ts';
import type { Packet } from '../wire/packet.ts';
import { bruck as allgatherBruck } from './allgather/bruck.ts';
import { ring as allgatherRing } from './allgather/ring.ts';
import { twoLevel as allgatherTwoLevel } from './allgather/twoLevel.ts';
import { rabenseifner as allreduceRabenseifner } from './allreduce/rabenseifner.ts';
import { recursiveDoubling as allreduceRecursiveDoubling } from './allreduce/recursiveDoubling.ts';
import { ring as allreduceRing } from './allreduce/ring.ts';
import { twoLevel as allreduceTwoLevel } from './allreduce/twoLevel.ts';
import { bruck as alltoallBruck } from './alltoall/bruck.ts';
import { pairwise as alltoallPairwise } from './alltoall/pairwise.ts';
import { dissemination } from './barrier/dissemination.ts';
import { tree } from './barrier/tree.ts';
import { twoLevel as barrierTwoLevel } from './barrier/twoLevel.ts';
import { chain as bcastChain } from './bcast/chain.ts';
import { scatterRing } from './bcast/scatterRing.ts';
import { twoLevel as bcastTwoLevel } from './bcast/twoLevel.ts';
import type { Bulk } from './bulk.ts';
import type { CallChannel, Channel, Place } from './channel.ts';
import { chain as exscanChain } from './exscan/chain.ts';
import { recursiveDoubling as exscanRecursiveDoubling } from './exscan/recursiveDoubling.ts';
import { binomial as gatherBinomial } from './gather/binomial.ts';
import { linear as gatherLinear } from './gather/linear.ts';
import type { Reducer } from './kernels/reducer.ts';
import { binomial as reduceBinomial } from './reduce/binomial.ts';
import { chain as reduceChain } from './reduce/chain.ts';
import { rabenseifner as reduceRabenseifner } from './reduce/rabenseifner.ts';
import { twoLevel as reduceTwoLevel } from './reduce/twoLevel.ts';
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
  /** Operands meet out of rank order, always or where hosts lie scattered over the ranks: then for commutative operators only. */
  readonly reorders?: true | 'scattered';
  /** Of packets: each goes as it is, never with others in one message, so none has to be announced. */
  readonly whole?: true;
}

/** The algorithms of one collective, by name. */
export type Algorithms<Run> = Readonly<Record<string, Algorithm<Run>>>;

export interface Collective<Run> {
  readonly code: number;
  readonly algorithms: Algorithms<Run>;
  /** The one that is made of others: within each host, and between the hosts. Beside those whose ranks are all alike. */
  readonly twoLevel?: Algorithm<Run>;
  /** It can go through memory that the ranks share, too, where there is some. */
  readonly sharedMemory?: true;
}

/** What these two are called, as algorithms, and their codes in every collective. */
export const SHARED_MEMORY = 'sharedMemory';
export const SHARED_MEMORY_CODE = 15;
export const TWO_LEVEL = 'twoLevel';
export const TWO_LEVEL_CODE = 14;

type Barrier = (channel: CallChannel) => Promise<void>;
/** Undefined for the one that takes whole packets: it is not preceded by an announcement. */
type Bcast = ((channel: CallChannel, bulk: Bulk, root: number, segmentBytes: number) => Promise<void>) | undefined;
type Scatter = (channel: Channel, packets: readonly Packet[] | undefined, root: number) => Promise<Packet>;
type Gather = (channel: Channel, packet: Packet, root: number) => Promise<Packet[] | undefined>;
type Allgather = (channel: CallChannel, packet: Packet, place?: Place) => Promise<Packet[]>;
type Alltoall = (channel: Channel, packets: readonly Packet[], place?: Place) => Promise<Packet[]>;

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
/** As {@link Prefix}. */
type Allreduce = (
  channel: CallChannel,
  input: TypedArray,
  work: TypedArray,
  reducer: Reducer,
  segment: number,
  commutative: boolean,
) => Promise<void>;
/** As {@link Prefix}; only the root has a `work`, for what it makes is the result. */
type Reduce = (
  channel: CallChannel,
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
  ring: { code: 2, run: allgatherRing, whole: true },
};
const allgatherInTwoLevels: Algorithm<Allgather> = { code: TWO_LEVEL_CODE, run: allgatherTwoLevel };
const alltoallAlgorithms: Algorithms<Alltoall> = {
  bruck: { code: 1, run: alltoallBruck },
  pairwise: { code: 2, run: alltoallPairwise, whole: true },
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
  readonly allreduce: Collective<Allreduce>;
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
    twoLevel: { code: TWO_LEVEL_CODE, run: barrierTwoLevel },
    sharedMemory: true,
  },
  bcast: {
    code: 2,
    algorithms: {
      binomial: { code: 1, run: undefined },
      chain: { code: 2, run: bcastChain },
      scatterRing: { code: 3, run: scatterRing },
    },
    twoLevel: { code: TWO_LEVEL_CODE, run: bcastTwoLevel },
    sharedMemory: true,
  },
  scatter: { code: 3, algorithms: scatterAlgorithms },
  scatterv: { code: 4, algorithms: scatterAlgorithms },
  gather: { code: 5, algorithms: gatherAlgorithms },
  gatherv: { code: 6, algorithms: gatherAlgorithms },
  allgather: { code: 7, algorithms: allgatherAlgorithms, twoLevel: allgatherInTwoLevels, sharedMemory: true },
  allgatherv: { code: 8, algorithms: allgatherAlgorithms, twoLevel: allgatherInTwoLevels, sharedMemory: true },
  alltoall: { code: 9, algorithms: alltoallAlgorithms, sharedMemory: true },
  alltoallv: { code: 10, algorithms: alltoallAlgorithms, sharedMemory: true },
  reduce: {
    code: 11,
    algorithms: {
      binomial: { code: 1, run: reduceBinomial },
      rabenseifner: { code: 2, run: reduceRabenseifner },
      chain: { code: 3, run: reduceChain },
    },
    twoLevel: { code: TWO_LEVEL_CODE, run: reduceTwoLevel, reorders: 'scattered' },
    sharedMemory: true,
  },
  allreduce: {
    code: 12,
    algorithms: {
      recursiveDoubling: { code: 1, run: allreduceRecursiveDoubling },
      rabenseifner: { code: 2, run: allreduceRabenseifner },
      ring: { code: 3, run: allreduceRing, reorders: true },
    },
    twoLevel: { code: TWO_LEVEL_CODE, run: allreduceTwoLevel, reorders: 'scattered' },
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
