/** From what was measured to the parameters of the model. Pure. */
import type { Effort, HostTimes, LinkTimes, Reading } from '../../src/contract/calibration.ts';
import { EAGER_LIMIT, type Sample, type Samples } from './samples.ts';

/** No parameter may be 0 where it is divided by: nothing is faster than this, in seconds a byte. */
const FASTEST = 1e-12;

/** @param samples - of two ranks. */
export function linkTimes({ pingPong, stream }: Samples): LinkTimes {
  const { message: alpha, eagerByte, byte, asking } = lines(pingPong);
  // A processor can't be busier with a message than it takes.
  const overhead = Math.min(stream[0]!.seconds, alpha / 2);
  return { latency: alpha - 2 * overhead, overhead, eagerBandwidth: 1 / eagerByte, bandwidth: 1 / byte, asking };
}

/** What comes takes longer to be received and added, or copied, than to be received, the more the longer it is. */
export function readingOf({ pingPong, reduction, copied }: Samples): Reading {
  const received = new Map(pingPong.map(({ bytes, seconds }) => [bytes, seconds]));
  const beside = (samples: readonly Sample[]) =>
    Math.max(0, slope(samples.map(({ bytes, seconds }) => ({ bytes, seconds: seconds - received.get(bytes)! }))));
  return { gamma: beside(reduction), landing: beside(copied) };
}

/**
 * @param pair - of two ranks.
 * @param full - of as many ranks as processors at most.
 * @param crowd - of more ranks than that.
 */
export function hostTimes(pair: Samples, full: Crowd, crowd: Crowd): HostTimes {
  const link = linkTimes(pair);
  // Where nobody waits for a processor, a short message of one rank to the next is mostly waited for.
  return { ...link, calm: { ...effort(full), message: 2 * link.overhead }, crowded: effort(crowd) };
}

/** What so many ranks on so many processors measured together. */
export interface Crowd {
  readonly ranks: number;
  readonly cores: number;
  readonly samples: Samples;
}

function effort({ ranks, cores, samples }: Crowd): Effort {
  const processors = Math.min(ranks, cores) / ranks;
  return lines(samples.shift.map(({ bytes, seconds }) => ({ bytes, seconds: seconds * processors })));
}

/** Two lines: one for messages up to the eager limit, one for longer ones. */
function lines(samples: readonly Sample[]): Effort {
  const eager = samples.filter(({ bytes }) => bytes <= EAGER_LIMIT);
  const long = samples.filter(({ bytes }) => bytes > EAGER_LIMIT);
  const message = eager[0]!.seconds;
  const eagerByte = Math.max(FASTEST, slope(eager));
  const byte = Math.max(FASTEST, slope(long));
  const asking = Math.max(0, median(long.map(({ bytes, seconds }) => seconds - bytes * byte)) - message);
  return { message, eagerByte, byte, asking };
}

/** Theil and Sen: the median of the slopes of all pairs. One sample that is off does not change it. */
function slope(samples: readonly Sample[]): number {
  const slopes = samples.flatMap((one, at) =>
    samples.slice(at + 1).map((other) => (other.seconds - one.seconds) / (other.bytes - one.bytes)),
  );
  return median(slopes);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
