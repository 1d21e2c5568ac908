/** What `npm run scale` has to say of one group of collectives, as data and as tables. */

import { costOf } from '../../src/collectives/model/costs.ts';
import { switches } from '../../src/collectives/model/switches.ts';
import { formatBytes } from '../lib/bytes.ts';
import { align } from '../lib/table.ts';
import { chosen, excess, fastest, type Prediction, predictions } from './compare.ts';
import type { Group } from './groups.ts';
import { NETWORKS } from './networks.ts';
import { simulatedSeconds } from './simulated.ts';

/** One call, predicted for every algorithm. */
export interface Row {
  readonly network: string;
  readonly ranks: number;
  readonly bytes: number;
  readonly predictions: readonly Prediction[];
  readonly best: string;
  readonly chosen: string;
  /** How much longer than the best the chosen one takes. */
  readonly excess: number;
}

/** From so many bytes on these are the best and the chosen algorithm. */
export interface Section {
  readonly network: string;
  readonly ranks: number;
  readonly from: number;
  readonly best: string;
  readonly chosen: string;
  /** The most that the chosen one is off at the ends of the section, and at the powers of two between them. */
  readonly excess: number;
}

/** A formula and what it is about. */
export interface Check {
  readonly algorithm: string;
  readonly network: string;
  readonly ranks: number;
  readonly bytes: number;
  readonly predicted: number;
  readonly simulated: number;
}

/** Worth a mark: more than so much off. */
const NOTABLE = 0.1;
/** Of all ranks of a simulation together: they live in one process. */
const SIMULATED_BYTES = 2 ** 29;
const MOST_BYTES = 2 ** 30;

const networkOf = (name: string) => NETWORKS[name]!;

export function rowsOf(
  { names: [name], bytes }: Group,
  network: string,
  ranks: number,
  lengths: readonly number[],
): Row[] {
  return (bytes === undefined ? [0] : lengths).map((length) => ({
    network,
    ranks,
    bytes: length,
    predictions: predictions(name, ranks, length, networkOf(network)),
    best: fastest(name, ranks, length, networkOf(network)).algorithm,
    chosen: chosen(name, ranks, length),
    excess: excess(name, ranks, length, networkOf(network)),
  }));
}

export function sectionsOf({ names: [name], bytes }: Group, network: string, ranks: number): Section[] {
  const bestAt = (length: number) => fastest(name, ranks, length, networkOf(network)).algorithm;
  const chosenAt = (length: number) => chosen(name, ranks, length);
  const starts = bytes === undefined ? [0] : [...switches(bestAt), ...switches(chosenAt)].map(({ from }) => from);
  const ordered = [...new Set(starts)].sort((a, b) => a - b);
  return ordered.map((from, index) => {
    const end = (ordered[index + 1] ?? MOST_BYTES + 1) - 1;
    const samples = [from, end];
    for (let length = 1; length < end; length *= 2) if (length > from) samples.push(length);
    return {
      network,
      ranks,
      from,
      best: bestAt(from),
      chosen: chosenAt(from),
      excess: Math.max(...samples.map((length) => excess(name, ranks, length, networkOf(network)))),
    };
  });
}

/** Those that fit into memory. */
export async function checksOf(
  group: Group,
  network: string,
  ranks: number,
  lengths: readonly number[],
): Promise<Check[]> {
  const checks: Check[] = [];
  for (const name of group.names) {
    for (const { algorithm } of predictions(name, ranks, 8, networkOf(network))) {
      for (const bytes of group.bytes === undefined ? [0] : lengths) {
        if (bytes * ranks * (/^(all)?(gather|toall)/.test(name) ? ranks : 3) > SIMULATED_BYTES) continue;
        const predicted = costOf(name, algorithm, ranks, bytes, networkOf(network));
        const simulated = await simulatedSeconds(name, algorithm, ranks, bytes, networkOf(network));
        checks.push({ algorithm: `${name} ${algorithm}`, network, ranks, bytes, predicted, simulated });
      }
    }
  }
  return checks;
}

export function rowTable(rows: readonly Row[], sized: boolean): string {
  const algorithms = rows[0]?.predictions.map(({ algorithm }) => algorithm) ?? [];
  return align([
    column('network', rows, ({ network }) => network),
    column('ranks', rows, ({ ranks }) => String(ranks)),
    ...(sized ? [column('bytes', rows, ({ bytes }) => formatBytes(bytes))] : []),
    ...algorithms.map((algorithm, index) => {
      return column(
        algorithm,
        rows,
        (row) => mark(row, algorithm) + formatSeconds(row.predictions[index]?.seconds ?? 0),
      );
    }),
    column('chosen', rows, (row) => row.chosen),
    column('off', rows, (row) => formatExcess(row.excess)),
  ]);
}

export function sectionTable(sections: readonly Section[]): string {
  return align([
    column('network', sections, ({ network }) => network),
    column('ranks', sections, ({ ranks }) => String(ranks)),
    column('from', sections, ({ from }) => roundedBytes(from)),
    column('best', sections, ({ best }) => best),
    column('chosen', sections, (section) => section.chosen),
    column('off by up to', sections, (section) => formatExcess(section.excess)),
  ]);
}

export function checkTable(checks: readonly Check[], sized: boolean): string {
  return align([
    column('algorithm', checks, ({ algorithm }) => algorithm),
    column('network', checks, ({ network }) => network),
    column('ranks', checks, ({ ranks }) => String(ranks)),
    ...(sized ? [column('bytes', checks, ({ bytes }) => formatBytes(bytes))] : []),
    column('formula', checks, ({ predicted }) => formatSeconds(predicted)),
    column('simulated', checks, ({ simulated }) => formatSeconds(simulated)),
    column('deviation', checks, ({ predicted, simulated }) => formatDeviation(predicted / simulated - 1)),
  ]);
}

function column<Item>(title: string, items: readonly Item[], cell: (item: Item) => string) {
  return { title, cells: items.map(cell) };
}

function mark(row: Row, algorithm: string): string {
  return algorithm === row.best ? '* ' : '';
}

/** Three digits. */
function formatSeconds(seconds: number): string {
  if (seconds >= 1) return `${seconds.toPrecision(3)} s`;
  return seconds >= 1e-3 ? `${(seconds * 1e3).toPrecision(3)} ms` : `${(seconds * 1e6).toPrecision(3)} us`;
}

function formatExcess(off: number): string {
  return off > NOTABLE ? `+${Math.round(off * 100)} %` : '';
}

function formatDeviation(off: number): string {
  const percent = Math.round(off * 100);
  return `${percent > 0 ? '+' : ''}${percent} %${Math.abs(off) > NOTABLE ? ' !' : '  '}`;
}

/** `41.8 KiB`: where a switch lies to the byte is of no interest. */
function roundedBytes(bytes: number): string {
  if (bytes < 2 ** 10) return `${bytes} B`;
  return bytes < 2 ** 20 ? `${(bytes / 2 ** 10).toFixed(1)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
