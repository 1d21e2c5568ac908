/** The formulas' other side: the same calls, simulated. */

import type { Network } from '../../src/collectives/model/link.ts';
import type { SelectableName } from '../../src/collectives/registry.ts';
import type { Communicator } from '../../src/comm/communicator.ts';
import { SUM } from '../../src/index.ts';
import { simulate } from '../../src/testing.ts';

const ROOT = 0;

type Call = (comm: Communicator, array: Float64Array, options: { algorithm: string }) => Promise<unknown>;

/** What the formulas are about, with the array of as many bytes as they are given. */
export const CALLS: Readonly<Record<SelectableName, Call>> = {
  barrier: (comm, _, options) => comm.barrier(options),
  bcast: (comm, array, options) => comm.bcast(comm.rank === ROOT ? array : undefined, ROOT, options),
  scatter: (comm, array, options) =>
    comm.scatter(
      onRoot(comm, () => copies(comm, array)),
      ROOT,
      options,
    ),
  scatterv: (comm, array, options) => {
    const whole = onRoot(comm, () => new Float64Array(array.length * comm.size));
    return comm.scatterv(
      whole,
      onRoot(comm, () => equal(comm, array.length)),
      ROOT,
      options,
    );
  },
  gather: (comm, array, options) => comm.gather(array, ROOT, options),
  gatherv: (comm, array, options) => comm.gatherv(array, ROOT, options),
  allgather: (comm, array, options) => comm.allgather(array, options),
  allgatherv: (comm, array, options) => comm.allgatherv(array, options),
  alltoall: (comm, array, options) => comm.alltoall(copies(comm, array), options),
  alltoallv: (comm, array, options) => {
    return comm.alltoallv(new Float64Array(array.length * comm.size), equal(comm, array.length), options);
  },
  reduce: (comm, array, options) => comm.reduce(array, SUM, ROOT, options),
  allreduce: (comm, array, options) => comm.allreduce(array, SUM, options),
  scan: (comm, array, options) => comm.scan(array, SUM, options),
  exscan: (comm, array, options) => comm.exscan(array, SUM, options),
  reduceScatter: (comm, array, options) => comm.reduceScatter(array, parts(comm, array.length), SUM, options),
  reduceScatterBlock: (comm, array, options) => {
    const whole = array.subarray(0, array.length - (array.length % comm.size));
    return comm.reduceScatterBlock(whole, SUM, options);
  },
};

/** Virtual seconds of one call on `ranks` ranks. Its arrays are of doubles, so as many bytes as the next multiple of 8. */
export async function simulatedSeconds(
  name: SelectableName,
  algorithm: string,
  ranks: number,
  bytes: number,
  { latency, bandwidth, overhead }: Network,
): Promise<number> {
  // Nobody writes to it: one for all.
  const array = new Float64Array(Math.ceil(bytes / 8));
  const run = (comm: Communicator) => CALLS[name](comm, array, { algorithm });
  return (await simulate(ranks, run, { latency, bandwidth, overhead })).time;
}

function onRoot<T>({ rank }: Communicator, make: () => T): T | undefined {
  return rank === ROOT ? make() : undefined;
}

function copies({ size }: Communicator, array: Float64Array): Float64Array[] {
  return new Array<Float64Array>(size).fill(array);
}

function equal({ size }: Communicator, count: number): number[] {
  return new Array<number>(size).fill(count);
}

/** As nearly equal as they can be. */
function parts({ size }: Communicator, count: number): number[] {
  const start = (rank: number) => Math.floor((count * rank) / size);
  return Array.from({ length: size }, (_, rank) => start(rank + 1) - start(rank));
}
