/** Section 5 of the contract over every transport: the end of a communicator. */
import { describe, expect, it } from 'vitest';
import type { Communicator } from '../../src/comm/communicator.ts';
import { ANY_SOURCE } from '../../src/matching/envelope.ts';
import { contextsOf, leaves } from '../helpers/leftovers.ts';
import { runs } from '../helpers/runs.ts';

const code = (value: string) => expect.objectContaining({ code: value });
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
/** Larger than every eager limit. */
const LARGE = 300_000;

/** The value, or the error's code. */
const outcome = (call: PromiseLike<unknown>) =>
  call.then(
    (value) => value,
    (error: { code: string }) => error.code,
  );

/** Of equal bytes. To look at each element of a large array takes longer than to send it. */
const same = (one: Uint8Array | undefined, other: Uint8Array) => one !== undefined && Buffer.compare(one, other) === 0;

/** Every call that a communicator has, as a program may make it. */
const CALLS: Record<string, (comm: Communicator) => unknown> = {
  send: (comm) => comm.send(1, 0),
  ssend: (comm) => comm.ssend(1, 0),
  isend: (comm) => comm.isend(1, 0),
  issend: (comm) => comm.issend(1, 0),
  recv: (comm) => comm.recv(),
  irecv: (comm) => comm.irecv(0),
  sendrecv: (comm) => comm.sendrecv(1, 0, 0),
  probe: (comm) => comm.probe(),
  mprobe: (comm) => comm.mprobe(),
  messages: (comm) => comm.messages().next(),
  sendInit: (comm) => comm.sendInit(1, 0).start(),
  recvInit: (comm) => comm.recvInit(0).start(),
  barrier: (comm) => comm.barrier(),
  bcast: (comm) => comm.bcast(1),
  allreduce: (comm) => comm.allreduce(1),
  alltoall: (comm) => comm.alltoall(comm.group.ranks),
  gatherv: (comm) => comm.gatherv(new Int8Array(1)),
  exscan: (comm) => comm.exscan(1),
  dup: (comm) => comm.dup(),
  split: (comm) => comm.split(0),
  splitType: (comm) => comm.splitType('shared'),
  create: (comm) => comm.create(comm.group),
  createGroup: (comm) => comm.createGroup(comm.group),
  free: (comm) => comm.free(),
};

describe.each(runs)('freeing over %s', (_name, run) => {
  describe.each([1, 2, 3, 4, 5, 6, 7, 8])('on %i ranks', (size) => {
    const ranks = [...Array(size).keys()];

    it('leaves nothing, and every call after it is ERR_COMM; what was derived and what it came from go on', async () => {
      await run(size, async (comm) => {
        const contexts = await contextsOf(comm);
        const copy = await comm.dup();
        const part = (await copy.split(copy.rank % 2)) as Communicator;
        await copy.free();
        for (const [name, call] of Object.entries(CALLS)) {
          await expect((async () => call(copy))(), name).rejects.toEqual(code('ERR_COMM'));
        }
        for (const look of [() => copy.iprobe(), () => copy.improbe()]) expect(look).toThrow(code('ERR_COMM'));
        expect([copy.rank, copy.size, copy.name]).toEqual([comm.rank, size, 'dup of world']);
        expect(await part.allreduce(1)).toBe(part.size);
        expect(await comm.allreduce(1)).toBe(size);
        const made = [await comm.create(comm.group), await comm.createGroup(comm.group), await part.dup(), part];
        for (const one of made) await one?.free();
        await leaves(comm, contexts);
      });
    });

    it('lets everything arrive that was sent and is waited for, small and large, between all ranks', async () => {
      await run(size, async (comm) => {
        const copy = await comm.dup();
        const receives = ranks.flatMap((rank) => [
          copy.irecv(rank, 1),
          copy.irecv<Uint8Array>(rank, 2),
          comm.irecv(rank, 1),
        ]);
        const sends = ranks.flatMap((rank) => [
          copy.isend(`copy ${copy.rank}`, rank, 1),
          copy.isend(new Uint8Array(LARGE).fill(copy.rank), rank, 2),
          comm.isend(`comm ${comm.rank}`, rank, 1),
        ]);
        await copy.free();
        for (const rank of ranks) {
          const [small, large, other] = receives.slice(3 * rank);
          expect([await small, await other]).toEqual([`copy ${rank}`, `comm ${rank}`]);
          expect(same((await large) as Uint8Array, new Uint8Array(LARGE).fill(rank))).toBe(true);
        }
        await Promise.all(sends);
      });
    });

    it('ends receives that nobody has sent for, and sends that nobody has received, with ERR_COMM', async () => {
      await run(size, async (comm) => {
        const contexts = await contextsOf(comm);
        const copy = await comm.dup();
        const next = (copy.rank + 1) % size;
        const received = copy.irecv(ANY_SOURCE, 1);
        const calls = [
          copy.irecv(next, 1),
          copy.irecv(next, 3),
          copy.recv(),
          copy.probe(ANY_SOURCE, 3),
          copy.mprobe(next, 3),
          copy.issend('small', next, 2),
          copy.issend('larger', next, 2),
          copy.isend(new Uint8Array(LARGE), next, 2),
        ].map(outcome);
        // The wildcard gets this one, and the other receive of its tag nothing. The other wildcard gets the first of tag 2.
        const buffered = copy.isend('for the first', next, 1);
        const dropped = copy.isend('for nobody', next, 4);
        await copy.free();
        expect(await received).toBe('for the first');
        expect(await Promise.all([buffered, dropped])).toEqual([undefined, undefined]);
        const ends = await Promise.all(calls);
        expect(ends).toEqual([
          'ERR_COMM',
          'ERR_COMM',
          'small',
          'ERR_COMM',
          'ERR_COMM',
          undefined,
          'ERR_COMM',
          'ERR_COMM',
        ]);
        await leaves(comm, contexts);
      });
    });

    it('lets collectives that were begun before come to their end', async () => {
      await run(size, async (comm) => {
        const copy = await comm.dup();
        const calls = [
          copy.barrier(),
          copy.allreduce(new Float64Array(40_000).fill(1)),
          copy.bcast(copy.rank === 0 ? 'told' : undefined),
          copy.alltoall(ranks),
          copy.split(copy.rank),
          copy.dup(),
        ] as const;
        await copy.free();
        const [, sums, told, mine, alone, again] = await Promise.all(calls);
        expect(sums.every((sum) => sum === size)).toBe(true);
        expect([told, mine]).toEqual(['told', ranks.map(() => copy.rank)]);
        expect([await alone?.allreduce(1), await again.allreduce(1)]).toEqual([1, size]);
      });
    });

    it('returns when all ranks have called it', async () => {
      await run(size, async (comm) => {
        const copy = await comm.dup();
        const last = size - 1;
        if (comm.rank === last && size > 1) await comm.recv(0);
        let freed = false;
        const freeing = copy.free().then(() => (freed = true));
        if (comm.rank === 0 && size > 1) {
          for (let i = 0; i < 5; i++) await turn();
          expect(freed).toBe(false);
          await comm.send('now', last);
        }
        await freeing;
      });
    });

    it('by await using: at the end of the block, also when it ends by an error, which comes through as it is', async () => {
      await run(size, async (comm) => {
        const contexts = await contextsOf(comm);
        let kept: Communicator | undefined;
        {
          await using copy = await comm.dup();
          await using part = await copy.split(copy.rank % 2);
          kept = copy;
          expect(await part?.allreduce(1)).toBe(part?.size);
        }
        await expect(kept.barrier()).rejects.toEqual(code('ERR_COMM'));
        const thrown = new RangeError('the program has gone wrong');
        const failing = async () => {
          await using copy = await comm.dup();
          await using part = await copy.split(0);
          kept = part;
          throw thrown;
        };
        expect(await failing().catch((error: unknown) => error)).toBe(thrown);
        await expect(kept.barrier()).rejects.toEqual(code('ERR_COMM'));
        // Freed by hand before the end of the block, or not there at all: nothing more to do.
        {
          await using copy = await comm.dup();
          await using none = await comm.split(undefined);
          await copy.free();
          expect(none).toBeUndefined();
        }
        await leaves(comm, contexts);
      });
    });
  });

  it('twice is ERR_COMM; with wrong options it has not begun', async () => {
    await run(2, async (comm) => {
      const copy = await comm.dup();
      await expect(copy.free({ timeout: -1 })).rejects.toEqual(code('ERR_ARG'));
      await expect(copy.free({ signal: 5 as never })).rejects.toEqual(code('ERR_ARG'));
      expect(await copy.allreduce(1)).toBe(2);
      const first = copy.free();
      await expect(copy.free()).rejects.toMatchObject({ code: 'ERR_COMM', rank: copy.rank, op: 'free' });
      await expect(copy.send(1, 0)).rejects.toEqual(code('ERR_COMM'));
      await first;
      await expect(copy.free()).rejects.toThrow('free: communicator dup of world has been freed');
    });
  });

  it('counts messages that are taken back, given up, or taken aside', async () => {
    await run(2, async (comm) => {
      const copy = await comm.dup();
      const other = 1 - copy.rank;
      const cancelled = copy.issend('taken back', other, 1);
      expect(await cancelled.cancel()).toBe(true);
      await expect(copy.ssend('given up', other, 2, { timeout: 1 })).rejects.toEqual(code('ERR_TIMEOUT'));
      await expect(copy.recv(other, 9, { timeout: 1 })).rejects.toEqual(code('ERR_TIMEOUT'));
      const sends = [copy.isend('aside', other, 3), copy.isend(new Uint8Array(LARGE), other, 3)];
      const aside = [await copy.mprobe(other, 3), await copy.mprobe(other, 3)];
      await copy.free();
      expect(await aside[0]?.recv()).toBe('aside');
      expect(same(await aside[1]?.recv<Uint8Array>(), new Uint8Array(LARGE))).toBe(true);
      await Promise.all(sends);
    });
  });

  it('takes messages that are far ahead of their receiver', async () => {
    await run(3, async (comm) => {
      const copy = await comm.dup();
      if (comm.rank === 0) {
        // As many as are buffered are as good as received; those that wait for their receiver learn that it has gone.
        const sends = Array.from({ length: 2000 }, (_, i) => outcome(copy.isend(i, 1)));
        await copy.free();
        for (const end of await Promise.all(sends)) expect([undefined, 'ERR_COMM']).toContain(end);
        await comm.send('done', 2);
      } else if (comm.rank === 1) {
        const last = copy.irecv(0, 0);
        await copy.free();
        expect(await last).toBe(0);
      } else {
        await copy.free();
        expect(await comm.recv(0)).toBe('done');
      }
    });
  });

  it('what is broken is freed by each rank for itself', async () => {
    await run(3, async (comm) => {
      const copy = await comm.dup();
      const failed = copy.rank === 0 ? copy.barrier({ timeout: 1 }) : copy.recv(0);
      expect(await outcome(failed)).toBe(copy.rank === 0 ? 'ERR_TIMEOUT' : 'ERR_COMM');
      if (copy.rank !== 1) await copy.free();
      if (copy.rank === 0) await expect(copy.free()).rejects.toEqual(code('ERR_COMM'));
      // A message to one that has freed it already, from one that has not heard of anything, is no message of any other.
      expect(await comm.allreduce(1)).toBe(3);
      if (copy.rank === 1) await copy.free();
    });
  });

  it('a rank that does not come: ERR_TIMEOUT at who gives up, ERR_COMM elsewhere, and it has ended for all', async () => {
    await run(3, async (comm) => {
      const copy = await comm.dup();
      const waiting = copy.irecv(1, 5);
      const freeing = copy.rank === 0 ? copy.free({ timeout: 10 }) : copy.rank === 1 ? copy.recv(0) : copy.free();
      const end = await outcome(freeing);
      expect(end).toBe(copy.rank === 0 ? 'ERR_TIMEOUT' : 'ERR_COMM');
      await expect(waiting).rejects.toEqual(code('ERR_COMM'));
      if (copy.rank === 1) await copy.free();
      await expect(copy.barrier()).rejects.toEqual(code('ERR_COMM'));
      expect(await comm.allreduce(1)).toBe(3);
    });
  });

  it('given up, it ends the sends that nobody has received, also while the others have not freed it', async () => {
    await run(2, async (comm) => {
      const copy = await comm.dup();
      if (copy.rank === 0) {
        const sends = [copy.isend(new Uint8Array(LARGE), 1), copy.issend('small', 1)].map(outcome);
        expect(await outcome(copy.free({ timeout: 10 }))).toBe('ERR_TIMEOUT');
        expect(await Promise.all(sends)).toEqual(['ERR_COMM', 'ERR_COMM']);
      }
      await comm.barrier();
      if (copy.rank === 1) await copy.free();
    });
  });

  it('is waited for at the end of the program, also where the others free by hand', async () => {
    for (const size of [2, 3, 4, 7]) {
      await run(size, async (comm) => {
        const copy = await comm.dup();
        if (comm.rank === 0) {
          await using mine = copy;
          return mine.size;
        }
        await copy.free();
        return size;
      });
    }
  });

  it('on one rank while another makes another call: ERR_MISMATCH, and nobody hangs', async () => {
    const others: [string, (comm: Communicator) => Promise<unknown>][] = [
      ['barrier', (comm) => comm.barrier()],
      ['a root that only sends', (comm) => comm.bcast(1, comm.rank)],
      ['a reduction', (comm) => comm.allreduce(new Float64Array(40_000))],
      ['split', (comm) => comm.split(0)],
    ];
    for (const [what, other] of others) {
      for (const freeing of [[0], [2], [0, 1]]) {
        const ends = await run(3, async (comm) => {
          const copy = await comm.dup();
          const frees = freeing.includes(comm.rank);
          const end = await outcome(frees ? copy.free() : other(copy).then(() => copy.barrier()));
          await expect(copy.barrier()).rejects.toEqual(code('ERR_COMM'));
          expect(await comm.allreduce(1)).toBe(3);
          // Who hears of the disagreement before it frees frees what is broken already.
          return frees ? (end ?? 'ERR_MISMATCH') : end;
        });
        expect(ends, `${what}, ${freeing} free`).toEqual(Array(3).fill('ERR_MISMATCH'));
      }
    }
  });

  it('again and again, with messages and collectives in each, leaves nothing', async () => {
    await run(4, async (comm) => {
      const contexts = await contextsOf(comm);
      for (let i = 0; i < 60; i++) {
        const made = [
          await comm.dup(),
          (await comm.split(comm.rank % 2, i)) ?? comm,
          await comm.createGroup(comm.group, i),
        ];
        for (const one of made) {
          const next = (one.rank + 1) % one.size;
          expect(await one.sendrecv(i, next, ANY_SOURCE, { sendTag: 1, recvTag: 1 })).toBe(i);
          // Left behind in every one of them.
          void one.isend(i, 0, 9);
          expect(await one.allreduce(1)).toBe(one.size);
        }
        // One is waited for, one not, one is at the end of a block.
        await made[0]?.free();
        void made[1]?.free();
        await made[2]?.[Symbol.asyncDispose]();
      }
      await leaves(comm, contexts);
    });
  });
});
