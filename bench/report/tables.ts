/** The tables of a report: what was reached of the goals, how many times as fast, and the figures themselves. */
import { formatBytes } from '../lib/bytes.ts';
import type { Result } from '../lib/result.ts';
import { align } from '../lib/table.ts';
import { judge, short } from './goals.ts';
import { C_MPIS, geometricMean, kindOf, type Point, pointsOf, type Row, ratio, rowsOf } from './ratios.ts';
import type { Run } from './run.ts';
import { formatByteRate, formatMemory, formatMessageRate, formatTime } from './units.ts';

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** For a terminal. */
export function textTable({ title, head, rows }: Table): string {
  const columns = head.map((title, column) => ({ title, cells: rows.map((row) => row[column] ?? '') }));
  return `${title}\n${rows.length === 0 ? 'nothing' : align(columns.filter(({ cells }) => cells.some((cell) => cell !== '')))}`;
}

export function goalTable({ results, systems }: Run): Table {
  const points = pointsOf(results);
  const peers = [...new Set(points.flatMap((point) => [...point.peers.keys()]))].map((peer) => systems[peer] ?? peer);
  const rows = judge(points).map(({ transport, what, goal, figure, reached }) => {
    const said = reached === undefined ? 'not measured' : reached ? 'reached' : 'missed';
    return [transport, what, goal, figure ?? '', said];
  });
  return { title: `Goals, beside ${peers.join(', ')}`, head: ['transport', 'what', 'goal', 'figure', ''], rows };
}

/** Columns of sizes where all are measured: the others show in the mean and in the worst. */
const TELLING_SIZES: readonly number[] = [8, 2 ** 16, 2 ** 20, 2 ** 24];

/** A table for each transport: every row of points against the better C MPI, the means against each peer. */
export function ratioTables({ results, systems }: Run): Table[] {
  const points = pointsOf(results);
  return [...new Set(points.map(({ transport }) => transport))].map((transport) => {
    const here = points.filter((point) => point.transport === transport);
    const peers = ['openmpi', 'mpich', 'mpi4py'].filter((peer) => here.some((point) => point.peers.has(peer)));
    const measured = [...new Set(here.flatMap(({ bytes }) => bytes ?? []))].sort((a, b) => a - b);
    const telling = measured.filter((size) => TELLING_SIZES.includes(size));
    const sizes = telling.length > 0 ? telling : measured;
    return {
      title: `Over ${transport}: times as fast as the better of Open MPI and MPICH`,
      head: [
        'bench',
        'ranks',
        'what',
        ...sizes.map(formatBytes),
        'mean',
        'worst',
        ...peers.map((peer) => `mean: ${systems[peer] ?? peer}`),
      ],
      rows: rowsOf(here).map((row) => ratioRow(row, sizes, peers)),
    };
  });
}

function ratioRow(
  { bench, ranks, variant = '', points }: Row,
  sizes: readonly number[],
  peers: readonly string[],
): string[] {
  const against = (systems: readonly string[], some: readonly Point[] = points) =>
    some.flatMap((point) => ratio(point, systems) ?? []);
  const mean = (ratios: readonly number[]) => (ratios.length === 0 ? '' : short(geometricMean(ratios)));
  const better = against(C_MPIS);
  return [
    bench,
    String(ranks),
    variant,
    ...sizes.map((size) =>
      mean(
        against(
          C_MPIS,
          points.filter(({ bytes }) => bytes === size),
        ),
      ),
    ),
    mean(better),
    better.length === 0 ? '' : short(Math.min(...better)),
    ...peers.map((peer) => mean(against([peer]))),
  ];
}

/** Everything that was measured, one system a column. */
export function figureTables({ results, systems }: Pick<Run, 'results' | 'systems'>): Table[] {
  return [...new Set(results.map(({ transport }) => transport))].map((transport) => {
    const here = results.filter((result) => result.transport === transport);
    const names = [...new Set(here.map(({ system }) => system))];
    const places = new Map<string, Map<string, Result>>();
    for (const result of here) {
      const place = [result.bench, result.ranks, kindOf(result), result.bytes].join('|');
      places.set(place, (places.get(place) ?? new Map<string, Result>()).set(result.system, result));
    }
    return {
      title: `Over ${transport}: what was measured`,
      head: ['bench', 'ranks', 'what', 'size', ...names.map((name) => systems[name] ?? name)],
      rows: [...places.values()].map((bySystem) => {
        const first = [...bySystem.values()][0]!;
        const { bench, ranks, bytes } = first;
        const size = bytes === undefined ? '' : formatBytes(bytes);
        const figures = names.map((name) => figureOf(bySystem.get(name)));
        return [bench, String(ranks), kindOf(first) ?? '', size, ...figures];
      }),
    };
  });
}

/** The figure that people compare: a rate where many messages are under way, else the median of the times. */
export function figureOf(result: Result | undefined): string {
  if (result === undefined) return '';
  const { bench, unit, p50, MBps, messagesPerSecond } = result;
  if (unit === 'bytes') return formatMemory(p50);
  if (bench.endsWith('bandwidth') && MBps !== undefined) return formatByteRate(MBps);
  return messagesPerSecond === undefined ? formatTime(p50) : formatMessageRate(messagesPerSecond);
}
