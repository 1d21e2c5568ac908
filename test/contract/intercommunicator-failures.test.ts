/** Two groups that talk to each other, over every transport: what goes wrong when they meet and after it. */
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../src/collectives/inter/calls.ts';
import { MAX, SUM } from '../../src/collectives/ops.ts';
import type { Communicator } from '../../src/comm/communicator.ts';
import type { Intercommunicator } from '../../src/comm/intercommunicator.ts';
import { MpiError } from '../../src/errors.ts';
import { PROC_NULL } from '../../src/matching/envelope.ts';
import { runs } from '../helpers/runs.ts';
import { DIVISIONS, type Division, type TwoGroups, twoGroups } from '../helpers/two-groups.ts';

const code = (value: string) => expect.objectContaining({ code: value });

/** The error of a call, or what it gave instead. */
const outcome = (call: PromiseLike<unknown>): PromiseLike<unknown> =>
  call.then(
    (value) => ({ value }),
    (error: unknown) => error,
  );

const THREE_FIVE = DIVISIONS.at(-1) as Division;
const TWO_TWO = DIVISIONS[2] as Division;

describe.each(runs)('intercommunicators that go wrong over %s', (_name, run) => {
  const among = <T>(division: Division, program: (groups: TwoGroups, comm: Communicator) => Promise<T>) =>
    run(division.size, async (comm) => program(await twoGroups(comm, division), comm));

  describe('that can not be made', () => {
    it('for what the leader gives are refused on its whole group, which stays usable', async () => {
      await run(4, async (comm) => {
        const half = (await comm.split(comm.rank % 2)) as Communicator;
        const wrong: [leader: number, peer: unknown, remote: number, tag: number, expected: string, words: RegExp][] = [
          [1, comm, 4, 0, 'ERR_RANK', /remoteLeader is 4.*0 to 3/],
          [1, comm, -1, 0, 'ERR_RANK', /remoteLeader is -1/],
          [0, comm, 0.5, 0, 'ERR_RANK', /remoteLeader is 0\.5/],
          [0, undefined, 0, 0, 'ERR_COMM', /peerComm is undefined/],
          [0, comm, 0, -3, 'ERR_TAG', /tag is -3/],
        ];
        for (const [leader, peer, remote, tag, expected, words] of wrong) {
          // What the others of the group give does not matter.
          const leads = half.rank === leader;
          const call = leads
            ? half.createIntercomm(leader, peer as Communicator, tag === -3 ? (comm.rank + 1) % 2 : remote, tag)
            : half.createIntercomm(leader, undefined, Number.NaN, -1);
          await expect(call).rejects.toMatchObject({ code: expected, rank: half.rank, op: 'createIntercomm' });
          await expect(Promise.reject(await outcome(call))).rejects.toThrow(words);
        }
        // What every rank can see is wrong before anything is sent.
        await expect(half.createIntercomm(2, comm, 0)).rejects.toThrow(/localLeader is 2.*0 to 1/);
        await expect(half.createIntercomm(2, comm, 0)).rejects.toEqual(code('ERR_RANK'));
        expect(await half.allreduce(1)).toBe(2);
        const inter = await half.createIntercomm(0, comm, (comm.rank + 1) % 2);
        expect(await inter.allreduce(comm.rank)).toBe(comm.rank % 2 === 0 ? 4 : 2);
      });
    });

    it('of groups with a common member are refused in both', async () => {
      await run(5, async (comm) => {
        const [low, high] = [comm.group.include([0, 1, 2]), comm.group.include([4, 3, 2])];
        const [lower, upper] = [await comm.create(low), await comm.create(high)];
        const failures = await Promise.all([
          lower && outcome(lower.createIntercomm(0, comm, 4, 1)),
          upper && outcome(upper.createIntercomm(0, comm, 0, 1)),
        ]);
        for (const failure of failures) {
          if (failure === undefined) continue;
          expect(failure).toMatchObject({ code: 'ERR_ARG' });
          expect((failure as Error).message).toMatch(/one process is in both groups/);
        }
        expect(await lower?.allreduce(1)).toBe(lower && 3);
        expect(await upper?.allreduce(1)).toBe(upper && 3);
        await expect(comm.createIntercomm(1, comm, 1)).rejects.toEqual(code('ERR_ARG'));
      });
    });

    it('because ranks of one group disagree fail in both, and hang nobody', async () => {
      const failures = await run(5, async (comm) => {
        const half = (await comm.split(comm.rank < 3 ? 0 : 1)) as Communicator;
        if (comm.rank >= 3) {
          const first = (await outcome(half.createIntercomm(0, comm, 0))) as MpiError;
          await expect(half.createIntercomm(1, comm, 0, 1)).rejects.toThrow(/the other group could not make the call/);
          expect(await half.allreduce(1)).toBe(2);
          return first.code;
        }
        // One of the group makes another call.
        const call = comm.rank === 2 ? half.barrier() : half.createIntercomm(0, comm, 3);
        const { code: first } = (await outcome(call)) as MpiError;
        // On what does not work any more nothing can be begun.
        await expect(half.barrier()).rejects.toThrow(MpiError);
        await expect(half.createIntercomm(0, comm, 4, 1)).rejects.toEqual(code('ERR_COMM'));
        return first;
      });
      for (const failure of failures.slice(0, 3)) expect(['ERR_MISMATCH', 'ERR_COMM']).toContain(failure);
      expect(failures.slice(0, 3)).toContain('ERR_MISMATCH');
      expect(failures.slice(3)).toEqual(['ERR_COMM', 'ERR_COMM']);
    });

    it('in time end with ERR_TIMEOUT; a group that comes later is told', async () => {
      await run(3, async (comm) => {
        const half = (await comm.split(comm.rank === 0 ? 0 : 1)) as Communicator;
        if (comm.rank > 0) {
          const limits = comm.rank === 1 ? { timeout: 20 } : {};
          const failure = await outcome(half.createIntercomm(0, comm, 0, 0, limits));
          expect(failure).toEqual(code(comm.rank === 1 ? 'ERR_TIMEOUT' : 'ERR_COMM'));
          await comm.barrier();
          await expect(half.barrier()).rejects.toEqual(code('ERR_COMM'));
        } else {
          await comm.barrier();
          await expect(half.createIntercomm(0, comm, 1)).rejects.toEqual(code('ERR_COMM'));
        }
        // One whose leader waits while another rank of its group gives up.
        const again = (await comm.split(comm.rank === 0 ? 0 : 1)) as Communicator;
        if (comm.rank === 0) await comm.barrier();
        else {
          const limits = comm.rank === 2 ? { timeout: 20 } : {};
          const failure = await outcome(again.createIntercomm(0, comm, 0, 1, limits));
          expect(failure).toEqual(code(comm.rank === 2 ? 'ERR_TIMEOUT' : 'ERR_COMM'));
          await comm.barrier();
        }
        if (comm.rank === 0) await expect(again.createIntercomm(0, comm, 1, 1)).rejects.toEqual(code('ERR_COMM'));
      });
    });
  });

  describe('in use', () => {
    /** All make their call and then, whatever came of it, barriers until one fails. */
    async function untilFailure(inter: Intercommunicator, call: () => Promise<unknown>): Promise<MpiError> {
      let failure = await outcome(call());
      for (let i = 0; i < 5 && !(failure instanceof MpiError); i++) failure = await outcome(inter.barrier());
      return failure as MpiError;
    }

    type Calls = (inter: Intercommunicator, left: boolean) => Promise<unknown>;
    const array = (length = 8) => new Float64Array(length);
    const rooted = (inter: Intercommunicator, left: boolean, root = 0) =>
      left ? (inter.rank === root ? ROOT : PROC_NULL) : root;
    const disagreements: [
      what: string,
      odd: (who: { left: boolean; rank: number }) => boolean,
      one: Calls,
      rest: Calls,
    ][] = [
      ['another collective in the other group', ({ left }) => left, (i) => i.barrier(), (i) => i.allreduce(1)],
      [
        'another collective on one rank',
        ({ left, rank }) => left && rank === 1,
        (i) => i.barrier(),
        (i) => i.allgather(1),
      ],
      ['another op', ({ left }) => left, (i) => i.allreduce(1, MAX), (i) => i.allreduce(1, SUM)],
      ['another length', ({ left }) => left, (i) => i.allreduce(array(9)), (i) => i.allreduce(array(8))],
      [
        'another length of vectors',
        ({ left }) => left,
        (i) => i.reduceScatterBlock(array(12)),
        (i) => i.reduceScatterBlock(array(8)),
      ],
      ['another dtype', ({ left }) => left, (i) => i.allreduce(new Float32Array(8)), (i) => i.allreduce(array())],
      [
        'another root in the other group',
        ({ left }) => left,
        (i, l) => i.bcast(1, rooted(i, l, 0)),
        (i, l) => i.bcast(1, rooted(i, l, 1)),
      ],
      [
        'another root on one rank',
        ({ left, rank }) => !left && rank === 1,
        (i) => i.gather(1, 1),
        (i, l) => i.gather(1, rooted(i, l)),
      ],
      ['two roots', ({ left }) => left, (i) => i.bcast(1, ROOT), (i) => i.bcast(1, 0)],
      [
        'roots in both groups',
        ({ left }) => left,
        (i) => i.reduce(1, SUM, i.rank === 0 ? ROOT : PROC_NULL),
        (i) => i.reduce(1, SUM, i.rank === 0 ? ROOT : PROC_NULL),
      ],
      ['no root', ({ left }) => left, (i) => i.bcast(1, PROC_NULL), (i) => i.bcast(1, 0)],
      ['no root of a scatter', ({ left }) => left, (i) => i.scatter([1], PROC_NULL), (i) => i.scatter(undefined, 1)],
      ['both groups waiting for a root', ({ left }) => left, (i) => i.bcast(1, 0), (i) => i.bcast(1, 0)],
      [
        'a rank that takes the root for one of the others',
        ({ left, rank }) => left && rank === 1,
        (i) => i.bcast(1, 0),
        (i, l) => i.bcast(1, rooted(i, l)),
      ],
      ['free in one group only', ({ left }) => left, (i) => i.free(), (i) => i.barrier()],
      ['merge in one group only', ({ left }) => left, (i) => i.merge(true), (i) => i.dup()],
    ];

    it.each(disagreements)('for %s give ERR_MISMATCH, and hang nobody', async (what, odd, one, rest) => {
      const failures = await among(TWO_TWO, async ({ inter, left }) =>
        untilFailure(inter, () => (odd({ left, rank: inter.rank }) ? one : rest)(inter, left)),
      );
      for (const failure of failures) {
        expect(failure).toBeInstanceOf(MpiError);
        expect(['ERR_MISMATCH', 'ERR_COMM']).toContain(failure.code);
      }
      const mismatches = failures.filter((failure) => failure.code === 'ERR_MISMATCH');
      expect(mismatches, what).not.toEqual([]);
      expect(mismatches[0]?.message).toMatch(/rank \d.* called \w+.*rank \d.* called \w+/);
    });

    it('say which group each rank is of, and the root in it', async () => {
      const [, , failure] = await among(TWO_TWO, ({ inter, left }) =>
        untilFailure(inter, () => inter.bcast(1, rooted(inter, left, left ? 0 : 1))),
      );
      expect(failure?.message).toMatch(
        /rank \d of the (first|second) group called bcast\(root [01] of the (first|second) group\)/,
      );
    });

    it('because an op throws fail on every rank of both groups', async () => {
      for (const culprit of [0, 3]) {
        const failures = await among(THREE_FIVE, async ({ inter }, comm) => {
          const op = (a: number, b: number) => {
            if (comm.rank >= culprit && comm.rank < culprit + 3) throw new RangeError('no');
            return a + b;
          };
          const first = await outcome(inter.allreduce(1, op));
          const second = await outcome(inter.allreduce(1));
          return [first, second, await outcome(inter.recv())];
        });
        expect(failures.some(([first]) => first instanceof RangeError)).toBe(true);
        for (const [first, second, third] of failures) {
          expect(first).toSatisfy((end) => end instanceof RangeError || (end as MpiError).code === 'ERR_COMM');
          expect([second, third]).toEqual([code('ERR_COMM'), code('ERR_COMM')]);
        }
      }
    });

    it('because the time is over or a signal fires fail on every rank of both groups, and can be freed', async () => {
      await among(THREE_FIVE, async ({ inter, half }, comm) => {
        const controller = new AbortController();
        if (comm.rank === 4) {
          const call = inter.barrier({ signal: controller.signal });
          controller.abort();
          await expect(call).rejects.toEqual(code('ERR_ABORTED'));
        } else if (comm.rank !== 1) await expect(inter.barrier()).rejects.toEqual(code('ERR_COMM'));
        else await expect(inter.recv()).rejects.toEqual(code('ERR_COMM'));
        await expect(inter.dup()).rejects.toEqual(code('ERR_COMM'));
        await inter.free();
        expect(await half.allreduce(1)).toBe(half.size);
      });
      await among(THREE_FIVE, async ({ inter }, comm) => {
        if (comm.rank === 7) await expect(inter.allgather(1)).rejects.toEqual(code('ERR_COMM'));
        else if (comm.rank === 0)
          await expect(inter.allgather(1, { timeout: 20 })).rejects.toEqual(code('ERR_TIMEOUT'));
        else await expect(inter.recv(0)).rejects.toEqual(code('ERR_COMM'));
        await inter.free();
      });
    });

    it('because flags of merge differ in one group are ERR_MISMATCH on all ranks, and go on', async () => {
      await among(THREE_FIVE, async ({ inter, left }) => {
        const merging = inter.merge(left && inter.rank === 1);
        await expect(merging).rejects.toMatchObject({ code: 'ERR_MISMATCH' });
        await expect(Promise.reject(await outcome(merging))).rejects.toThrow(/some ranks of the first group/);
        await expect(inter.merge('high' as never)).rejects.toEqual(code('ERR_ARG'));
        expect(await (await inter.merge(left)).allreduce(1)).toBe(8);
      });
    });

    it('because one rank is a call ahead when they are freed hang nobody', async () => {
      for (const ahead of [0, 1, 2]) {
        const ends = await among(DIVISIONS[4] as Division, async ({ inter, left }) => {
          // Here nothing is sent, and nothing waited for.
          const first = left && inter.rank === ahead ? await outcome(inter.bcast(1, PROC_NULL)) : undefined;
          // Where it is known already that nothing works any more, each rank frees it for itself.
          return [first, await outcome(inter.free())];
        });
        expect(ends.flat()).toContainEqual(code('ERR_MISMATCH'));
      }
    });

    it('by their arguments are refused before anything is sent', async () => {
      await among(TWO_TWO, async ({ inter, left }) => {
        for (const root of [2, -1, -4, 0.5, undefined, '0'] as number[]) {
          await expect(inter.bcast(1, root)).rejects.toThrow(/ROOT.*PROC_NULL.*from 0 to 1/);
          await expect(inter.gather(1, root)).rejects.toEqual(code('ERR_ROOT'));
          await expect(inter.reduce(1, SUM, root)).rejects.toEqual(code('ERR_ROOT'));
        }
        await expect(inter.scatter([1], ROOT)).rejects.toEqual(code('ERR_COUNT'));
        await expect(inter.scatterv(array(3), [1], ROOT)).rejects.toEqual(code('ERR_COUNT'));
        await expect(inter.scatterv([1] as never, [1, 0], ROOT)).rejects.toEqual(code('ERR_TYPE'));
        await expect(inter.alltoall([1])).rejects.toEqual(code('ERR_COUNT'));
        await expect(inter.alltoallv(array(1), [1, 1])).rejects.toEqual(code('ERR_COUNT'));
        await expect(inter.allgatherv(array(1), { counts: [1] })).rejects.toEqual(code('ERR_COUNT'));
        await expect(inter.reduceScatter(array(3), [1, 1])).rejects.toEqual(code('ERR_COUNT'));
        await expect(inter.reduceScatterBlock(array(3))).rejects.toEqual(code('ERR_COUNT'));
        await expect(inter.allreduce('text')).rejects.toEqual(code('ERR_TYPE'));
        await expect(inter.allreduce(1, 'sum' as never)).rejects.toEqual(code('ERR_OP'));
        await expect(inter.bcast(() => 1, ROOT)).rejects.toEqual(code('ERR_TYPE'));
        await expect(inter.barrier({ algorithm: 'tree' } as never)).rejects.toEqual(code('ERR_ARG'));
        await expect(inter.barrier({ timeout: -1 })).rejects.toEqual(code('ERR_ARG'));
        expect(() => inter.setName(1 as never)).toThrow(MpiError);
        expect(() => inter.abort(256)).toThrow(MpiError);
        expect(await inter.bcast('fine', rooted(inter, left))).toBe(left ? undefined : 'fine');
      });
    });

    it('by elements that differ or counts that do not fit are ERR_MISMATCH', async () => {
      const kinds = await among(TWO_TWO, async ({ inter, left }) =>
        untilFailure(inter, () =>
          inter.gatherv(left ? undefined : inter.rank === 0 ? array(2) : new Int8Array(2), rooted(inter, left)),
        ),
      );
      expect(kinds.map((failure) => failure.code)).toContain('ERR_MISMATCH');
      const counts = await among(
        TWO_TWO,
        ({ inter }) => outcome(inter.reduceScatter(array(4), inter.rank === 0 ? [1, 3] : [3, 1])) as Promise<MpiError>,
      );
      for (const failure of counts) expect(['ERR_MISMATCH', 'ERR_COMM']).toContain(failure.code);
      const sent = await among(
        TWO_TWO,
        ({ inter }) => outcome(inter.allgatherv(array(2), { counts: [2, 3] })) as Promise<MpiError>,
      );
      expect(sent).toEqual([0, 1, 2, 3].map(() => code('ERR_MISMATCH')));
    });
  });
});
