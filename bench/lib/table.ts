import { formatBytes } from './bytes.ts';
import { keyOf, type Result } from './result.ts';

interface Column {
  readonly title: string;
  /** Empty where the column says nothing about this result. */
  readonly cell: (result: Result) => string;
}

/** The results of one bench, one a line; columns that would be empty are left out. */
export function resultTable(results: readonly Result[], baseline?: ReadonlyMap<string, Result>): string {
  const columns = columnsFor(results, baseline).map(({ title, cell }) => ({ title, cells: results.map(cell) }));
  return align(columns.filter(({ cells }) => cells.some((cell) => cell !== '')));
}

function columnsFor(results: readonly Result[], baseline: ReadonlyMap<string, Result> | undefined): readonly Column[] {
  const [unit, scale] = unitFor(results);
  const time = (name: 'min' | 'p50' | 'p99' | 'mean'): Column => ({
    title: `${name} ${unit}`,
    cell: (result) => significant(result[name] / scale),
  });
  return [
    { title: 'transport', cell: ({ transport }) => transport },
    { title: 'ranks', cell: ({ ranks }) => String(ranks) },
    { title: 'what', cell: ({ variant }) => variant ?? '' },
    { title: 'bytes', cell: ({ bytes }) => (bytes === undefined ? '' : formatBytes(bytes)) },
    time('min'),
    time('p50'),
    time('p99'),
    time('mean'),
    { title: 'MB/s', cell: ({ MBps }) => significant(MBps) },
    { title: 'bus MB/s', cell: ({ busMBps }) => significant(busMBps) },
    { title: 'messages/s', cell: ({ messagesPerSecond }) => messagesPerSecond?.toFixed(0) ?? '' },
    { title: 'samples', cell: ({ samples }) => String(samples) },
    { title: 'speed-up', cell: (result) => speedUp(baseline?.get(keyOf(result)), result) },
  ];
}

/** One for the whole table: milliseconds where microseconds would only be long. */
function unitFor(results: readonly Result[]): readonly [name: string, scale: number] {
  if (results.every(({ unit }) => unit === 'bytes')) return ['MiB', 2 ** 20];
  return results.every(({ p50 }) => p50 >= 100_000) ? ['ms', 1000] : ['us', 1];
}

function speedUp(before: Result | undefined, now: Result): string {
  return before === undefined ? '' : `x ${(before.p50 / now.p50).toFixed(2)}`;
}

/** Words to the left, numbers to the right. */
export function align(columns: readonly { title: string; cells: readonly string[] }[]): string {
  const padded = columns.map(({ title, cells }) => {
    const all = [title, ...cells];
    const width = Math.max(...all.map((cell) => cell.length));
    const words = cells.some((cell) => /^[a-z]/i.test(cell) && !cell.startsWith('x '));
    return all.map((cell) => (words ? cell.padEnd(width) : cell.padStart(width)));
  });
  const lines =
    padded[0]?.map((_, line) =>
      padded
        .map((column) => column[line])
        .join('  ')
        .trimEnd(),
    ) ?? [];
  return lines.join('\n');
}

/** Three digits are what such a measurement is good for; nothing where there is no value. */
function significant(value: number | undefined): string {
  if (value === undefined) return '';
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
