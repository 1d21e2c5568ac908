import { formatBytes } from './bytes.ts';
import { keyOf, type Result } from './result.ts';

interface Column {
  readonly title: string;
  /** Empty where the column says nothing about this result. */
  readonly cell: (result: Result) => string;
}

const COLUMNS: readonly Column[] = [
  { title: 'transport', cell: ({ transport }) => transport },
  { title: 'ranks', cell: ({ ranks }) => String(ranks) },
  { title: 'what', cell: ({ variant }) => variant ?? '' },
  { title: 'bytes', cell: ({ bytes }) => (bytes === undefined ? '' : formatBytes(bytes)) },
  { title: 'min us', cell: ({ min }) => significant(min) },
  { title: 'p50 us', cell: ({ p50 }) => significant(p50) },
  { title: 'p99 us', cell: ({ p99 }) => significant(p99) },
  { title: 'mean us', cell: ({ mean }) => significant(mean) },
  { title: 'MB/s', cell: ({ MBps }) => (MBps === undefined ? '' : significant(MBps)) },
  { title: 'bus MB/s', cell: ({ busMBps }) => (busMBps === undefined ? '' : significant(busMBps)) },
  { title: 'messages/s', cell: ({ messagesPerSecond: rate }) => (rate === undefined ? '' : rate.toFixed(0)) },
  { title: 'samples', cell: ({ samples }) => String(samples) },
];

/** The results of one bench, one a line; columns that would be empty are left out. */
export function resultTable(results: readonly Result[], baseline?: ReadonlyMap<string, Result>): string {
  const compared: Column = {
    title: 'speed-up',
    cell: (result) => {
      const before = baseline?.get(keyOf(result));
      return before ? `x ${(before.p50 / result.p50).toFixed(2)}` : '';
    },
  };
  const rows = [...COLUMNS, compared].map(({ title, cell }) => ({ title, cells: results.map(cell) }));
  return align(rows.filter(({ cells }) => cells.some((cell) => cell !== '')));
}

/** Words to the left, numbers to the right. */
function align(columns: readonly { title: string; cells: readonly string[] }[]): string {
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

/** Three digits are what such a measurement is good for. */
function significant(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
