/**
 * What every collective costs by each of its algorithms: closed formulas for p ranks, each on a host of its own, that call at once
 * with the root 0, a commutative op and equal parts, and values that are arrays of numbers.
 *
 * They are read off the implementations in `src/collectives`, so they have what the textbook leaves out: announcements, REQUEST and GRANT,
 * the heads in bundles, folds. `test/runtime/costs.test.ts` holds them against `simulate`. Sources: Thakur, Rabenseifner, Gropp,
 * Optimization of collective communication operations in MPICH (2005), and what each function names.
 */
import type { Reading } from '../../contract/calibration.ts';
import type { SelectableName } from '../registry.ts';
import { reducingChain } from './chain.ts';
import { Link, type Network } from './link.ts';
import * as movement from './movement.ts';
import * as reductions from './reductions.ts';

/**
 * Seconds until the last rank returns.
 *
 * @param p ranks, at least two.
 * @param n bytes: of the value (bcast), of each rank's vector (reductions; reduceScatter: the whole of it), of the part from or to
 *   each rank (scatter, gather, allgather), from each rank to each other one (alltoall). Without meaning for barrier.
 */
export type Cost = (p: number, n: number, link: Link) => number;

const scatter = { binomial: movement.scatterBinomial, linear: movement.scatterLinear };
const gather = { binomial: movement.gatherBinomial, linear: movement.gatherLinear };
const allgather = { bruck: movement.allgatherBruck, ring: movement.allgatherRing };
const alltoall = { bruck: movement.alltoallBruck, pairwise: movement.alltoallPairwise };
const reduceScatter = {
  recursiveHalving: reductions.reduceScatterHalving,
  pairwise: reductions.reduceScatterPairwise,
  linear: reductions.reduceScatterLinear,
};

/** By the names that `COLLECTIVES` has for them. */
export const COSTS: Readonly<Record<SelectableName, Readonly<Record<string, Cost>>>> = {
  barrier: { dissemination: movement.barrierDissemination, tree: movement.barrierTree },
  bcast: { binomial: movement.bcastBinomial, chain: movement.bcastChain, scatterRing: movement.bcastScatterRing },
  scatter,
  scatterv: scatter,
  gather,
  gatherv: gather,
  allgather,
  allgatherv: { ...allgather, ring: movement.allgathervRing },
  alltoall,
  alltoallv: { ...alltoall, pairwise: movement.alltoallvPairwise },
  reduce: {
    binomial: reductions.reduceBinomial,
    rabenseifner: reductions.reduceRabenseifner,
    chain: reducingChain,
  },
  allreduce: {
    recursiveDoubling: reductions.allreduceRecursiveDoubling,
    rabenseifner: reductions.allreduceRabenseifner,
    ring: reductions.allreduceRing,
  },
  scan: { recursiveDoubling: reductions.scanRecursiveDoubling, chain: reducingChain },
  exscan: { recursiveDoubling: reductions.scanRecursiveDoubling, chain: reducingChain },
  reduceScatter,
  reduceScatterBlock: reduceScatter,
};

/** Seconds of one call; one rank alone waits for nobody. @throws RangeError for what has no such algorithm. */
export function costOf(
  collective: SelectableName,
  algorithm: string,
  ranks: number,
  bytes: number,
  network: Network,
  reading?: Reading,
): number {
  const cost = COSTS[collective][algorithm];
  if (cost === undefined) throw new RangeError(`${collective} has no algorithm '${algorithm}'`);
  return ranks === 1 ? 0 : cost(ranks, bytes, new Link(network, reading));
}
