/** Random neighbourhoods, who meets whom in them, and ranks that talk to their neighbours. */

import type { CollectiveContext, Neighborhood } from '../../../src/collectives/calls.ts';
import * as calls from '../../../src/collectives/calls.ts';
import { PROC_NULL } from '../../../src/matching/envelope.ts';
import { type SpmdOptions, spmd } from '../../../src/testing.ts';
import { runLocal } from './local.ts';

type Random = () => number;

export function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

export function shuffled<T>(values: readonly T[], random: Random): T[] {
  const result = values.slice();
  for (let i = result.length - 1; i > 0; i--) {
    const j = below(random, i + 1);
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}

/**
 * By rank: any edges, the same one more than once, from a rank to itself; ranks without any; neighbours that are not there; and any
 * order in which messages leave.
 */
export function randomGraph(size: number, random: Random): Neighborhood[] {
  const sources: number[][] = Array.from({ length: size }, () => []);
  const destinations: number[][] = Array.from({ length: size }, () => []);
  const social = size > 2 && random() < 0.3 ? size - 1 : size;
  for (let edges = below(random, 3 * size + 1); edges > 0; edges--) {
    const from = below(random, social);
    const to = below(random, social);
    for (let times = random() < 0.2 ? 3 : 1; times > 0; times--) {
      destinations[from]?.push(to);
      sources[to]?.push(from);
    }
  }
  const missing = () => Array.from({ length: random() < 0.5 ? below(random, 3) : 0 }, () => PROC_NULL);
  return Array.from({ length: size }, (_, rank) => {
    const to = shuffled([...(destinations[rank] ?? []), ...missing()], random);
    return {
      sources: shuffled([...(sources[rank] ?? []), ...missing()], random),
      destinations: to,
      order: shuffled([...to.keys()], random),
    };
  });
}

/** The edge whose message the `index`th source of `rank` gives: who sends, and to which of its destinations. */
export function edgeInto(
  graph: readonly Neighborhood[],
  rank: number,
  index: number,
): { source: number; destination: number } | undefined {
  const sources = graph[rank]?.sources ?? [];
  const source = sources[index] ?? PROC_NULL;
  if (source === PROC_NULL) return undefined;
  const before = sources.slice(0, index).filter((other) => other === source).length;
  const { order, destinations } = graph[source] as Neighborhood;
  const destination = order.filter((edge) => destinations[edge] === rank)[before];
  if (destination === undefined) throw new Error(`rank ${source} has no edge for source ${index} of ${rank}`);
  return { source, destination };
}

type Tail<F> = F extends (context: never, neighbors: never, ...rest: infer Rest) => unknown ? Rest : never;
type Call = <T>(name: string, run: (context: CollectiveContext) => Promise<T>) => Promise<T>;

/** One rank with its neighbours. */
export class Neighbor {
  readonly rank: number;
  readonly here: Neighborhood;
  readonly #call: Call;

  constructor(rank: number, here: Neighborhood, call: Call) {
    this.rank = rank;
    this.here = here;
    this.#call = call;
  }

  allgather = (...rest: Tail<typeof calls.neighborAllgather>): Promise<unknown> =>
    this.#call('neighborAllgather', async (context) => calls.neighborAllgather(context, this.here, ...rest).start());
  allgatherv = (...rest: Tail<typeof calls.neighborAllgatherv>): Promise<unknown> =>
    this.#call('neighborAllgatherv', async (context) => calls.neighborAllgatherv(context, this.here, ...rest).start());
  alltoall = (...rest: Tail<typeof calls.neighborAlltoall>): Promise<unknown> =>
    this.#call('neighborAlltoall', async (context) => calls.neighborAlltoall(context, this.here, ...rest).start());
  alltoallv = (...rest: Tail<typeof calls.neighborAlltoallv>): Promise<unknown> =>
    this.#call('neighborAlltoallv', async (context) => calls.neighborAlltoallv(context, this.here, ...rest).start());
  barrier = (): Promise<void> => this.#call('barrier', async (context) => calls.barrier(context).start());
}

/** Runs a program on the ranks of a graph, over some carrier. */
export type RunGraph = <T>(graph: readonly Neighborhood[], program: (neighbor: Neighbor) => Promise<T>) => Promise<T[]>;

/** Over the smallest channel there is, in any order that its contract allows. */
export function locally(seed: number, segmentBytes: number): RunGraph {
  return (graph, program) =>
    runLocal(
      graph.length,
      (comm) => program(new Neighbor(comm.rank, graph[comm.rank] as Neighborhood, (_, run) => run(comm.context))),
      { seed, segmentBytes },
    );
}

interface Caller {
  call<T>(name: string, options: undefined, run: (context: CollectiveContext) => Promise<T>): Promise<T>;
}

/** Over the engine, in memory: a failure half-way breaks the communicator, as it does for users. */
export function overEngine(options: SpmdOptions): RunGraph {
  return (graph, program) =>
    spmd(
      graph.length,
      (comm) => {
        const caller = comm as unknown as Caller;
        const here = graph[comm.rank] as Neighborhood;
        return program(new Neighbor(comm.rank, here, (name, run) => caller.call(name, undefined, run)));
      },
      options,
    );
}
