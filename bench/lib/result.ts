/**
 * What is measured, by every system: the words and units here are those of the programs of tsmpi and of its peers.
 *
 * Times are microseconds. `bytes` is what the count in the MPI call of that name means: the message; the whole array of bcast,
 * reduce, allreduce, scan and exscan; one rank's part in gather, allgather, scatter and reduceScatterBlock; the part from each to
 * each in alltoall. All arrays are doubles, all reductions are sums, roots are rank 0.
 *
 * | bench              | variant                | one sample is the time of                                                       |
 * | ------------------ | ---------------------- | ------------------------------------------------------------------------------- |
 * | latency            |                        | half a round trip of one array, between ranks 0 and 1                           |
 * | bandwidth          | `window 64`, `16`      | a window of arrays from rank 0 to 1 and a short answer; 16 above 64 KiB; MBps   |
 * | bibandwidth        | `window 64`, `16`      | a window each way at once, no answers; MBps counts both ways                    |
 * | message-rate       | `window 64`            | a window of short messages and a short answer; messagesPerSecond                |
 * | multi-pair         | `window 64`            | the same by n / 2 pairs at once, rank r to r + n / 2; mean over the ranks;      |
 * |                    |                        | messagesPerSecond and MBps are those of all pairs together                      |
 * | barrier            |                        | one barrier of many in a row, mean over the ranks                               |
 * | allreduce, bcast,… |                        | one call after a barrier that is not timed, without what reading the clock      |
 * |                    |                        | costs; mean over the ranks; the names are those of the methods of `world`       |
 * | objects            | the kind               | half a round trip of one object of objects.ts, another value each time          |
 * | objects-bcast      | the kind               | one call, as for arrays                                                         |
 * | objects-allreduce  | the kind               | one call, as for arrays                                                         |
 * | startup            |                        | an empty job, from starting the command to its end                              |
 * | idle               | `recv for 2 s`         | processor that one rank uses while it waits for so long; also `barrier for 2 s` |
 * | memory             | `started`              | bytes (unit) of resident memory of each rank when it has started                |
 * | memory             | `talked to all`        | the same after a message to and from each other rank                            |
 *
 * A sample of latency, the windows, barrier and objects is the mean of a batch of rounds in a row that fills 20 us or more, so that
 * reading the clock does not count.
 */
import type { Statistics } from './stats.ts';

/** One line of a program's output: one size or variant, measured. */
export interface Measurement extends Statistics {
  readonly bench: string;
  /** Tells apart what a bench measures at one size: the kind of object, the window. */
  readonly variant?: string;
  readonly bytes?: number;
  /** What the statistics count, if not microseconds. */
  readonly unit?: 'bytes';
  readonly messagesPerSecond?: number;
  /** Megabytes (10^6) a second: of the algorithm, bytes over mean time. */
  readonly MBps?: number;
  /** What the busiest link carries, as nccl-tests count it: for an allreduce MBps * 2 (n - 1) / n. */
  readonly busMBps?: number;
}

/** A measurement and the job it is from. */
export interface Result extends Measurement {
  /** Who was measured: `tsmpi`, or the name of a peer. */
  readonly system: string;
  readonly ranks: number;
  /** `tcp`, `unix`, `shm`, or `tls`. */
  readonly transport: string;
}

/** The same for results that may be compared with each other. */
export function keyOf({ system, bench, variant, bytes, ranks, transport }: Result): string {
  return [system, bench, variant, bytes, ranks, transport].join(' ');
}
