/**
 * The binomial tree over virtual ranks 0 … size - 1, with 0 at the root.
 *
 * The parent of v is v without its lowest set bit, so the subtree under v is the run [v, v + subtreeSize(v)) of neighbours:
 * what gathers or reduces up the tree, children in ascending order, keeps the order of the ranks.
 */

/** The virtual rank of `rank` when `root` is virtual rank 0. */
export function relativeRank(rank: number, root: number, size: number): number {
  return rank >= root ? rank - root : rank - root + size;
}

/** The inverse of {@link relativeRank}. */
export function absoluteRank(virtual: number, root: number, size: number): number {
  const rank = virtual + root;
  return rank < size ? rank : rank - size;
}

/** The parent of `virtual`, which is not 0. */
export function parentOf(virtual: number): number {
  return virtual & (virtual - 1);
}

/** The children of `virtual`, ascending: the later, the larger their subtrees. */
export function childrenOf(virtual: number, size: number): number[] {
  const children: number[] = [];
  for (let bit = 1; virtual + bit < size && (virtual & bit) === 0; bit *= 2) children.push(virtual + bit);
  return children;
}

/** The number of ranks in the subtree under `virtual`, itself included. */
export function subtreeSize(virtual: number, size: number): number {
  const span = virtual === 0 ? size : virtual & -virtual;
  return Math.min(span, size - virtual);
}
