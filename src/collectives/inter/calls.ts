/** The collectives between two groups, for the intercommunicator: one function a call. */
export { allgather, allgatherv } from './allgather.ts';
export { alltoall, alltoallv } from './alltoall.ts';
export { barrier } from './barrier.ts';
export { bcast } from './bcast.ts';
export type { InterContext } from './context.ts';
export { gather, gatherv } from './gather.ts';
export { allreduce, reduce } from './reduce.ts';
export { reduceScatter, reduceScatterBlock } from './reduceScatter.ts';
export { ROOT } from './root.ts';
export { scatter, scatterv } from './scatter.ts';
