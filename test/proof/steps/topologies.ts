/** Grids and graphs of ranks, and what neighbours exchange there. */
import fc from 'fast-check';
import type { CartCommunicator } from '../../../src/comm/cartesian.ts';
import type { GraphCommunicator } from '../../../src/comm/graph.ts';
import { PROC_NULL } from '../../../src/matching/envelope.ts';
import { flat } from '../reference.ts';
import { type Kind, ranksOf, TAGS, Wrong } from '../step.ts';
import { alike, show } from '../values.ts';

/** Who gives to a rank and to whom it gives, by rank in the topology. */
interface Neighbors {
  readonly sources: readonly number[];
  readonly destinations: readonly number[];
}

/** What one rank got; its rank in the topology may have changed. */
interface Report {
  readonly rank: number;
  readonly got: readonly unknown[];
}

/** What rank `from` gives over the edge that is the `index`-th of its destinations. */
const valueOn = (from: number, index: number) => `${from}/${index}`;
const countOn = (from: number, index: number) => (from + 2 * index) % 3;
const NAME = 'Float64Array';

/** All neighbourhood collectives at once. */
function exchange(comm: CartCommunicator | GraphCommunicator): Promise<unknown[]> {
  const { rank, destinations } = comm;
  const counts = destinations.map((_, index) => countOn(rank, index));
  const parts = counts.flatMap((count, index) => Array.from({ length: count }, () => rank * 16 + index));
  return Promise.all([
    comm.neighborAllgather(rank),
    comm.neighborAlltoall(destinations.map((_, index) => valueOn(rank, index))),
    comm.neighborAllgatherv(
      flat(
        NAME,
        Array.from({ length: rank + 1 }, () => rank),
      ),
    ),
    comm.neighborAlltoallv(flat(NAME, parts), counts),
  ]);
}

/** What {@link exchange} gives; `edgeTo` says which of the source's edges an edge is. */
function exchanged({ sources }: Neighbors, edgeTo: (slot: number) => number): unknown[] {
  const edges = [...sources.entries()].map(([slot, from]) => ({ from, index: edgeTo(slot) }));
  const there = edges.filter(({ from }) => from !== PROC_NULL);
  const known = (value: (edge: (typeof edges)[number]) => unknown) =>
    edges.map((edge) => (edge.from === PROC_NULL ? undefined : value(edge)));
  const joined = (part: (edge: (typeof edges)[number]) => number[]) => flat(NAME, there.flatMap(part));
  return [
    known(({ from }) => from),
    known(({ from, index }) => valueOn(from, index)),
    joined(({ from }) => new Array<number>(from + 1).fill(from)),
    joined(({ from, index }) => new Array<number>(countOn(from, index)).fill(from * 16 + index)),
  ];
}

function check(reports: readonly (Report | undefined)[], size: number, expected: (rank: number) => unknown[]): void {
  const here = reports.filter((report) => report !== undefined);
  const places = here.map(({ rank }) => rank).sort((a, b) => a - b);
  if (!alike(places, ranksOf(size))) throw new Wrong(`places ${show(places)}, not those of ${size} ranks`);
  for (const { rank, got } of here) {
    const right = expected(rank);
    if (!alike(got, right)) throw new Wrong(`place ${rank} got ${show(got)}, not ${show(right)}`);
  }
}

// ── Grids ────────────────────────────────────────────────────────────────────────────────────────────────────────────

interface GridStep {
  /** As far as there are ranks for them. */
  readonly dims: readonly number[];
  readonly periods: readonly boolean[];
  readonly reorder: boolean;
  readonly dimension: number;
  readonly displacement: number;
}

function gridOf({ dims, periods }: GridStep, size: number): { dims: number[]; periods: boolean[]; size: number } {
  const kept: number[] = [];
  let total = 1;
  for (const extent of dims) {
    kept.push(Math.min(extent, Math.floor(size / total)));
    total *= kept.at(-1) as number;
  }
  return { dims: kept, periods: kept.map((_, i) => periods[i % periods.length] as boolean), size: total };
}

/** The rank that is `by` further along a dimension: the last dimension changes fastest. */
function along({ dims, periods }: ReturnType<typeof gridOf>, rank: number, dimension: number, by: number): number {
  const stride = dims.slice(dimension + 1).reduce((a, b) => a * b, 1);
  const extent = dims[dimension] as number;
  const from = Math.floor(rank / stride) % extent;
  const to = periods[dimension] ? (((from + by) % extent) + extent) % extent : from + by;
  return to < 0 || to >= extent ? PROC_NULL : rank + (to - from) * stride;
}

export const grid: Kind<GridStep, Report | undefined> = {
  data: fc.record({
    dims: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
    periods: fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }),
    reorder: fc.boolean(),
    dimension: fc.nat(2),
    displacement: fc.integer({ min: -2, max: 2 }),
  }),
  async run({ comm, members }, data) {
    const { dims, periods } = gridOf(data, comm.size);
    const cart = (await comm.createCart(dims, periods, data.reorder)) as CartCommunicator | undefined;
    if (cart === undefined) return undefined;
    const { source, dest } = cart.shift(data.dimension % dims.length, data.displacement);
    const tag = members.step * TAGS;
    const [shifted, exchanges] = await Promise.all([
      cart.sendrecv(cart.rank, dest, source, { sendTag: tag, recvTag: tag }),
      exchange(cart),
    ]);
    const row = await cart.sub(dims.map((_, i) => i === data.dimension % dims.length));
    const mates = await row.allgather(cart.rank);
    await row.free();
    await cart.free();
    return { rank: cart.rank, got: [shifted, mates, ...exchanges] };
  },
  verify(data, { ranks }, reports) {
    const shape = gridOf(data, ranks.length);
    const dimension = data.dimension % shape.dims.length;
    const sides = shape.dims.flatMap((_, i) => [
      { i, by: -1 },
      { i, by: 1 },
    ]);
    check(reports, shape.size, (rank) => {
      const neighbors = sides.map(({ i, by }) => along(shape, rank, i, by));
      const source = along(shape, rank, dimension, -data.displacement);
      const stride = shape.dims.slice(dimension + 1).reduce((a, b) => a * b, 1);
      const extent = shape.dims[dimension] as number;
      const first = rank - (Math.floor(rank / stride) % extent) * stride;
      return [
        source === PROC_NULL ? undefined : source,
        ranksOf(extent).map((i) => first + i * stride),
        // What comes from the one before was sent to the one after.
        ...exchanged({ sources: neighbors, destinations: neighbors }, (slot) => slot ^ 1),
      ];
    });
  },
};

// ── Graphs ───────────────────────────────────────────────────────────────────────────────────────────────────────────

interface GraphStep {
  readonly edges: readonly { readonly from: number; readonly to: number; readonly weight: number }[];
  readonly reorder: boolean;
}

function neighborsOf({ edges }: GraphStep, rank: number, size: number): Neighbors & { weights: number[] } {
  const incoming = edges.filter(({ to }) => to % size === rank);
  const outgoing = edges.filter(({ from }) => from % size === rank);
  return {
    sources: incoming.map(({ from }) => from % size),
    destinations: outgoing.map(({ to }) => to % size),
    weights: outgoing.map(({ weight }) => weight),
  };
}

export const graph: Kind<GraphStep, Report> = {
  data: fc.record({
    edges: fc.array(fc.record({ from: fc.nat(8), to: fc.nat(8), weight: fc.nat(5) }), { maxLength: 14 }),
    reorder: fc.boolean(),
  }),
  async run({ comm }, data) {
    const { sources, destinations, weights } = neighborsOf(data, comm.rank, comm.size);
    const made = await comm.createGraph(sources, destinations, { weights, reorder: data.reorder });
    const got = await exchange(made);
    await made.free();
    return { rank: made.rank, got };
  },
  verify(data, { ranks }, reports) {
    const size = ranks.length;
    check(reports, size, (rank) => {
      const neighbors = neighborsOf(data, rank, size);
      return exchanged(neighbors, (slot) => {
        const from = neighbors.sources[slot] as number;
        const nth = neighbors.sources.slice(0, slot).filter((source) => source === from).length;
        const { destinations } = neighborsOf(data, from, size);
        return [...destinations.keys()].filter((index) => destinations[index] === rank)[nth] as number;
      });
    });
  },
};
