/** The benches, and how each is run: which program, which sizes, how many ranks. */
import { formatBytes } from './bytes.ts';
import { type Job, runJob } from './job.ts';
import type { Result } from './result.ts';
import { measureStartup } from './startup.ts';

export interface Choices {
  readonly transports: readonly string[];
  /** In place of a bench's own numbers of ranks, where it can have several. */
  readonly ranks: readonly number[] | undefined;
  readonly sizes: readonly number[] | undefined;
  readonly seconds: number;
  readonly quick: boolean;
}

/** A job, and the sizes that were asked for but would take more memory than a bench may. */
export interface Planned extends Job {
  readonly leftOut: readonly number[];
}

interface Bench {
  readonly title: string;
  /** Of bench/programs, without `.ts`; the name of the bench, if left out. */
  readonly program?: string;
  /** One number where it cannot be chosen: two for what goes from one rank to another. */
  readonly ranks: readonly number[];
  /** Whether half of the ranks need a partner in the other half. */
  readonly even?: boolean;
  /** Empty where size means nothing. */
  readonly sizes: readonly number[];
  /** How many arrays of `bytes` one rank has in one direction, where there are many. */
  readonly arrays?: (ranks: number) => number;
  /** Takes part only when it is named. */
  readonly onRequest?: boolean;
}

const KIB = 2 ** 10;
const MIB = 2 ** 20;
const ALL_SIZES = [8, 64, 512, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB, 16 * MIB];
const FEWER_SIZES = [8, KIB, 64 * KIB, MIB, 16 * MIB];
const QUICK_SIZES = [8, 64 * KIB, MIB, 16 * MIB];
const SHORT_SIZES = [8, 64, KIB];

/** No rank has more than this in one direction: longer sizes are left out where it has many arrays of them. */
const MOST_BYTES = 64 * MIB;
const LONGEST_WINDOW = 1024;

const collective = (name: string, sizes: readonly number[], more: Partial<Bench> = {}): Bench => ({
  title: `${name[0]!.toUpperCase()}${name.slice(1)}`,
  program: 'collectives',
  ranks: [2, 4],
  sizes,
  ...more,
});

const partOfEach = { arrays: (ranks: number) => ranks };

export const BENCHES: Readonly<Record<string, Bench>> = {
  latency: { title: 'Latency: half a round trip', ranks: [2], sizes: ALL_SIZES },
  bandwidth: { title: 'Bandwidth: a window in flight', ranks: [2], sizes: ALL_SIZES },
  bibandwidth: { title: 'Bidirectional bandwidth: a window in flight each way', ranks: [2], sizes: ALL_SIZES },
  'message-rate': {
    title: 'Message rate: short messages',
    ranks: [2],
    sizes: SHORT_SIZES,
    arrays: () => LONGEST_WINDOW,
  },
  'multi-pair': {
    title: 'Multi-pair: messages from half of the ranks to the other half',
    ranks: [2, 4],
    even: true,
    sizes: [8, KIB, 64 * KIB],
    arrays: () => 64,
  },
  barrier: { title: 'Barrier', ranks: [2, 4], sizes: [] },
  bcast: collective('bcast', ALL_SIZES),
  allreduce: collective('allreduce', ALL_SIZES, { title: 'Allreduce: sum of doubles' }),
  reduce: collective('reduce', FEWER_SIZES),
  allgather: collective('allgather', FEWER_SIZES, partOfEach),
  alltoall: collective('alltoall', FEWER_SIZES, partOfEach),
  scatter: collective('scatter', FEWER_SIZES, partOfEach),
  gather: collective('gather', FEWER_SIZES, partOfEach),
  reduceScatterBlock: collective('reduceScatterBlock', FEWER_SIZES, partOfEach),
  scan: collective('scan', FEWER_SIZES),
  exscan: collective('exscan', FEWER_SIZES, { onRequest: true }),
  allgatherv: collective('allgatherv', FEWER_SIZES, { ...partOfEach, onRequest: true }),
  alltoallv: collective('alltoallv', FEWER_SIZES, { ...partOfEach, onRequest: true }),
  scatterv: collective('scatterv', FEWER_SIZES, { ...partOfEach, onRequest: true }),
  gatherv: collective('gatherv', FEWER_SIZES, { ...partOfEach, onRequest: true }),
  reduceScatter: collective('reduceScatter', FEWER_SIZES, { ...partOfEach, onRequest: true }),
  objects: { title: 'Objects: half a round trip of JavaScript values', ranks: [2], sizes: [] },
  'objects-bcast': { title: 'Bcast of JavaScript values', ranks: [2, 4], sizes: [] },
  'objects-allreduce': { title: 'Allreduce of JavaScript values', ranks: [2, 4], sizes: [] },
  startup: { title: 'Start-up: an empty job, from command to prompt', ranks: [2, 8, 32], sizes: [] },
  idle: { title: 'Idle: processor that a waiting rank uses', ranks: [2], sizes: [] },
  memory: { title: 'Memory: resident, of each rank', ranks: [2, 16], sizes: [] },
};

/** What is measured when nothing is named. */
export const DEFAULT_BENCHES: readonly string[] = Object.keys(BENCHES).filter((name) => !BENCHES[name]!.onRequest);

/** The jobs of one bench: every transport with every number of ranks that it can have; in a hurry only the least. */
export function jobsOf(name: string, { transports, ranks, sizes, seconds, quick }: Choices): Planned[] {
  const { program = name, ranks: own, sizes: ownSizes, even = false, arrays } = BENCHES[name]!;
  const counts = own.length === 1 ? own : (ranks ?? (quick ? own.slice(0, 1) : own));
  const quickSizes = ownSizes.filter((size) => QUICK_SIZES.includes(size));
  const chosen = ownSizes.length === 0 ? [] : (sizes ?? (quick ? quickSizes : ownSizes));
  const plan = (transport: string, count: number): Planned => {
    const fits = (size: number) => arrays === undefined || size * arrays(count) <= MOST_BYTES;
    const settings = { bench: name, sizes: chosen.filter(fits), seconds };
    return { program, ranks: count, transport, settings, leftOut: chosen.filter((size) => !fits(size)) };
  };
  const possible = counts.filter((count) => !even || count % 2 === 0);
  return transports.flatMap((transport) => possible.map((count) => plan(transport, count)));
}

export function leftOutLine({ ranks, leftOut }: Planned): string {
  if (leftOut.length === 0) return '';
  return `not on ${ranks} ranks: ${leftOut.map(formatBytes).join(', ')} (no rank takes more than ${formatBytes(MOST_BYTES)})`;
}

/** Why there can be no jobs over this transport, in the words of tsrun; nothing if there can. */
export async function refusalOf(transport: string): Promise<string | undefined> {
  try {
    await runJob({ program: 'startup', ranks: 2, transport, settings: { bench: 'startup', sizes: [], seconds: 0 } });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Runs one of the jobs. */
export async function measureJob(job: Job, quick: boolean): Promise<Result[]> {
  const { program, ranks, transport } = job;
  const run = () => runJob(job);
  const measurements = program === 'startup' ? [await measureStartup(run, quick)] : (await run()).measurements;
  return measurements.map((measurement) => ({ ...measurement, system: 'tsmpi', ranks, transport }));
}
