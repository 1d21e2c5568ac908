/** The collectives on arrays, described so that one program can measure and check them all. */
import { type Communicator, SUM } from 'tsmpi';

/** What one rank does in one collective at one length, with its arrays. */
export interface Exchange {
  readonly call: () => Promise<unknown>;
  /** Each part that it sends, and a number that no other part of any rank has. */
  readonly sends: readonly { readonly array: Float64Array; readonly seed: number }[];
  /** Each part that it receives: the sum of the parts with these numbers. */
  readonly receives: readonly { readonly array: Float64Array; readonly seeds: readonly number[] }[];
  /** Times `bytes`: what the busiest link carries, as nccl-tests count it; 0 where they don't. */
  readonly bus: number;
}

/** Describes one rank's part in a collective whose count is `length` doubles. */
type Describe = (comm: Communicator, length: number) => Exchange;

const ROOT = 0;

/** The number of what `rank` sends: the same to all, if `dest` is left out. */
const seedOf = (comm: Communicator, rank: number, dest = 0): number => 1 + rank * comm.size + dest;

const ranksOf = ({ size }: Communicator): number[] => Array.from({ length: size }, (_, rank) => rank);

const seedsOf = (comm: Communicator, ranks: readonly number[]): number[] => ranks.map((rank) => seedOf(comm, rank));

/** `count` arrays of one length, side by side in one. */
function parts(length: number, count: number): { whole: Float64Array; each: Float64Array[] } {
  const whole = new Float64Array(length * count);
  const each = Array.from({ length: count }, (_, i) => whole.subarray(i * length, (i + 1) * length));
  return { whole, each };
}

/** Of one array a rank, the sum over `ranks` comes out here; nothing if there are none. */
function reduction(
  comm: Communicator,
  length: number,
  ranks: readonly number[],
  bus: number,
  call: (mine: Float64Array, into: { out: Float64Array }) => Promise<unknown>,
): Exchange {
  const mine = new Float64Array(length);
  const sum = new Float64Array(length);
  const into = { out: sum };
  return {
    call: () => call(mine, into),
    sends: [{ array: mine, seed: seedOf(comm, comm.rank) }],
    receives: ranks.length > 0 ? [{ array: sum, seeds: seedsOf(comm, ranks) }] : [],
    bus,
  };
}

/** One part from each rank, all of them at each rank that receives. */
function collection(
  comm: Communicator,
  length: number,
  receives: boolean,
  call: (mine: Float64Array, into: { out: Float64Array }) => Promise<unknown>,
): Exchange {
  const mine = new Float64Array(length);
  const { whole, each } = parts(length, receives ? comm.size : 0);
  const into = { out: whole };
  return {
    call: () => call(mine, into),
    sends: [{ array: mine, seed: seedOf(comm, comm.rank) }],
    receives: each.map((array, rank) => ({ array, seeds: [seedOf(comm, rank)] })),
    bus: comm.size - 1,
  };
}

/** One part from the root to each rank. */
function distribution(
  comm: Communicator,
  length: number,
  call: (whole: Float64Array, each: Float64Array[], into: { out: Float64Array }) => Promise<unknown>,
): Exchange {
  const { whole, each } = parts(length, comm.rank === ROOT ? comm.size : 0);
  const mine = new Float64Array(length);
  const into = { out: mine };
  return {
    call: () => call(whole, each, into),
    sends: each.map((array, dest) => ({ array, seed: seedOf(comm, ROOT, dest) })),
    receives: [{ array: mine, seeds: [seedOf(comm, ROOT, comm.rank)] }],
    bus: comm.size - 1,
  };
}

/** A part from each rank to each. */
function everyPair(
  comm: Communicator,
  length: number,
  call: (whole: Float64Array, each: Float64Array[], into: { out: Float64Array }) => Promise<unknown>,
): Exchange {
  const mine = parts(length, comm.size);
  const theirs = parts(length, comm.size);
  const into = { out: theirs.whole };
  return {
    call: () => call(mine.whole, mine.each, into),
    sends: mine.each.map((array, dest) => ({ array, seed: seedOf(comm, comm.rank, dest) })),
    receives: theirs.each.map((array, source) => ({ array, seeds: [seedOf(comm, source, comm.rank)] })),
    bus: comm.size - 1,
  };
}

/** A part from each rank for each; the sum of all parts for a rank comes out there. */
function scatteredSum(
  comm: Communicator,
  length: number,
  call: (whole: Float64Array, into: { out: Float64Array }) => Promise<unknown>,
): Exchange {
  const { whole, each } = parts(length, comm.size);
  const sum = new Float64Array(length);
  const into = { out: sum };
  return {
    call: () => call(whole, into),
    sends: each.map((array, dest) => ({ array, seed: seedOf(comm, comm.rank, dest) })),
    receives: [{ array: sum, seeds: ranksOf(comm).map((source) => seedOf(comm, source, comm.rank)) }],
    bus: comm.size - 1,
  };
}

const bcast: Describe = (comm, length) => {
  const array = new Float64Array(length);
  const into = { out: array };
  const value = comm.rank === ROOT ? array : undefined;
  const seed = seedOf(comm, ROOT);
  return {
    call: () => comm.bcast(value, ROOT, into),
    sends: value === undefined ? [] : [{ array, seed }],
    receives: [{ array, seeds: [seed] }],
    bus: 1,
  };
};

const scattered = (comm: Communicator, length: number): number[] => ranksOf(comm).map(() => length);

export const COLLECTIVES = {
  bcast,
  reduce: (comm, length) =>
    reduction(comm, length, comm.rank === ROOT ? ranksOf(comm) : [], 1, (mine, into) =>
      comm.reduce(mine, SUM, ROOT, into),
    ),
  allreduce: (comm, length) =>
    reduction(comm, length, ranksOf(comm), (2 * (comm.size - 1)) / comm.size, (mine, into) =>
      comm.allreduce(mine, SUM, into),
    ),
  scan: (comm, length) =>
    reduction(comm, length, ranksOf(comm).slice(0, comm.rank + 1), 0, (mine, into) => comm.scan(mine, SUM, into)),
  exscan: (comm, length) =>
    reduction(comm, length, ranksOf(comm).slice(0, comm.rank), 0, (mine, into) => comm.exscan(mine, SUM, into)),
  gather: (comm, length) => collection(comm, length, comm.rank === ROOT, (mine, into) => comm.gather(mine, ROOT, into)),
  gatherv: (comm, length) => {
    const counts = scattered(comm, length);
    return collection(comm, length, comm.rank === ROOT, (mine, { out }) => comm.gatherv(mine, ROOT, { out, counts }));
  },
  allgather: (comm, length) => collection(comm, length, true, (mine, into) => comm.allgather(mine, into)),
  allgatherv: (comm, length) => {
    const counts = scattered(comm, length);
    return collection(comm, length, true, (mine, { out }) => comm.allgatherv(mine, { out, counts }));
  },
  scatter: (comm, length) =>
    distribution(comm, length, (_, each, into) => comm.scatter(comm.rank === ROOT ? each : undefined, ROOT, into)),
  scatterv: (comm, length) => {
    const counts = scattered(comm, length);
    return distribution(comm, length, (whole, _, into) => comm.scatterv(whole, counts, ROOT, into));
  },
  alltoall: (comm, length) => everyPair(comm, length, (_, each, into) => comm.alltoall(each, into)),
  alltoallv: (comm, length) => {
    const counts = scattered(comm, length);
    return everyPair(comm, length, (whole, _, { out }) => comm.alltoallv(whole, counts, { out, recvCounts: counts }));
  },
  reduceScatterBlock: (comm, length) =>
    scatteredSum(comm, length, (whole, into) => comm.reduceScatterBlock(whole, SUM, into)),
  reduceScatter: (comm, length) => {
    const counts = scattered(comm, length);
    return scatteredSum(comm, length, (whole, into) => comm.reduceScatter(whole, counts, SUM, into));
  },
} as const satisfies Record<string, Describe>;

export type Collective = keyof typeof COLLECTIVES;
