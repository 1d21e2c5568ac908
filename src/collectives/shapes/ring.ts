/** The ring of ranks 0 … size - 1 and around again. */

/** The rank `distance` places up the ring (down for a negative one), |distance| <= size. */
export function around(rank: number, distance: number, size: number): number {
  const sum = rank + distance;
  if (sum >= size) return sum - size;
  return sum < 0 ? sum + size : sum;
}
