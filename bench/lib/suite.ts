/** The benches, and how each is run: which sizes, how many ranks. */
import { type Job, runJob } from './job.ts';
import type { Measurement, Result } from './result.ts';
import { statistics } from './stats.ts';

export interface Choices {
  readonly transports: readonly string[];
  /** In place of a bench's own numbers of ranks, where it can have several. */
  readonly ranks: readonly number[] | undefined;
  readonly sizes: readonly number[] | undefined;
  readonly seconds: number;
  readonly quick: boolean;
}

interface Bench {
  readonly title: string;
  /** Exactly two for what goes from one rank to another. */
  readonly ranks: readonly number[];
  /** Empty where size means nothing. */
  readonly sizes: readonly number[];
}

const KIB = 2 ** 10;
const MIB = 2 ** 20;
const ALL_SIZES = [8, 64, 512, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB, 16 * MIB];
const QUICK_SIZES = [8, 64 * KIB, MIB, 16 * MIB];
const SHORT_SIZES = [8, 64, KIB];
const STARTUP_REPEATS = 5;

export const BENCHES: Readonly<Record<string, Bench>> = {
  latency: { title: 'Latency: half a round trip', ranks: [2], sizes: ALL_SIZES },
  bandwidth: { title: 'Bandwidth: a window in flight', ranks: [2], sizes: ALL_SIZES },
  'message-rate': { title: 'Message rate: short messages', ranks: [2], sizes: SHORT_SIZES },
  objects: { title: 'Objects: half a round trip of JavaScript values', ranks: [2], sizes: [] },
  allreduce: { title: 'Allreduce: sum of doubles', ranks: [2, 4], sizes: ALL_SIZES },
  bcast: { title: 'Bcast', ranks: [2, 4], sizes: ALL_SIZES },
  barrier: { title: 'Barrier', ranks: [2, 4], sizes: [] },
  startup: { title: 'Start-up: an empty job, from command to prompt', ranks: [2, 8, 32], sizes: [] },
};

/** The jobs of one bench: every transport with every number of ranks. */
export function jobsOf(name: string, { transports, ranks, sizes, seconds, quick }: Choices): Job[] {
  const bench = BENCHES[name]!;
  const ranksList = bench.ranks.length === 1 ? bench.ranks : (ranks ?? bench.ranks);
  const quickSizes = bench.sizes.filter((size) => QUICK_SIZES.includes(size));
  const chosen = bench.sizes.length === 0 ? [] : (sizes ?? (quick ? quickSizes : bench.sizes));
  return transports.flatMap((transport) =>
    ranksList.map((count) => ({ program: name, ranks: count, transport, settings: { sizes: chosen, seconds } })),
  );
}

/** Runs one of them. */
export async function measureJob(job: Job, quick: boolean): Promise<Result[]> {
  const { program, ranks, transport } = job;
  const measurements =
    program === 'startup' ? [await startup(job, quick ? 1 : STARTUP_REPEATS)] : (await runJob(job)).measurements;
  return measurements.map((measurement) => ({ ...measurement, system: 'tsmpi', ranks, transport }));
}

/** The first run warms the disk cache and is not counted, unless it is the only one. */
async function startup(job: Job, repeats: number): Promise<Measurement> {
  if (repeats > 1) await runJob(job);
  const times = new Float64Array(repeats);
  for (let i = 0; i < repeats; i++) times[i] = (await runJob(job)).elapsed * 1000;
  return { bench: 'startup', ...statistics(times) };
}
