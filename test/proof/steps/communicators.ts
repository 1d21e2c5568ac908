/** Making and freeing communicators. */
import fc from 'fast-check';
import type { Communicator } from '../../../src/comm/communicator.ts';
import { expecting, type Kind, ranksOf, TAGS, Wrong } from '../step.ts';
import { alike, show } from '../values.ts';

/** A new communicator, with the rank in the old one of each of its ranks; nothing for those who are not in it. */
export interface Made {
  readonly comm?: Communicator;
  readonly ranks?: readonly (number | undefined)[];
}

interface Making {
  readonly way: 'dup' | 'split' | 'create' | 'createGroup';
  /** By rank, again from the first when there are more ranks; -1 for none. */
  readonly colors: readonly number[];
  readonly keys: readonly number[];
}

const at = (list: readonly number[], rank: number) => list[rank % list.length] as number;

/** Ranks of the old communicator that are in one of the new ones together, in their new order. */
function groupsOf({ way, colors, keys }: Making, size: number): number[][] {
  const ranks = ranksOf(size);
  if (way === 'dup') return [ranks];
  const chosen = [...new Set(ranks.map((rank) => at(colors, rank)))].filter((color) => color >= 0);
  return chosen.map((color) =>
    // Sorting is stable: equal keys keep their order.
    ranks.filter((rank) => at(colors, rank) === color).sort((a, b) => at(keys, a) - at(keys, b)),
  );
}

function make(comm: Communicator, data: Making, step: number): Promise<Communicator | undefined> {
  const { way, colors, keys } = data;
  const { rank, size } = comm;
  if (way === 'dup') return comm.dup();
  const color = at(colors, rank);
  if (way === 'split') return comm.split(color < 0 ? undefined : color, at(keys, rank));
  const groups = groupsOf(data, size);
  // Those who are in none name somebody else's.
  const group = comm.group.include(groups.find((ranks) => ranks.includes(rank)) ?? groups[0] ?? []);
  if (way === 'create') return comm.create(group);
  return color < 0 ? Promise.resolve(undefined) : comm.createGroup(group, step);
}

export const making: Kind<Making, Made> = {
  data: fc.record({
    way: fc.constantFrom('dup', 'split', 'create', 'createGroup'),
    colors: fc.array(fc.integer({ min: -1, max: 2 }), { minLength: 1, maxLength: 9 }),
    keys: fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 1, maxLength: 9 }),
  }),
  async run({ comm, members }, data) {
    const made = await make(comm, data, members.step);
    return made === undefined ? {} : { comm: made, ranks: made.group.translateRanks(made.group.ranks, comm.group) };
  },
  groups: groupsOf,
  // Its members alone talk to each other, which no collective of the old communicator waits for.
  takesAnyTag: ({ way }) => (way === 'createGroup' ? false : undefined),
  verify(data, { ranks }, results) {
    const groups = groupsOf(data, ranks.length);
    for (const [rank, made] of results.entries()) {
      const group = groups.find((candidate) => candidate.includes(rank));
      const expected = group && [group, group.indexOf(rank), group.length];
      const actual = made.comm && [made.ranks, made.comm.rank, made.comm.size];
      if (!alike(actual, expected)) throw new Wrong(`rank ${rank} got ${show(actual)}, not ${show(expected)}`);
    }
  },
};

interface Freeing {
  /** By `await using`, which does not wait. */
  readonly dispose: boolean;
  /** Each rank has sent to its neighbour what it waits for, and waits for what nobody has sent. */
  readonly busy: boolean;
}

/** What receives come to that wait while their communicator is freed. */
type Ends = readonly [answered: unknown, unanswered: unknown] | undefined;

export const freeing: Kind<Freeing, Ends> = {
  data: fc.record({ dispose: fc.boolean(), busy: fc.boolean() }),
  async run({ comm, members, pause }, { dispose, busy }) {
    const { rank, size } = comm;
    const tag = members.step * TAGS;
    const ends = (request: PromiseLike<unknown>) => request.then(undefined, (error: { code: string }) => error.code);
    const receives = busy
      ? [ends(comm.irecv((rank + 1) % size, tag)), ends(comm.irecv((rank + 1) % size, tag + 1))]
      : [];
    if (busy) await comm.send(rank, (rank + size - 1) % size, tag);
    await pause();
    if (dispose) await comm[Symbol.asyncDispose]();
    else await comm.free();
    const [answered, unanswered] = await Promise.all(receives);
    return busy ? [answered, unanswered] : undefined;
  },
  verify({ busy }, { ranks }, results) {
    for (const [rank, ends] of results.entries()) {
      const expected = busy ? [(rank + 1) % ranks.length, 'ERR_COMM'] : undefined;
      if (!alike(ends, expected)) throw new Wrong(`receives of rank ${rank} ended with ${show(ends)}`);
    }
  },
  takesAnyTag: () => false,
  frees: true,
};

/** The same envelope on a communicator and on its `dup`, received the other way round. */
export const twins: Kind<number, unknown> = {
  data: fc.nat(8),
  async run({ comm, members, pause }, by) {
    const { rank, size } = comm;
    const [dest, source, tag] = [(rank + by) % size, (rank + by * (size - 1)) % size, members.step * TAGS];
    const twin = await comm.dup();
    const sends = [comm.isend(rank, dest, tag), twin.isend(-1 - rank, dest, tag)];
    await pause();
    const second = await twin.recv(source, tag);
    const first = await comm.recv(source, tag);
    await Promise.all(sends);
    await twin.free();
    return [first, second];
  },
  verify: expecting((by, size) =>
    ranksOf(size).map((rank) => {
      const source = (rank + by * (size - 1)) % size;
      return [source, -1 - source];
    }),
  ),
  takesAnyTag: () => false,
};
