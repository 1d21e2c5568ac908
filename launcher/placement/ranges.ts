/** Lists of ranks in a few characters: `0-3`, `0,5,9-12`, `1-9:4` for 1, 5, 9. Pure. */

/** Numbers that rise. A step pays where at least three numbers share it. */
export function rangesText(numbers: readonly number[]): string[] {
  const ranges: string[] = [];
  for (let at = 0; at < numbers.length; ) {
    const first = numbers[at]!;
    const step = (numbers[at + 1] ?? first) - first;
    let end = at;
    while (numbers[end + 1] === numbers[end]! + step && step > 0) end++;
    const count = end - at + 1;
    if (count === 1 || (count === 2 && step > 1)) {
      ranges.push(String(first));
      at++;
    } else {
      ranges.push(`${first}-${numbers[end]}${step === 1 ? '' : `:${step}`}`);
      at = end + 1;
    }
  }
  return ranges;
}
