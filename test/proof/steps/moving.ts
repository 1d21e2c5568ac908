/** Every collective that moves values, and the barrier. */
import fc from 'fast-check';
import type { SelectableName } from '../../../src/collectives/registry.ts';
import { messageNamesOf } from '../../../src/collectives/selection.ts';
import type { CallOptions, Communicator } from '../../../src/index.ts';
import { flat } from '../reference.ts';
import { expecting, type Kind, type Members, ranksOf, Wrong } from '../step.ts';
import { FLAT, KINDS, scribble, valueFor } from '../values.ts';
import { again } from './again.ts';

interface Moving {
  readonly call: string;
  readonly kind: string;
  readonly length: number;
  readonly root: number;
  readonly salt: number;
  readonly algorithm: number;
  /** For calls with parts: they lie apart and backwards. */
  readonly spread: boolean;
  /** For calls with parts: the receivers say how long they are. */
  readonly told: boolean;
  /** Prepared, and started so often; nought: called. */
  readonly starts: number;
}

/** What one call needs. */
interface Turn {
  readonly data: Moving;
  readonly root: number;
  readonly rank: number;
  readonly size: number;
  /** The value of a rank, or that for another one. */
  value(from: number, to?: number): unknown;
  /** Elements that go from one rank to another. */
  count(from: number, to: number): number;
  /** These elements, as a flat array. */
  part(from: number, to: number): number[];
}

interface Call {
  run(comm: Communicator, turn: Turn, options: CallOptions): Promise<unknown>;
  expected(turn: Turn): unknown;
}

const NAME = 'Int32Array';
/** Elements between parts that lie apart, and what is in them. */
const GAP = 2;
const UNTOUCHED = -9;

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

/** Where parts of these lengths begin: one after the other, or backwards with gaps between. */
function displsOf(counts: readonly number[], spread: boolean): number[] {
  if (!spread) return counts.map((_, i) => sum(counts.slice(0, i)));
  return counts.map((_, i) => sum(counts.slice(i + 1)) + GAP * (counts.length - 1 - i));
}

/** The parts in one array, where they belong. */
function placed(parts: readonly (readonly number[])[], spread: boolean, fill: number): number[] {
  const counts = parts.map((part) => part.length);
  const displs = displsOf(counts, spread);
  const ends = counts.map((count, i) => (count === 0 ? 0 : (displs[i] as number) + count));
  const list = new Array<number>(Math.max(0, ...ends)).fill(fill);
  for (const [i, part] of parts.entries()) list.splice(displs[i] as number, part.length, ...part);
  return list;
}

/** The result of a call with parts: gaps of a fresh array are nought. */
const joined = (parts: readonly (readonly number[])[], { data }: Turn) =>
  flat(NAME, placed(parts, data.spread && data.told, 0));

const CALLS: Record<string, Call> = {
  bcast: {
    run: (comm, { rank, root, value }, options) => comm.bcast(rank === root ? value(root) : undefined, root, options),
    expected: ({ root, value }) => value(root),
  },
  scatter: {
    run: (comm, { rank, root, size, value }, options) =>
      comm.scatter(rank === root ? ranksOf(size).map((to) => value(root, to)) : undefined, root, options),
    expected: ({ root, rank, value }) => value(root, rank),
  },
  gather: {
    run: (comm, { rank, root, value }, options) => comm.gather(value(rank), root, options),
    expected: ({ rank, root, size, value }) => (rank === root ? ranksOf(size).map((from) => value(from)) : undefined),
  },
  allgather: {
    run: (comm, { rank, value }, options) => comm.allgather(value(rank), options),
    expected: ({ size, value }) => ranksOf(size).map((from) => value(from)),
  },
  alltoall: {
    run: (comm, { rank, size, value }, options) =>
      comm.alltoall(
        ranksOf(size).map((to) => value(rank, to)),
        options,
      ),
    expected: ({ rank, size, value }) => ranksOf(size).map((from) => value(from, rank)),
  },
  scatterv: {
    run(comm, { data, rank, root, size, part, count }, options) {
      if (rank !== root && !data.told) return comm.scatterv(undefined, undefined, root, options);
      const counts = ranksOf(size).map((to) => count(root, to));
      if (rank !== root) return comm.scatterv(undefined, counts, root, options);
      const array = flat(
        NAME,
        placed(
          ranksOf(size).map((to) => part(root, to)),
          data.spread,
          UNTOUCHED,
        ),
      );
      return comm.scatterv(array, counts, root, { ...options, displs: displsOf(counts, data.spread) });
    },
    expected: ({ root, rank, part }) => flat(NAME, part(root, rank)),
  },
  gatherv: {
    run(comm, { data, rank, root, size, part, count }, options) {
      const counts = ranksOf(size).map((from) => count(from, root));
      const array = flat(NAME, part(rank, root));
      if (rank !== root || !data.told) return comm.gatherv(array, root, options);
      return comm.gatherv(array, root, { ...options, counts, displs: displsOf(counts, data.spread) });
    },
    expected(turn) {
      const { rank, root, size, part } = turn;
      return rank === root
        ? joined(
            ranksOf(size).map((from) => part(from, root)),
            turn,
          )
        : undefined;
    },
  },
  allgatherv: {
    run(comm, { data, rank, size, part, count }, options) {
      const counts = ranksOf(size).map((from) => count(from, from));
      const array = flat(NAME, part(rank, rank));
      if (!data.told) return comm.allgatherv(array, options);
      return comm.allgatherv(array, { ...options, counts, displs: displsOf(counts, data.spread) });
    },
    expected: (turn) =>
      joined(
        ranksOf(turn.size).map((from) => turn.part(from, from)),
        turn,
      ),
  },
  alltoallv: {
    run(comm, { data, rank, size, part, count }, options) {
      const sendCounts = ranksOf(size).map((to) => count(rank, to));
      const recvCounts = ranksOf(size).map((from) => count(from, rank));
      const array = flat(
        NAME,
        placed(
          ranksOf(size).map((to) => part(rank, to)),
          data.spread,
          UNTOUCHED,
        ),
      );
      const sendDispls = displsOf(sendCounts, data.spread);
      if (!data.told) return comm.alltoallv(array, sendCounts, { ...options, sendDispls });
      const recvDispls = displsOf(recvCounts, data.spread);
      return comm.alltoallv(array, sendCounts, { ...options, sendDispls, recvCounts, recvDispls });
    },
    expected: (turn) =>
      joined(
        ranksOf(turn.size).map((from) => turn.part(from, turn.rank)),
        turn,
      ),
  },
};

function turnOf(data: Moving, { ranks, step }: Members, rank: number): Turn {
  const size = ranks.length;
  const id = (from: number, to: number) => ((step * 16 + (ranks[0] as number)) * 16 + from) * 16 + to;
  const count = (from: number, to: number) => ((from * 3 + to * 5 + data.salt) % 4) * (1 + (data.length % 50));
  return {
    data,
    rank,
    size,
    root: data.root % size,
    count,
    value: (from, to = 15) => valueFor(data.kind, data.length * ((from + to) % 2), id(from, to)),
    part: (from, to) => Array.from({ length: count(from, to) }, (_, i) => id(from, to) * 8 + i),
  };
}

export const moving: Kind<Moving, unknown> = {
  data: fc.record({
    call: fc.constantFrom(...Object.keys(CALLS)),
    kind: fc.constantFrom(...KINDS),
    length: fc.constantFrom(0, 1, 5, 40, 300, 3000),
    root: fc.nat(8),
    salt: fc.nat(3),
    algorithm: fc.nat(4),
    spread: fc.boolean(),
    told: fc.boolean(),
    starts: fc.constantFrom(0, 0, 1, 3),
  }),
  run({ comm, members }, data) {
    const names = messageNamesOf(data.call as SelectableName);
    const algorithm = data.algorithm === 0 ? undefined : names[data.algorithm % names.length];
    return (CALLS[data.call] as Call).run(again(comm, data.starts), turnOf(data, members, comm.rank), { algorithm });
  },
  verify: (data, members, results) => {
    const expected = ranksOf(members.ranks.length).map((rank) =>
      (CALLS[data.call] as Call).expected(turnOf(data, members, rank)),
    );
    expecting<Moving>(() => expected)(data, members, results);
  },
  inRow: ({ starts }) => starts > 1,
};

/** Nobody leaves it before everybody has come. */
export const barrier: Kind<number, readonly [came: number, left: number]> = {
  data: fc.nat(2),
  async run({ comm, tick }, algorithm) {
    const came = tick();
    await comm.barrier({ algorithm: [undefined, 'dissemination', 'tree'][algorithm] });
    return [came, tick()];
  },
  verify(_algorithm, _members, results) {
    const last = Math.max(...results.map(([came]) => came));
    if (results.some(([, left]) => left < last)) throw new Wrong('a rank left the barrier before all had come');
  },
};

/** The root sends what it has and takes part in what comes, in the same memory. */
export const inPlace: Kind<{ root: number; kind: string; length: number }, unknown> = {
  data: fc.record({ root: fc.nat(8), kind: fc.constantFrom(...FLAT), length: fc.constantFrom(0, 5, 300, 3000) }),
  async run({ comm, members }, { root, kind, length }) {
    const array = valueFor(kind, length, members.step * 16 + comm.rank);
    const result = await comm.bcast(array, root % comm.size, { out: array });
    const copy = (result as Uint8Array).slice();
    scribble(array);
    return copy;
  },
  verify: expecting(({ root, kind, length }, size, step) =>
    ranksOf(size).map(() => valueFor(kind, length, step * 16 + (root % size))),
  ),
};
