/** The plots of a run: for every transport latency and bandwidth, and the collectives. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Result } from '../../lib/result.ts';
import type { Run } from '../run.ts';
import { drawFigure, type Panel, type Series } from './figure.ts';
import { rateTicks, timeTicks } from './scale.ts';
import { LOOKS } from './style.ts';

const COLLECTIVES = ['allreduce', 'bcast', 'allgather', 'alltoall'];
const RANKS = [2, 4];

const TRANSPORTS: Readonly<Record<string, string>> = {
  tcp: 'TCP on one machine',
  tls: 'TCP with TLS on one machine',
  unix: 'Unix sockets',
  shm: 'shared memory',
};

/** Names of files, with what is in them. Empty where there is nothing that has a size. */
export function plotsOf({ results, systems }: Pick<Run, 'results' | 'systems'>): Map<string, string> {
  const plots = new Map<string, string>();
  for (const transport of new Set(results.map((result) => result.transport))) {
    const here = results.filter((result) => result.transport === transport && result.system in LOOKS);
    const over = TRANSPORTS[transport] ?? transport;
    const pairs = [
      panel(
        'Latency',
        here.filter(({ bench }) => bench === 'latency'),
        timeTicks,
        ({ p50 }) => p50,
      ),
      panel(
        'Bandwidth',
        here.filter(({ bench }) => bench === 'bandwidth'),
        rateTicks,
        ({ MBps }) => MBps,
      ),
    ].filter(({ series }) => series.length > 0);
    const collectives = RANKS.map((ranks) =>
      COLLECTIVES.map((name) => {
        const mine = here.filter(({ bench, ranks: n }) => bench === name && n === ranks);
        return panel(`${name}, ${ranks} ranks`, mine, timeTicks, ({ p50 }) => p50);
      }).filter(({ series }) => series.length > 0),
    ).filter((row) => row.length > 0);
    if (pairs.length > 0) {
      const figure = { title: `Between two ranks: ${over}`, rows: [pairs], ownAxes: true, width: 380, height: 290 };
      plots.set(`pair-${transport}.svg`, drawFigure(figure, systems));
    }
    if (collectives.length > 0) {
      const figure = { title: `Collectives: ${over}`, rows: collectives, ownAxes: false, width: 200, height: 200 };
      plots.set(`collectives-${transport}.svg`, drawFigure(figure, systems));
    }
  }
  return plots;
}

function panel(
  title: string,
  results: readonly Result[],
  ticks: Panel['ticks'],
  value: (result: Result) => number | undefined,
): Panel {
  const names = [...new Set(results.map(({ system }) => system))];
  const series = names.map((system): Series => {
    const points = results
      .filter((result) => result.system === system)
      .flatMap((result): (readonly [number, number])[] => {
        const y = value(result);
        // A time of nothing has no place on a logarithmic axis.
        return result.bytes === undefined || y === undefined || y <= 0 ? [] : [[result.bytes, y]];
      });
    return { system, points: points.toSorted(([a], [b]) => a - b) };
  });
  return { title, ticks, series: series.filter(({ points }) => points.length > 0) };
}

export async function writePlots(run: Run, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, svg] of plotsOf(run)) await writeFile(join(folder, name), svg);
}
