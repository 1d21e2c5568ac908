/**
 * What is measured, by every system: the words and units here are those of the programs of tsmpi and of its peers.
 *
 * Times are microseconds. `bytes` is what the count in the MPI call of that name means: the message; the whole array of bcast, reduce,
 * allreduce, scan and exscan; one rank's part in gather, allgather, scatter and reduceScatterBlock; the part from each to each
 * in alltoall. All arrays are doubles, all reductions are sums.
 *
 * | bench              | variant           | one sample is the time of                                                        |
 * | ------------------ | ----------------- | -------------------------------------------------------------------------------- |
 * | latency            |                   | half a round trip of one array, between ranks 0 and 1                            |
 * | bandwidth          | `window 64`, `16` | a window of arrays from rank 0 to 1, and a short answer; 16 above 64 KiB; MBps   |
 * | bibandwidth        | `window 64`, `16` | a window each way at once, and an answer each way; MBps counts both ways         |
 * | message-rate       | `window 64`       | a window of short messages and its answer; messagesPerSecond                     |
 * | multi-pair         | `window 64`       | the same for n / 2 pairs at once, rank r to r + n / 2; mean over the pairs;      |
 * |                    |                   | messagesPerSecond and MBps are those of all pairs together                       |
 * | barrier            |                   | one barrier of many in a row, mean over the ranks                                |
 * | bcast, reduce, allreduce, scan, exscan, gather, allgather, scatter, alltoall,     | one call after a barrier that is not    |
 * | reduceScatterBlock |                   | timed, mean over the ranks, without what reading the clock costs; root 0         |
 * | objects            | the kind          | half a round trip of one object (objects.ts), which is new to rank 0 each time   |
 * | objects-bcast      | the kind          | one call, as for arrays                                                          |
 * | objects-allreduce  | the kind          | one call, as for arrays; combined by what objects.ts says                        |
 * | startup            |                   | an empty job, from starting the command to its end                               |
 * | idle               | `recv`, `barrier` | processor that one rank uses while it waits there for two seconds                |
 * | memory             | `idle rank`       | BYTES (unit) of resident memory of one rank that has only started                |
 * | memory             | `connected peer`  | BYTES (unit) more, for each other rank that it has exchanged a message with      |
 *
 * Where rounds are short, a sample is the mean of a batch of rounds that fills 20 us or more, so that the clock does not count:
 * all but the collectives that come after a barrier.
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
