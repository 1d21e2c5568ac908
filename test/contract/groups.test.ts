/** Groups, through the calls of communicators (MPI 4.1, section 7.3). All of it is local: `test/comm/group` has the corners. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import type { Communicator } from '../../src/comm/communicator.ts';
import type { Group } from '../../src/comm/group.ts';
import { PROC_NULL } from '../../src/matching/envelope.ts';
import { runs } from '../helpers/runs.ts';

describe.each(runs)('groups over %s', (_name, run) => {
  describe.each([1, 2, 3, 4, 5, 6, 7, 8])('on %i ranks', (size) => {
    const ranks = [...Array(size).keys()];
    /** The ranks that the members of a group have in `comm`. */
    const membersOf = (group: Group, comm: Communicator) => group.translateRanks(group.ranks, comm.group);

    it('are the processes of a communicator, whichever one names them', async () => {
      await run(size, async (comm) => {
        expect(comm.group).toMatchObject({ size, rank: comm.rank, ranks });
        const reversed = (await comm.split(0, -comm.rank)) as Communicator;
        expect(comm.group.translateRanks(ranks, reversed.group)).toEqual([...ranks].reverse());
        expect(comm.group.translateRanks([PROC_NULL], reversed.group)).toEqual([PROC_NULL]);
        const half = (await comm.split(comm.rank % 2)) as Communicator;
        const own = ranks.filter((rank) => rank % 2 === comm.rank % 2);
        expect(membersOf(half.group, comm)).toEqual(own);
        expect(comm.group.translateRanks(ranks, half.group)).toEqual(
          ranks.map((rank) => (own.includes(rank) ? own.indexOf(rank) : undefined)),
        );
        expect(comm.group.compare((await comm.dup()).group)).toBe('ident');
        expect(comm.group.compare(reversed.group)).toBe(size === 1 ? 'ident' : 'similar');
        expect(comm.group.compare(half.group)).toBe(size === 1 ? 'ident' : 'unequal');
      });
    });

    it('make the communicators that sets of ranks say', async () => {
      await run(size, async (comm) => {
        const random = seededRandom(7);
        const { group } = comm;
        for (let round = 0; round < 8; round++) {
          const some = () => ranks.filter(() => random() < 0.6).sort(() => random() - 0.5);
          const [a, b] = [some(), some()];
          const [groupA, groupB] = [group.include(a), group.include(b)];
          const expected: [Group, number[]][] = [
            [groupA.union(groupB), [...new Set([...a, ...b])]],
            [groupA.intersection(groupB), a.filter((rank) => b.includes(rank))],
            [groupA.difference(groupB), a.filter((rank) => !b.includes(rank))],
            [group.exclude(a), ranks.filter((rank) => !a.includes(rank))],
            [group.rangeInclude([[size - 1, 0, -2]]), ranks.filter((rank) => rank % 2 === (size - 1) % 2).reverse()],
            [group.rangeExclude([[0, size - 1, 2]]), ranks.filter((rank) => rank % 2 === 1)],
          ];
          for (const [derived, members] of expected) {
            expect(membersOf(derived, comm)).toEqual(members);
            expect(derived.size).toBe(members.length);
            const place = members.indexOf(comm.rank);
            expect(derived.rank).toBe(place < 0 ? undefined : place);
            const made = await comm.create(derived);
            expect(made && (await made.allgather(comm.rank))).toEqual(place < 0 ? undefined : members);
            await made?.free();
          }
        }
      });
    });

    it('outlive their communicator', async () => {
      await run(size, async (comm) => {
        const copy = await comm.dup();
        const { group } = copy;
        await copy.free();
        expect(group.translateRanks(ranks, comm.group)).toEqual(ranks);
        expect(copy.group.compare(comm.group)).toBe('ident');
        expect(comm.compare(copy)).toBe('congruent');
        const again = await comm.create(group);
        expect(await again?.allreduce(1)).toBe(size);
      });
    });
  });

  it('refuse ranks that are not there, ranks twice, and what is no list of ranks', async () => {
    await run(2, ({ group }) => {
      const none = undefined as never;
      const wrong: [string, () => unknown][] = [
        ['ERR_RANK', () => group.include([2])],
        ['ERR_RANK', () => group.include([-1])],
        ['ERR_RANK', () => group.include([0.5])],
        ['ERR_RANK', () => group.include([0, 0])],
        ['ERR_RANK', () => group.exclude([1, 1])],
        ['ERR_RANK', () => group.rangeInclude([[0, 2, 1]])],
        ['ERR_RANK', () => group.translateRanks([2], group)],
        ['ERR_ARG', () => group.rangeInclude([[0, 1, 0]])],
        ['ERR_ARG', () => group.rangeExclude([[1, 0, 1]])],
        ['ERR_ARG', () => group.include(3 as never)],
        ['ERR_ARG', () => group.translateRanks([0], none)],
        ['ERR_ARG', () => group.union([0] as never)],
        ['ERR_ARG', () => group.compare({} as never)],
      ];
      for (const [code, call] of wrong) expect(call).toThrow(expect.objectContaining({ code }));
    });
  });
});
