/** What speed is to be reached, and whether it is: this is judged, on an idle machine, and never tested. */
import { formatBytes } from '../lib/bytes.ts';
import { C_MPIS, geometricMean, type Point, ratio } from './ratios.ts';

export interface Verdict {
  readonly transport: string;
  readonly what: string;
  readonly goal: string;
  /** What was reached; nothing if it was not measured. */
  readonly figure: string | undefined;
  readonly reached: boolean | undefined;
}

interface Goal {
  readonly what: string;
  readonly points: (point: Point) => boolean;
  readonly against: readonly string[];
  /** How many times as fast; given as a part of its time where that is what people compare. */
  readonly atLeast: Readonly<Record<string, number>>;
  readonly asTime?: boolean;
  /** Of several points: the mean, or the worst; then it is named. */
  readonly by: 'mean' | 'worst';
}

const KIB = 2 ** 10;
const MIB = 2 ** 20;
const FIVE = new Set(['allreduce', 'bcast', 'allgather', 'alltoall', 'barrier']);
const OTHERS = new Set(['latency', 'message-rate']);

const latency = (bytes: number, tcp: number, shm: number): Goal => ({
  what: `latency of ${formatBytes(bytes)}`,
  points: (point) => point.bench === 'latency' && point.bytes === bytes,
  against: C_MPIS,
  atLeast: { tcp: 1 / tcp, shm: 1 / shm },
  asTime: true,
  by: 'worst',
});

const isWindow64 = ({ variant }: Point) => variant === 'window 64';
const isFive = ({ bench, ranks }: Point) => FIVE.has(bench) && (ranks === 2 || ranks === 4);

export const GOALS: readonly Goal[] = [
  latency(8, 0.9, 2),
  ...[64 * KIB, MIB, 16 * MIB].map((bytes) => latency(bytes, 1, 1)),
  {
    what: 'messages of 8 B a second, window 64',
    points: (point) => point.bench === 'message-rate' && point.bytes === 8 && isWindow64(point),
    against: C_MPIS,
    atLeast: { tcp: 5, shm: 0.25 },
    by: 'worst',
  },
  {
    what: 'allreduce, bcast, allgather, alltoall, barrier on 2 and 4 ranks: geometric mean',
    points: isFive,
    against: C_MPIS,
    atLeast: { tcp: 1.5, shm: 1 },
    by: 'mean',
  },
  {
    what: 'the worst point of these, of latency and of short messages',
    points: (point) => isFive(point) || (OTHERS.has(point.bench) && (point.bench === 'latency' || isWindow64(point))),
    against: C_MPIS,
    atLeast: { tcp: 0.7, shm: 0.3 },
    by: 'worst',
  },
  ...['objects', 'objects-allreduce'].map(
    (name): Goal => ({
      what: name === 'objects' ? 'objects there and back: geometric mean' : 'allreduce of objects: geometric mean',
      points: ({ bench }) => bench === name,
      against: ['mpi4py'],
      atLeast: { tcp: 2, shm: 2 },
      by: 'mean',
    }),
  ),
  {
    what: 'an empty job of 32 ranks',
    points: ({ bench, ranks }) => bench === 'startup' && ranks === 32,
    against: ['mpi4py'],
    atLeast: { tcp: 0.5, shm: 0.5 },
    asTime: true,
    by: 'worst',
  },
];

/** Of every goal over every transport that has one and was measured. */
export function judge(points: readonly Point[]): Verdict[] {
  const measured = new Set(points.map(({ transport }) => transport));
  return [...measured].flatMap((transport) =>
    GOALS.flatMap((goal) => {
      const atLeast = goal.atLeast[transport];
      return atLeast === undefined ? [] : [verdict(goal, transport, atLeast, points)];
    }),
  );
}

function verdict(goal: Goal, transport: string, atLeast: number, points: readonly Point[]): Verdict {
  const { what, against, asTime = false, by } = goal;
  const rated = points
    .filter((point) => point.transport === transport && goal.points(point))
    .flatMap((point) => {
      const times = ratio(point, against);
      return times === undefined ? [] : [{ point, times }];
    })
    .sort((a, b) => a.times - b.times);
  const worst = rated[0];
  const name = against === C_MPIS ? 'the better C MPI' : against.join(', ');
  const words = (times: number) =>
    asTime ? `${short(1 / times)} of the time of ${name}` : `${short(times)} times as fast as ${name}`;
  const common = { transport, what, goal: `${asTime ? 'at most' : 'at least'} ${words(atLeast)}` };
  if (worst === undefined) return { ...common, figure: undefined, reached: undefined };
  const times = by === 'worst' ? worst.times : geometricMean(rated.map((each) => each.times));
  const where = by === 'worst' && rated.length > 1 ? ` (${nameOf(worst.point)})` : '';
  return { ...common, figure: short(asTime ? 1 / times : times) + where, reached: times >= atLeast };
}

export function nameOf({ bench, variant, bytes, ranks }: Point): string {
  const size = bytes === undefined ? [] : [formatBytes(bytes)];
  return [bench, ...(variant === undefined ? [] : [variant]), ...size, `on ${ranks} ranks`].join(' ');
}

/** Two digits behind the point are more than such a ratio is good for; small ones need them. */
export function short(times: number): string {
  return times >= 10 ? times.toFixed(1) : times.toFixed(2);
}
