/** Several runs of the same measurement, made one: the median of each figure, so that one disturbed run changes nothing. */
import { keyOf, type Result } from './result.ts';

/** Of an even number of values the lower of the two in the middle: a value that was really measured. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.ceil(sorted.length / 2) - 1];
  if (middle === undefined) throw new RangeError('no values have no median');
  return middle;
}

const LEAST = ['min'] as const;
const GREATEST = ['max'] as const;
const MIDDLE = ['p50', 'p99', 'mean', 'messagesPerSecond', 'MBps', 'busMBps'] as const;

/** @param runs - the results of each run, in the same order. */
export function medianOfRuns(runs: readonly (readonly Result[])[]): Result[] {
  const groups = new Map<string, Result[]>();
  for (const result of runs.flat()) {
    const key = keyOf(result);
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  return [...groups.values()].map((group) => {
    const first = group[0]!;
    const figure = (names: readonly (keyof Result)[], choose: (values: number[]) => number) =>
      Object.fromEntries(
        names.filter((name) => name in first).map((name) => [name, choose(group.map((r) => Number(r[name])))]),
      );
    return {
      ...first,
      samples: group.reduce((sum, { samples }) => sum + samples, 0),
      ...figure(LEAST, (values) => Math.min(...values)),
      ...figure(GREATEST, (values) => Math.max(...values)),
      ...figure(MIDDLE, median),
    };
  });
}
