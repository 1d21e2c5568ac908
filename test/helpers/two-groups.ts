/** Two groups of the ranks of a communicator, and an intercommunicator between them. */
import type { Communicator } from '../../src/comm/communicator.ts';
import type { Intercommunicator } from '../../src/comm/intercommunicator.ts';

/** How `size` ranks are divided: whether rank r is in the left group. */
export interface Division {
  readonly name: string;
  readonly size: number;
  readonly left: (rank: number) => boolean;
}

export const DIVISIONS: readonly Division[] = [
  { name: '1 + 1 ranks', size: 2, left: (rank) => rank === 0 },
  { name: '2 + 1 ranks', size: 3, left: (rank) => rank !== 1 },
  { name: '2 + 2 ranks', size: 4, left: (rank) => rank % 2 === 1 },
  { name: '4 + 1 ranks', size: 5, left: (rank) => rank !== 2 },
  { name: '3 + 3 ranks', size: 6, left: (rank) => rank >= 3 },
  { name: '3 + 4 ranks', size: 7, left: (rank) => rank % 2 === 1 },
  { name: '1 + 7 ranks', size: 8, left: (rank) => rank === 5 },
  { name: '3 + 5 ranks', size: 8, left: (rank) => rank < 3 },
];

/** Cases for `describe.each`. */
export const NAMED = DIVISIONS.map((division) => [division.name, division] as const);

export interface TwoGroups {
  readonly inter: Intercommunicator;
  /** Our group by itself. */
  readonly half: Communicator;
  readonly left: boolean;
  /** The ranks, in the communicator of all, of our group and of the other one. */
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
}

/** @param leader - which rank of each group leads, counted from its end: 0 is the last. */
export async function twoGroups(comm: Communicator, division: Division, leader = 0): Promise<TwoGroups> {
  const left = division.left(comm.rank);
  const half = (await comm.split(left ? 0 : 1)) as Communicator;
  const of = (side: boolean) => comm.group.ranks.filter((rank) => division.left(rank) === side);
  const [ours, theirs] = [of(left), of(!left)];
  const leading = (ranks: readonly number[]) => Math.max(0, ranks.length - 1 - leader);
  const inter = await half.createIntercomm(leading(ours), comm, theirs[leading(theirs)] as number, 3);
  return { inter, half, left, ours, theirs };
}
