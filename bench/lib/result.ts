import type { Statistics } from './stats.ts';

/** One line of a program's output: one size or variant, measured. Times are in microseconds. */
export interface Measurement extends Statistics {
  readonly bench: string;
  /** Tells apart what a bench measures at one size: the kind of object, the window. */
  readonly variant?: string;
  /** Of one message, or of one rank's array in a collective. */
  readonly bytes?: number;
  readonly messagesPerSecond?: number;
  /** Megabytes (10^6) a second: of the algorithm, bytes over mean time. */
  readonly MBps?: number;
  /** What the busiest link carries, as nccl-tests count it: for an allreduce MBps * 2 (n - 1) / n. */
  readonly busMBps?: number;
}

/** A measurement and the job it is from. */
export interface Result extends Measurement {
  readonly ranks: number;
  readonly transport: string;
}

/** The same for results that may be compared with each other. */
export function keyOf({ bench, variant, bytes, ranks, transport }: Result): string {
  return [bench, variant, bytes, ranks, transport].join(' ');
}
