/** Where the `index`th of `parts` nearly equal blocks of `count` elements begins; blocks are made of whole grains. */
export function blockStart(index: number, parts: number, count: number, grain = 1): number {
  return Math.floor(((count / grain) * index) / parts) * grain;
}

/** The offsets of parts of the given sizes laid end to end: one more than there are parts, the last being the total. */
export function offsetsOf(counts: readonly number[]): number[] {
  const offsets = [0];
  let total = 0;
  for (const count of counts) offsets.push((total += count));
  return offsets;
}
