/** The loops around every measurement, on every rank: they warm up, size themselves to the time that they were given, report. */
import { SUM, world } from 'tsmpi';
import type { Measurement } from './result.ts';
import { RoundPlan, type Step } from './rounds.ts';
import { settings } from './settings.ts';
import { statistics } from './stats.ts';

/** Of a sample, in milliseconds: a look at the clock takes 50 to 100 ns, and is to be less than 1 % of it. */
const SHORTEST_SAMPLE = 0.02;

let cold = true;

/**
 * Measures rounds that keep the ranks in step by themselves, in batches of as many as fill 20 us. `rounds` does those from `first` to
 * before `end`: the loop stands in the program itself, so that nothing but the operation is awaited. The number of a round
 * occurs once only, and should be in what is sent. Called by all ranks; rank 0's clock decides how many rounds there are.
 *
 * @returns milliseconds of a round, for each sample; every rank gets its own.
 */
export function measureRounds(rounds: (first: number, end: number) => Promise<void>): Promise<Float64Array> {
  return measure(SHORTEST_SAMPLE, async (times, first, batch) => {
    let before = performance.now();
    for (let i = 0; i < times.length; i++) {
      await rounds(first + i * batch, first + (i + 1) * batch);
      const after = performance.now();
      times[i] = (after - before) / batch;
      before = after;
    }
  });
}

/** One collective call, and what is done around it that is not timed. */
export interface Call<T> {
  /** Puts the number of the round into what is sent. */
  readonly prepare: (round: number) => void;
  readonly call: () => Promise<T>;
  /** @throws Error if a value is not that of the round. */
  readonly check: (round: number, result: T) => void;
}

/**
 * Measures collective calls, each after a barrier that is not timed: in a row, the root of a bcast would run ahead of the others. So
 * each is timed alone, and what reading the clock costs at this place is measured as well, and subtracted.
 *
 * @returns milliseconds of a call, mean over the ranks; rank 0 only gets it.
 */
export async function measureCalls<T>({ prepare, call, check }: Call<T>): Promise<Float64Array> {
  const times = await measure(0, async (times, first) => {
    const clock = new Float64Array(times.length);
    for (let i = 0; i < times.length; i++) {
      prepare(first + i);
      await world.barrier();
      const before = performance.now();
      const started = performance.now();
      const result = await call();
      times[i] = performance.now() - started;
      clock[i] = started - before;
      check(first + i, result);
    }
    const cost = statistics(clock).p50;
    for (let i = 0; i < times.length; i++) times[i] = Math.max(0, times[i]! - cost);
  });
  return meanOverRanks(times);
}

async function measure(
  shortest: number,
  run: (times: Float64Array, first: number, batch: number) => Promise<void>,
): Promise<Float64Array> {
  const plan = new RoundPlan(settings.seconds, shortest, cold);
  cold = false;
  const counted: Float64Array[] = [];
  let done = 0;
  for (let step = plan.first; step.rounds > 0; ) {
    const times = new Float64Array(step.rounds / step.batch);
    const started = performance.now();
    await run(times, done, step.batch);
    const next = plan.next(performance.now() - started);
    if (step.counts) counted.push(times);
    done += step.rounds;
    step = await world.bcast<Step>(next);
  }
  return Float64Array.from(counted.flatMap((times) => [...times]));
}

/** Sample by sample. Only rank 0 gets it. */
export async function meanOverRanks(times: Float64Array): Promise<Float64Array> {
  const sum = await world.reduce(times, SUM);
  return (sum ?? times).map((time) => time / world.size);
}

/**
 * Prints one measurement, on rank 0, of times in milliseconds. `scale` says what part of each time is meant: half of a round trip is 0.5.
 * `messages` says how many go in one sample, for rates; `bus` how much of `bytes` the busiest link carries in a call.
 */
export function report(
  about: Pick<Measurement, 'bench' | 'bytes' | 'variant'>,
  times: Float64Array,
  { scale = 1, messages = 1, bus = 0 }: { scale?: number; messages?: number; bus?: number } = {},
): void {
  if (world.rank !== 0) return;
  const stats = statistics(times.map((milliseconds) => milliseconds * 1000 * scale));
  const perSecond = (messages * 1e6) / stats.mean;
  const MBps = about.bytes === undefined ? undefined : (perSecond * about.bytes) / 1e6;
  print({
    ...about,
    ...stats,
    ...(messages > 1 && { messagesPerSecond: perSecond }),
    ...(MBps !== undefined && { MBps }),
    ...(MBps !== undefined && bus > 0 && { busMBps: MBps * bus }),
  });
}

/** One line for main.ts. */
export function print(measurement: Measurement): void {
  console.log(JSON.stringify(measurement));
}
