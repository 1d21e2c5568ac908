/** A number that differs for lists of integers that differ, as a rule: FNV-1a of 32 bits, an integer at a time. */
export function digestOf(numbers: Iterable<number>): number {
  let digest = 0x811c9dc5;
  for (const number of numbers) digest = Math.imul(digest ^ number, 0x01000193) >>> 0;
  return digest;
}
