/** The loop around every measurement, on every rank: warms up, sizes itself to the time that it was given, reports. */
import { SUM, world } from 'tsmpi';
import type { Measurement } from './result.ts';
import { RoundPlan, type Step } from './rounds.ts';
import { settings } from './settings.ts';
import { statistics } from './stats.ts';

/**
 * Does the measured operation `times.length` times and writes down what each took, in milliseconds. The loop stands in the
 * program itself, so that nothing but the operation is awaited. `firstRound` goes on from batch to batch.
 */
export type Batch = (times: Float64Array, firstRound: number) => Promise<void>;

let cold = true;

/** Called by all ranks. Rank 0's clock decides how many rounds there are; every rank gets its own times of them. */
export async function measure(batch: Batch): Promise<Float64Array> {
  const plan = new RoundPlan(settings.seconds, cold);
  cold = false;
  const counted: number[] = [];
  let done = 0;
  for (let step = plan.first; step.rounds > 0; ) {
    const times = new Float64Array(step.rounds);
    const started = performance.now();
    await batch(times, done);
    const next = plan.next(performance.now() - started);
    if (step.counts) for (const time of times) counted.push(time);
    done += step.rounds;
    step = await world.bcast<Step>(next);
  }
  return Float64Array.from(counted);
}

/** A collective's time is the mean over the ranks, round by round. Only rank 0 gets it. */
export async function meanOverRanks(times: Float64Array): Promise<Float64Array> {
  const sum = await world.reduce(times, SUM);
  return (sum ?? times).map((time) => time / world.size);
}

/** Prints one measurement, on rank 0. `scale` says what part of each time is meant: half of a round trip is 0.5. */
export function report(
  about: Pick<Measurement, 'bench' | 'bytes' | 'variant'>,
  times: Float64Array,
  { scale = 1, messages = 1, bus = 0 }: { scale?: number; messages?: number; bus?: number } = {},
): void {
  if (world.rank !== 0) return;
  const stats = statistics(times.map((milliseconds) => milliseconds * 1000 * scale));
  const perSecond = (messages * 1e6) / stats.mean;
  const MBps = about.bytes === undefined ? undefined : (perSecond * about.bytes) / 1e6;
  const measurement: Measurement = {
    ...about,
    ...stats,
    ...(messages > 1 && { messagesPerSecond: perSecond }),
    ...(MBps !== undefined && { MBps }),
    ...(MBps !== undefined && bus > 0 && { busMBps: MBps * bus }),
  };
  console.log(JSON.stringify(measurement));
}
