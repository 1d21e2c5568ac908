/** Two groups that talk to each other, over every transport: how they meet, send, become one and end. */
import { describe, expect, it } from 'vitest';
import type { Communicator } from '../../src/comm/communicator.ts';
import type { Group } from '../../src/comm/group.ts';
import { MpiError } from '../../src/errors.ts';
import { PROC_NULL } from '../../src/matching/envelope.ts';
import { Status } from '../../src/p2p/status.ts';
import { domainOf } from '../helpers/inside.ts';
import { contextsOf, leaves } from '../helpers/leftovers.ts';
import { runs } from '../helpers/runs.ts';
import { type Division, NAMED, type TwoGroups, twoGroups } from '../helpers/two-groups.ts';

const code = (value: string) => expect.objectContaining({ code: value });
/** Larger than every eager limit. */
const LARGE = 300_000;

/** The error of a call, or what it gave instead. */
const outcome = (call: PromiseLike<unknown>): PromiseLike<unknown> =>
  call.then(
    (value) => ({ value }),
    (error: unknown) => error,
  );

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
        // The last rank of each group leads it: the group whose leader is lower in the job comes first where both give the same.
        const leader = ({ endpoints }: Group) => endpoints.at(-1) as number;
        const lower = leader(inter.group) < leader(inter.remoteGroup);
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
});
