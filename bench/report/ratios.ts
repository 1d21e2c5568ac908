/** How fast tsmpi is beside its peers: one point for everything that was measured of it and of a peer. */
import type { Result } from '../lib/result.ts';

export interface Point {
  readonly bench: string;
  readonly variant: string | undefined;
  readonly bytes: number | undefined;
  readonly ranks: number;
  readonly transport: string;
  readonly ours: Result;
  readonly peers: ReadonlyMap<string, Result>;
}

/** What tsmpi is held against in the first place: the better of these, at each point. */
export const C_MPIS: readonly string[] = ['openmpi', 'mpich'];

export const isPeer = (system: string): boolean => C_MPIS.includes(system) || system === 'mpi4py';

const placeOf = ({ bench, variant, bytes, ranks, transport }: Result): string =>
  [bench, variant, bytes, ranks, transport].join(' ');

/** In the order of the results of tsmpi; those that no peer has are left out. */
export function pointsOf(results: readonly Result[]): Point[] {
  const peers = new Map<string, Map<string, Result>>();
  for (const result of results.filter(({ system }) => isPeer(system))) {
    const place = placeOf(result);
    peers.set(place, (peers.get(place) ?? new Map<string, Result>()).set(result.system, result));
  }
  return results.flatMap((ours) => {
    const found = ours.system === 'tsmpi' ? peers.get(placeOf(ours)) : undefined;
    const { bench, variant, bytes, ranks, transport } = ours;
    return found === undefined ? [] : [{ bench, variant, bytes, ranks, transport, ours, peers: found }];
  });
}

/**
 * More is better. Where many messages are under way at once it is the rate, which counts every pause; else what one takes: its
 * median, which a few pauses do not change.
 */
function speedOf({ messagesPerSecond, p50 }: Result): number {
  return messagesPerSecond ?? 1e6 / p50;
}

/** How many times as fast tsmpi is as the better of these systems; nothing if none of them was measured there. */
export function ratio({ ours, peers }: Point, systems: readonly string[]): number | undefined {
  const speeds = systems.flatMap((system) => peers.get(system) ?? []).map(speedOf);
  return speeds.length === 0 ? undefined : speedOf(ours) / Math.max(...speeds);
}

/** What ratios are averaged by: twice as fast and half as fast make equally fast. */
export function geometricMean(ratios: readonly number[]): number {
  if (ratios.length === 0) throw new RangeError('no ratios have no mean');
  return Math.exp(ratios.reduce((sum, each) => sum + Math.log(each), 0) / ratios.length);
}

export interface Row {
  readonly bench: string;
  readonly variant: string | undefined;
  readonly ranks: number;
  readonly points: readonly Point[];
}

/** The points that differ in size alone are a row. */
export function rowsOf(points: readonly Point[]): Row[] {
  const rows = new Map<string, Point[]>();
  for (const point of points) {
    const key = [point.transport, point.bench, point.ranks, kindOf(point.ours)].join('|');
    rows.set(key, [...(rows.get(key) ?? []), point]);
  }
  return [...rows.values()].map((points) => {
    const { bench, ranks } = points[0]!;
    return { bench, variant: kindOf(points[0]!.ours), ranks, points };
  });
}

/** Windows of bandwidth go with the size; those of short messages tell two measurements apart. */
export function kindOf({ bench, variant }: Pick<Result, 'bench' | 'variant'>): string | undefined {
  return bench.endsWith('bandwidth') ? undefined : variant;
}
