/**
 * The entry points of the collectives, for the communicator: one function a call, with the context of its communicator first.
 *
 * Each checks its arguments and gives a plan. Starting it opens the call (which takes its sequence number, before anything is awaited),
 * runs an algorithm and closes the call.
 */
export { allgather } from './allgather/call.ts';
export { allgatherv } from './allgather/callv.ts';
export { allreduce } from './allreduce/call.ts';
export { alltoall } from './alltoall/call.ts';
export { alltoallv } from './alltoall/callv.ts';
export { barrier } from './barrier/call.ts';
export { bcast } from './bcast/call.ts';
export type {
  AlltoallvOptions,
  CollectiveContext,
  CollectiveOptions,
  Fingerprint,
  GathervOptions,
  ScattervOptions,
} from './context.ts';
export { UNKNOWN } from './context.ts';
export { exscan } from './exscan/call.ts';
export { collectiveName, describeFingerprint } from './fingerprint.ts';
export { gather } from './gather/call.ts';
export { gatherv } from './gather/callv.ts';
export { neighborAllgather } from './neighbors/allgather.ts';
export { neighborAllgatherv } from './neighbors/allgatherv.ts';
export { neighborAlltoall } from './neighbors/alltoall.ts';
export { neighborAlltoallv } from './neighbors/alltoallv.ts';
export type { Neighborhood } from './neighbors/neighborhood.ts';
export type { Plan } from './plan.ts';
export { again } from './plan.ts';
export { reduce } from './reduce/call.ts';
export { reduceScatter } from './reduceScatter/call.ts';
export { reduceScatterBlock } from './reduceScatter/callBlock.ts';
export { scan } from './scan/call.ts';
export { scatter } from './scatter/call.ts';
export { scatterv } from './scatter/callv.ts';
export { checkAlgorithms } from './selection.ts';
