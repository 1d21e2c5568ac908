/** Two groups that talk to each other, over every transport: how they meet, send, become one, fail and end. */
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../src/collectives/inter/calls.ts';
import { MAX, SUM } from '../../src/collectives/ops.ts';
import type { Communicator } from '../../src/comm/communicator.ts';
import type { Intercommunicator } from '../../src/comm/intercommunicator.ts';
import { MpiError } from '../../src/errors.ts';
import { PROC_NULL } from '../../src/matching/envelope.ts';
import { Status } from '../../src/p2p/status.ts';
import { domainOf } from '../helpers/inside.ts';
import { contextsOf, leaves } from '../helpers/leftovers.ts';
import { runs } from '../helpers/runs.ts';
import { DIVISIONS, type Division, NAMED, type TwoGroups, twoGroups } from '../helpers/two-groups.ts';

const code = (value: string) => expect.objectContaining({ code: value });
/** Larger than every eager limit. */
const LARGE = 300_000;

/** The error of a call, or what it gave instead. */
const outcome = (call: PromiseLike<unknown>): PromiseLike<unknown> =>
  call.then(
    (value) => ({ value }),
    (error: unknown) => error,
  );

const THREE_FIVE = DIVISIONS.at(-1) as Division;
const TWO_TWO = DIVISIONS[2] as Division;

describe.each(runs)('intercommunicators over %s', (_name, run) => {
  const among = <T>(division: Division, program: (groups: TwoGroups, comm: Communicator) => Promise<T>, leader = 0) =>
    run(division.size, async (comm) => program(await twoGroups(comm, division, leader), comm));

  describe.each(NAMED)('of %s', (_of, division) => {
    it('know both groups, whoever leads them', async () => {
      for (const leader of [0, 1, 7]) {
        await among(
          division,
          async ({ inter, half, ours, theirs }, comm) => {
            expect([inter.rank, inter.size, inter.remoteSize]).toEqual([half.rank, ours.length, theirs.length]);
            expect(inter.group.translateRanks(inter.group.ranks, comm.group)).toEqual(ours);
            expect(inter.remoteGroup.translateRanks(inter.remoteGroup.ranks, comm.group)).toEqual(theirs);
            expect([inter.group.rank, inter.remoteGroup.rank]).toEqual([half.rank, undefined]);
            expect(inter.name).toContain(half.name);
            inter.setName('pairs');
            expect(inter.name).toBe('pairs');
            await inter.barrier();
          },
          leader,
        );
      }
    });

    it('send to ranks of the other group only, apart from every other communicator', async () => {
      await among(division, async ({ inter, half, ours, theirs }, comm) => {
        const me = ours[inter.rank] as number;
        // The same envelope on three communicators, between all that can.
        const other = inter.rank % inter.remoteSize;
        const sends = [
          ...theirs.map((_, dest) => inter.isend(['inter', me], dest, 4)),
          half.isend(['half', me], (half.rank + 1) % half.size, 4),
          comm.isend(['all', me], (comm.rank + 1) % comm.size, 4),
        ];
        const status = new Status();
        expect(await comm.recv(undefined, 4)).toEqual(['all', (comm.rank - 1 + comm.size) % comm.size]);
        expect(await half.recv(undefined, 4)).toEqual(['half', ours[(half.rank - 1 + half.size) % half.size]]);
        expect(await inter.recv(other, 4, { status })).toEqual(['inter', theirs[other]]);
        expect([status.source, status.tag]).toEqual([other, 4]);
        const came = new Set([other]);
        while (came.size < theirs.length) {
          const { source } = await inter.probe(undefined, 4);
          const message = await inter.mprobe(source);
          expect(await message.recv()).toEqual(['inter', theirs[source]]);
          came.add(source);
        }
        await Promise.all(sends);
        await inter.barrier();
        expect([inter.iprobe(), half.iprobe(), comm.iprobe()]).toEqual([undefined, undefined, undefined]);
      });
    });

    it('send whatever a communicator does', async () => {
      await among(division, async ({ inter, ours, theirs }) => {
        const me = ours[inter.rank] as number;
        const pairs = Math.min(inter.size, inter.remoteSize);
        if (inter.rank < pairs) {
          const peer = inter.rank;
          const there = theirs[peer] as number;
          const large = new Uint8Array(LARGE).fill(me);
          const got = await inter.sendrecv<Uint8Array>(large, peer, peer, { sendTag: 1, recvTag: 1 });
          expect(Buffer.compare(got, new Uint8Array(LARGE).fill(there))).toBe(0);
          const sending = inter.sendInit({ me }, peer, 2);
          const receiving = inter.recvInit(peer, 2);
          for (let turn = 0; turn < 3; turn++) {
            const started = sending.start();
            expect(await receiving.start()).toEqual({ me: there });
            await started;
          }
          const sent = inter.issend(me, peer, 5);
          for await (const { value, source, tag } of inter.messages()) {
            expect([value, source, tag]).toEqual([there, peer, 5]);
            break;
          }
          await sent;
        }
        await inter.send(1, PROC_NULL);
        expect(await inter.recv(PROC_NULL)).toBeUndefined();
        await expect(inter.send(1, inter.remoteSize)).rejects.toEqual(code('ERR_RANK'));
        await expect(inter.recv(inter.remoteSize)).rejects.toEqual(code('ERR_RANK'));
        await inter.barrier();
      });
    });

    it('become one communicator, in the order that is asked for', async () => {
      await among(division, async ({ inter, left, ours, theirs }) => {
        // The last rank of each group leads it: the group whose leader is lower comes first where both give the same.
        const lower = (ours.at(-1) as number) < (theirs.at(-1) as number);
        for (const [high, otherHigh] of [
          [true, false],
          [false, true],
          [false, false],
          [true, true],
        ] as const) {
          const mine = left ? high : otherHigh;
          const precede = high === otherHigh ? lower : !mine;
          const merged = await inter.merge(mine);
          const me = ours[inter.rank] as number;
          expect(await merged.allgather(me)).toEqual(precede ? [...ours, ...theirs] : [...theirs, ...ours]);
          expect(merged.rank).toBe(precede ? inter.rank : theirs.length + inter.rank);
          const copy = await merged.dup();
          expect(await copy.allreduce(1)).toBe(division.size);
        }
      });
    });

    it('are copied with their attributes, and compared', async () => {
      await among(division, async ({ inter, half, theirs }, comm) => {
        inter.attributes.set('key', [1]);
        const copy = await inter.dup();
        expect(copy.attributes.get('key')).toBe(inter.attributes.get('key'));
        expect([inter.compare(inter), inter.compare(copy)]).toEqual(['ident', 'congruent']);
        // Backwards: the same processes in another order, led by rank 0, which is the last one here.
        const turned = (await half.split(0, -half.rank)) as Communicator;
        const other = await turned.createIntercomm(0, comm, theirs.at(-1) as number);
        const alone = division.size === 2;
        expect(inter.compare(other)).toBe(alone ? 'congruent' : 'similar');
        const sent = copy.isend('copy', 0, 1);
        if (inter.rank === 0) {
          for (let source = 0; source < inter.remoteSize; source++) expect(await copy.recv(source, 1)).toBe('copy');
        }
        await sent;
        expect(() => inter.compare(half as never)).toThrow(expect.objectContaining({ code: 'ERR_COMM' }));
      });
    });

    it('are freed by both groups, again and again, and leave nothing', async () => {
      await run(division.size, async (comm) => {
        const contexts = await contextsOf(comm);
        const half = (await comm.split(division.left(comm.rank) ? 0 : 1)) as Communicator;
        await (await half.createGroup(half.group)).free();
        const parts = domainOf(comm).engine.census().contexts - contexts;
        const leaderOf = (left: boolean) => comm.group.ranks.find((rank) => division.left(rank) === left) as number;
        for (let round = 0; round < 25; round++) {
          const inter = await half.createIntercomm(0, comm, leaderOf(!division.left(comm.rank)), round);
          const waiting = inter.irecv((inter.rank + round) % inter.remoteSize, 7);
          const never = outcome(inter.recv(undefined, 8));
          const sends = Array.from({ length: inter.remoteSize }, (_, dest) =>
            outcome(inter.isend(new Uint8Array(round % 5 === 0 ? LARGE : 10), dest, 7)),
          );
          const copy = round % 4 === 0 ? await inter.dup() : undefined;
          const merged = round % 6 === 0 ? await inter.merge(false) : undefined;
          await Promise.all([inter.free(), copy?.free(), merged?.free()]);
          expect((await waiting) as Uint8Array).toHaveLength(round % 5 === 0 ? LARGE : 10);
          expect(await never).toEqual(code('ERR_COMM'));
          for (const sent of await Promise.all(sends)) {
            expect(sent).toSatisfy((end) => end instanceof MpiError === false || (end as MpiError).code === 'ERR_COMM');
          }
          await expect(inter.barrier()).rejects.toEqual(code('ERR_COMM'));
          await expect(inter.send(1, 0)).rejects.toEqual(code('ERR_COMM'));
          await expect(inter.free()).rejects.toEqual(code('ERR_COMM'));
        }
        await leaves(comm, contexts + parts);
      });
    });
  });

  it('are freed at the end of a block, two hundred of them', { timeout: 60_000 }, async () => {
    await run(3, async (comm) => {
      const contexts = await contextsOf(comm);
      const half = (await comm.split(comm.rank === 1 ? 0 : 1)) as Communicator;
      await (await half.createGroup(half.group)).free();
      for (let round = 0; round < 200; round++) {
        await using inter = await half.createIntercomm(half.size - 1, comm, comm.rank === 1 ? 2 : 1);
        expect(await inter.allreduce(1)).toBe(inter.remoteSize);
      }
      await half.free();
      await leaves(comm, contexts);
    });
  });

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

  describe('that go wrong', () => {
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
