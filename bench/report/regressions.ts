/** What became slower, or needs more memory, than in an older run. */
import { keyOf, type Result } from '../lib/result.ts';
import type { Table } from './tables.ts';
import { formatMemory, formatTime } from './units.ts';

export interface Change {
  readonly before: Result;
  readonly now: Result;
  /** More than 1: so many times as long, or as much. */
  readonly times: number;
}

/** The worst first. Only what is of one system in both runs is compared. */
export function regressions(before: readonly Result[], now: readonly Result[], percent: number): Change[] {
  const old = new Map(before.map((result) => [keyOf(result), result]));
  return now
    .flatMap((result) => {
      const earlier = old.get(keyOf(result));
      return earlier === undefined ? [] : [{ before: earlier, now: result, times: result.p50 / earlier.p50 }];
    })
    .filter(({ times }) => times > 1 + percent / 100)
    .sort((a, b) => b.times - a.times);
}

export function regressionTable(changes: readonly Change[], percent: number): Table {
  return {
    title: `Worse by more than ${percent} %`,
    head: ['what', 'before', 'now', 'change'],
    rows: changes.map(({ before, now, times }) => [
      keyOf(now).replaceAll(/ +/g, ' '),
      median(before),
      median(now),
      `+${((times - 1) * 100).toFixed(0)} %`,
    ]),
  };
}

function median({ unit, p50 }: Result): string {
  return unit === 'bytes' ? formatMemory(p50) : formatTime(p50);
}
