/** The half-open range `[start, end)` of `total` things that belong to `rank`: shares in rank order that differ by one at most. */
export function shareOf(total: number, rank: number, size: number): { start: number; end: number } {
  const each = Math.floor(total / size);
  const left = total % size; // one more for each of the first `left` ranks
  const start = rank * each + Math.min(rank, left);
  return { start, end: start + each + (rank < left ? 1 : 0) };
}
