/**
 * A number of ranks that is no power of two, folded to one that is.
 *
 * The first 2 * extra ranks pair up as neighbours (2i, 2i + 1); the even one acts for both. Every index of the core thus stands
 * for a run of neighbouring ranks, and the runs are in rank order: algorithms that combine neighbouring blocks of the core keep
 * the order of the operands. (Thakur, Rabenseifner, Gropp: Optimization of collective communication operations in MPICH, 2005.)
 */
export interface Fold {
  /** The largest power of two that is no larger than the number of ranks. */
  readonly core: number;
  /** How many pairs there are: ranks beyond the core. */
  readonly extra: number;
}

export function foldOf(size: number): Fold {
  const core = 2 ** (31 - Math.clz32(size));
  return { core, extra: size - core };
}

/** The index in the core of a rank, or -1 for one that its left neighbour acts for. */
export function coreIndex({ extra }: Fold, rank: number): number {
  if (rank >= 2 * extra) return rank - extra;
  return rank % 2 === 0 ? rank / 2 : -1;
}

/** The rank that acts as `index`; also the first rank of the run that the index stands for. */
export function coreRank({ extra }: Fold, index: number): number {
  return index < extra ? 2 * index : index + extra;
}

/** Whether `index` stands for two ranks. */
export function isPair({ extra }: Fold, index: number): boolean {
  return index < extra;
}
