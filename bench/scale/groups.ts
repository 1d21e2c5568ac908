/** Which collectives are shown together, as they have the same algorithms at the same costs, and what their bytes are. */
import type { SelectableName } from '../../src/collectives/registry.ts';

export interface Group {
  readonly title: string;
  /** The first one stands for all. */
  readonly names: readonly [SelectableName, ...SelectableName[]];
  /** Undefined where there are none. */
  readonly bytes: string | undefined;
}

export const GROUPS: readonly Group[] = [
  { title: 'barrier', names: ['barrier'], bytes: undefined },
  { title: 'bcast', names: ['bcast'], bytes: 'bytes of the value' },
  { title: 'scatter, scatterv', names: ['scatter', 'scatterv'], bytes: 'bytes to each rank' },
  { title: 'gather, gatherv', names: ['gather', 'gatherv'], bytes: 'bytes from each rank' },
  { title: 'allgather, allgatherv', names: ['allgather', 'allgatherv'], bytes: 'bytes from each rank' },
  { title: 'alltoall, alltoallv', names: ['alltoall', 'alltoallv'], bytes: 'bytes from each rank to each other one' },
  { title: 'reduce', names: ['reduce'], bytes: 'bytes of the vector of each rank' },
  { title: 'allreduce', names: ['allreduce'], bytes: 'bytes of the vector of each rank' },
  { title: 'scan, exscan', names: ['scan', 'exscan'], bytes: 'bytes of the vector of each rank' },
  {
    title: 'reduceScatter, reduceScatterBlock',
    names: ['reduceScatter', 'reduceScatterBlock'],
    bytes: 'bytes of the vector of each rank, the parts of all ranks together',
  },
];
