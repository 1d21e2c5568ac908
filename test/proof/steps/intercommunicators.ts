/** Two groups that talk to each other: messages across, collectives across, and both as one. */
import fc from 'fast-check';
import { ROOT } from '../../../src/collectives/inter/calls.ts';
import type { Communicator } from '../../../src/comm/communicator.ts';
import type { Intercommunicator } from '../../../src/comm/intercommunicator.ts';
import { PROC_NULL } from '../../../src/matching/envelope.ts';
import { flat } from '../reference.ts';
import { expecting, type Kind, ranksOf, TAGS } from '../step.ts';

interface Two {
  /** Which of the two groups each rank is in; by rank, again from the first when there are more ranks. */
  readonly sides: readonly number[];
  /** A rank of each group, modulo its size. */
  readonly leaders: readonly [number, number];
  /** What each group passes to `merge`. */
  readonly high: readonly [boolean, boolean];
  /** In which group the roots are. */
  readonly rootSide: number;
  readonly root: number;
  readonly dup: boolean;
  readonly tag: number;
}

/** The ranks of one group, as ranks of the communicator that both are in. */
const sideOf = ({ sides }: Two, side: number, size: number) =>
  ranksOf(size).filter((rank) => sides[rank % sides.length] === side);

const join = (a: string, b: string) => a + b;
const NAME = 'Int32Array';
/** As long as the parts of both groups need it, whatever their sizes. */
const LENGTH = 2 * 3 * 4 * 5 * 7;

interface Placed {
  readonly data: Two;
  readonly mine: readonly number[];
  readonly theirs: readonly number[];
  readonly side: number;
  readonly rank: number;
}

function placeOf(data: Two, rank: number, size: number): Placed {
  const side = data.sides[rank % data.sides.length] as number;
  return { data, side, rank, mine: sideOf(data, side, size), theirs: sideOf(data, 1 - side, size) };
}

const leaderOf = ({ leaders }: Two, side: number, ranks: readonly number[]) => (leaders[side] as number) % ranks.length;

/** What every rank does with the intercommunicator, several things at a time. */
async function talk(inter: Intercommunicator, { data, mine, theirs, side, rank }: Placed): Promise<unknown[]> {
  const { rootSide, tag } = data;
  const rootRank = data.root % (rootSide === side ? mine : theirs).length;
  // The group of the root says who it is by ROOT; the other one by its rank.
  const root = rootSide !== side ? rootRank : mine[rootRank] === rank ? ROOT : PROC_NULL;
  const text = `<${rank}>`;
  const sends = theirs.map((to, index) => inter.isend(`${rank}>${to}`, index, tag));
  const received = Promise.all(theirs.map((_, index) => inter.recv(index, tag)));
  const results = await Promise.all([
    received,
    inter.allreduce(text, join),
    inter.bcast(root === ROOT ? `of ${rank}` : undefined, root),
    inter.allgather(rank),
    inter.gather(rank, root),
    inter.barrier(),
    inter.reduce(text, join, root),
    inter.scatter(root === ROOT ? theirs.map((to) => `${rank}:${to}`) : undefined, root),
    inter.alltoall(theirs.map((to) => rank * 16 + to)),
    inter.reduceScatterBlock(
      flat(
        NAME,
        Array.from({ length: LENGTH }, (_, i) => rank + i),
      ),
    ),
    inter.allgatherv(flat(NAME, new Array<number>(rank).fill(rank))),
  ]);
  await Promise.all(sends);
  return results;
}

/** What {@link talk} gives. */
function told({ data, mine, theirs, side, rank }: Placed): unknown[] {
  const { rootSide } = data;
  const rooted = rootSide === side ? mine : theirs;
  const root = rooted[data.root % rooted.length] as number;
  const texts = theirs.map((from) => `<${from}>`).join('');
  const part = LENGTH / mine.length;
  const first = mine.indexOf(rank) * part;
  const sums = Array.from({ length: part }, (_, i) => theirs.reduce((sum, from) => sum + from + first + i, 0));
  return [
    theirs.map((from) => `${from}>${rank}`),
    texts,
    rootSide === side ? undefined : `of ${root}`,
    theirs,
    rank === root ? theirs : undefined,
    undefined,
    rank === root ? texts : undefined,
    rootSide === side ? undefined : `${root}:${rank}`,
    theirs.map((from) => from * 16 + rank),
    flat(NAME, sums),
    flat(
      NAME,
      theirs.flatMap((from) => new Array<number>(from).fill(from)),
    ),
  ];
}

/** The ranks of both groups as `merge` orders them. */
function merged({ data, mine, theirs, side }: Placed, members: readonly number[]): number[] {
  const [ours, others] = [data.high[side], data.high[1 - side]];
  const leader = (of: number, ranks: readonly number[]) =>
    members[ranks[leaderOf(data, of, ranks)] as number] as number;
  const first = ours === others ? leader(side, mine) < leader(1 - side, theirs) : others === true;
  return first ? [...mine, ...theirs] : [...theirs, ...mine];
}

async function run(comm: Communicator, placed: Placed, step: number): Promise<unknown[]> {
  const { data, mine, theirs, side } = placed;
  const local = (await comm.split(side)) as Communicator;
  const remoteLeader = theirs[leaderOf(data, 1 - side, theirs)] as number;
  const made = await local.createIntercomm(leaderOf(data, side, mine), comm, remoteLeader, step * TAGS);
  const inter = data.dup ? await made.dup() : made;
  const results = await talk(inter, placed);
  const both = await inter.merge(data.high[side] as boolean);
  const order = await both.allgather(placed.rank);
  await both.free();
  if (data.dup) await made.free();
  await inter.free();
  await local.free();
  return [...results, order];
}

export const intercommunicator: Kind<Two, unknown> = {
  data: fc.record({
    sides: fc.array(fc.nat(1), { minLength: 2, maxLength: 9 }),
    leaders: fc.tuple(fc.nat(8), fc.nat(8)),
    high: fc.tuple(fc.boolean(), fc.boolean()),
    rootSide: fc.nat(1),
    root: fc.nat(8),
    dup: fc.boolean(),
    tag: fc.nat(5),
  }),
  async run({ comm, members }, data) {
    const placed = placeOf(data, comm.rank, comm.size);
    return placed.theirs.length === 0 ? undefined : run(comm, placed, members.step);
  },
  verify(data, members, results) {
    const size = members.ranks.length;
    const placed = ranksOf(size).map((rank) => placeOf(data, rank, size));
    const expected = placed.map((one) =>
      one.theirs.length === 0 ? undefined : [...told(one), merged(one, members.ranks)],
    );
    expecting<Two>(() => expected)(data, members, results);
  },
  takesAnyTag: () => false,
};
