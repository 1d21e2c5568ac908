/** The neighbourhood collectives on random graphs, against what the edges say. */
import ndarray from 'ndarray';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import type { Neighborhood } from '../../src/collectives/calls.ts';
import { PROC_NULL } from '../../src/matching/envelope.ts';
import { constructorOf, dtypeName, type TypedArray } from '../../src/wire/dtype.ts';
import {
  below,
  edgeInto,
  locally,
  type Neighbor,
  overEngine,
  type RunGraph,
  randomGraph,
  shuffled,
} from './helpers/neighbors.ts';
import { arrayFor, DTYPES } from './helpers/oracle.ts';

const SIZES = [1, 2, 3, 4, 5, 6, 7, 8];

/** Small limits make small values large: announced, by rendezvous, in pieces. */
const CARRIERS: [string, (seed: number) => RunGraph][] = [
  ['any channel', (seed) => locally(seed, 64 * 1024)],
  ['any channel, in small pieces', (seed) => locally(seed, 16)],
  ['memory', (seed) => overEngine({ seed })],
  ['memory, by rendezvous in small pieces', (seed) => overEngine({ seed, segmentBytes: 16, eagerLimit: 32 })],
];

/** Anything, of no bytes or many. */
function anyValue(rank: number, edge: number): unknown {
  const kinds: (() => unknown)[] = [
    () => rank * 100 + edge,
    () => `from ${rank} along ${edge}`,
    () => undefined,
    () => null,
    () => 10n ** BigInt(rank + edge),
    () => new Float64Array(0),
    () => new Float64Array(300 * (edge + 1)).fill(rank),
    () => ({ rank, map: new Map([[edge, new Int32Array(200).fill(rank)]]) }),
    () => Buffer.from(`${rank}/${edge}`),
  ];
  return kinds[(rank * 5 + edge * 3) % kinds.length]?.();
}

describe.each(CARRIERS)('neighbours over %s', (_name, carrierFor) => {
  it.each(SIZES)('get the value of every source and give theirs to every destination, on %i ranks', async (size) => {
    for (let round = 0; round < 6; round++) {
      const seed = size * 100 + round;
      const graph = randomGraph(size, seededRandom(seed));
      await carrierFor(seed)(graph, async (neighbor) => {
        const { rank, here } = neighbor;
        const edges = here.sources.map((_, index) => edgeInto(graph, rank, index));
        const [gathered, swapped] = await Promise.all([
          neighbor.allgather(anyValue(rank, 0)),
          neighbor.alltoall(
            // Nobody looks at what is for nobody: a function can't be sent.
            here.destinations.map((dest, edge) => (dest === PROC_NULL ? () => 0 : anyValue(rank, edge))),
          ),
        ]);
        expect(gathered, `seed ${seed}`).toEqual(edges.map((edge) => edge && anyValue(edge.source, 0)));
        expect(swapped, `seed ${seed}`).toEqual(edges.map((edge) => edge && anyValue(edge.source, edge.destination)));
      });
    }
  });

  it.each(DTYPES.map((dtype) => [dtypeName(dtype), dtype] as const))('join parts of %s', async (_dtype, dtype) => {
    for (const size of SIZES) {
      const seed = size * 100 + dtype;
      const graph = randomGraph(size, seededRandom(seed));
      await carrierFor(seed)(graph, (neighbor) => joins(neighbor, graph, dtype, seed));
    }
  });
});

const lengthAlong = (rank: number, edge: number) => (rank * 3 + edge * 5) % 14;

/** Both `v` calls of one rank, with what they take drawn at random, against a naive placement. */
async function joins(neighbor: Neighbor, graph: readonly Neighborhood[], dtype: number, seed: number): Promise<void> {
  const { rank, here } = neighbor;
  const random = seededRandom(seed * 10 + rank);
  const edges = here.sources.map((_, index) => edgeInto(graph, rank, index));

  const own = (source: number) => arrayFor(dtype, lengthAlong(source, 1), source);
  const gathered = placed(
    dtype,
    edges.map((edge) => edge && own(edge.source)),
    random,
  );
  const { counts, displs } = gathered;
  const result = await neighbor.allgatherv(own(rank), { counts, displs, out: gathered.out });
  expect(gathered.elementsOf(result), `seed ${seed}`).toEqual(gathered.expected);

  // Parts lie in any order, with a gap before each.
  const sendCounts = here.destinations.map((_, edge) => lengthAlong(rank, edge));
  const { displs: sendDispls, length } = places(sendCounts, random);
  const array = arrayFor(dtype, length, rank);
  const along = (source: number, edge: number) => arrayFor(dtype, lengthAlong(source, edge), source, edge + 1);
  for (const [edge, start] of sendDispls.entries()) (array as Uint8Array).set(along(rank, edge) as Uint8Array, start);
  const swapped = placed(
    dtype,
    edges.map((edge) => edge && along(edge.source, edge.destination)),
    random,
  );
  const options = { sendDispls, recvCounts: swapped.counts, recvDispls: swapped.displs, out: swapped.out };
  expect(swapped.elementsOf(await neighbor.alltoallv(array, sendCounts, options)), `seed ${seed}`).toEqual(
    swapped.expected,
  );
}

/** Disjoint places in any order. */
function places(counts: readonly number[], random: () => number): { displs: number[]; length: number } {
  const displs: number[] = new Array(counts.length).fill(0);
  let length = 0;
  for (const index of shuffled([...counts.keys()], random)) {
    displs[index] = length + below(random, 3);
    length = (displs[index] ?? 0) + (counts[index] ?? 0);
  }
  return { displs, length };
}

interface Placed {
  counts: number[] | undefined;
  displs: number[] | undefined;
  out: unknown;
  /** The elements that the call has to give; with `out` all that it holds. */
  expected: TypedArray;
  elementsOf(result: unknown): unknown;
}

/** Where the parts go (undefined: that of a source which is not there), with or without counts, displacements and `out`. */
function placed(dtype: number, parts: readonly (TypedArray | undefined)[], random: () => number): Placed {
  const lengths = parts.map((part) => part?.length);
  const counts = random() < 0.5 ? lengths.map((length) => length ?? below(random, 4)) : undefined;
  const known = counts ?? lengths.map((length) => length ?? 0);
  const packed = known.map((_, index) => known.slice(0, index).reduce((sum, count) => sum + count, 0));
  const drawn = places(known, random);
  const displs = random() < 0.5 ? drawn.displs : undefined;
  const starts = displs ?? packed;
  const needed = Math.max(0, ...known.map((count, index) => (count > 0 ? (starts[index] ?? 0) + count : 0)));

  const kind = ['none', 'array', 'strided'][below(random, 3)];
  const room = kind === 'none' ? needed : needed + 2;
  const ArrayOf = constructorOf(dtype);
  if (ArrayOf === undefined) throw new Error(`no dtype ${dtype}`);
  const expected = kind === 'none' ? new ArrayOf(room) : arrayFor(dtype, room, 99);
  const memory = expected.slice();
  for (const [index, part] of parts.entries()) {
    if (part?.length) (expected as Uint8Array).set(part as Uint8Array, starts[index]);
  }
  if (kind === 'none') return { counts, displs, out: undefined, expected, elementsOf: (result) => result };
  if (kind === 'array') return { counts, displs, out: memory, expected, elementsOf: (result) => result };
  const wide = new ArrayOf(2 * room + 1);
  const view = ndarray(wide as Float64Array, [room], [2], 1);
  for (let i = 0; i < room; i++) wide[2 * i + 1] = memory[i] as never;
  const elementsOf = (result: unknown) => {
    expect(result).toBe(view);
    return wide.filter((_: unknown, index: number) => index % 2 === 1);
  };
  return { counts, displs, out: view, expected, elementsOf };
}
