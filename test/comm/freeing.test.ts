/** What creating and freeing costs in the long run, and what it does when ranks are gone: in one process, where a test sees all of it. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { Deferred } from '../../src/base/deferred.ts';
import type { Communicator } from '../../src/comm/communicator.ts';
import { isMpiError, MpiError } from '../../src/errors.ts';
import { spmd } from '../../src/runtime/spmd.ts';
import { domainOf } from '../helpers/inside.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes in use, once nothing is under way. */
function heap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

const none = { early: 0, posted: 0, probes: 0, unexpected: 0, transfers: 0 };

/** How many numbers of communicators that are gone a rank remembers. */
const buried = (comm: Communicator) => (Reflect.get(domainOf(comm).engine, 'buried') as Set<number>).size;

type Make = (comm: Communicator, i: number) => Promise<Communicator>;

/** Makes and frees so many; returns when nothing is left on any rank. */
async function cycles(comm: Communicator, make: Make, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const made = await make(comm, i);
    if (i % 100 === 0) expect(await made.allreduce(1)).toBe(made.size);
    // Waited for, or left to the end of a block.
    if (i % 2 === 0) await made.free();
    else await made[Symbol.asyncDispose]();
  }
  while (domainOf(comm).member.domains.size > 1) await new Promise((resolve) => setImmediate(resolve));
  await comm.barrier();
}

async function leavesNothing(size: number, make: Make, count: number): Promise<void> {
  await spmd(size, async (comm) => {
    // Everything has been compiled, and every table has grown, before the first look.
    await cycles(comm, make, 1_000);
    const { engine } = domainOf(comm);
    const { contexts } = engine.census();
    const before = comm.rank === 0 ? heap() : 0;
    await comm.barrier();
    await cycles(comm, make, count);
    expect(engine.census()).toEqual({ contexts, ...none });
    expect(buried(comm)).toBe(0);
    // Less than the smallest object for each of them; what the engine of JavaScript keeps for itself varies by some 100 kB.
    if (comm.rank === 0) expect(heap() - before).toBeLessThan(Math.max(12 * size * count, 500_000));
  });
}

describe('creating and freeing leaves nothing', () => {
  it('where each is made of the one before: their names do not grow for ever', async () => {
    await spmd(2, async (comm) => {
      let last = await comm.dup();
      for (let i = 0; i < 200; i++) {
        const next = await last.dup();
        await last.free();
        last = next;
      }
      expect(last.name).toMatch(/^dup of dup of .*…$/);
      expect(last.name.length).toBeLessThan(130);
    });
  });

  const dup: Make = (comm) => comm.dup();
  const split: Make = async (comm, i) => (await comm.split(comm.rank % 2, (i * comm.rank) % 3)) as Communicator;
  const createGroup: Make = (comm, i) => comm.createGroup(comm.group, i);
  const ways: [string, number, number, Make][] = [
    ['dup', 10_000, 4, dup],
    ['split', 10_000, 4, split],
    ['createGroup', 10_000, 3, createGroup],
    ['create', 2_000, 3, async (comm) => (await comm.create(comm.group)) as Communicator],
    ['createCart', 2_000, 4, (comm) => comm.createCart([2, 2], true)],
    ['createGraph', 2_000, 3, (comm) => comm.createGraph([comm.rank], [comm.rank])],
    ['all of these', 100_000, 2, (comm, i) => ([dup, split, createGroup][i % 3] as Make)(comm, i)],
  ];

  it.each(ways)('by %s, %i times on %i ranks', { timeout: 120_000 }, (_, count, size, make) =>
    leavesNothing(size, make, count),
  );
});

describe('a communicator', () => {
  /** The code of an error, or the value. */
  const outcome = (call: Promise<unknown>) => call.catch((error: MpiError) => error.code);

  it('that lives as long as the job is not freed', async () => {
    await spmd(2, async (comm) => {
      const self = domainOf(comm).member.self();
      for (const one of [comm, self]) {
        await expect(one.free()).rejects.toMatchObject({ code: 'ERR_COMM', op: 'free', rank: one.rank });
        // The end of a block leaves it alone.
        await one[Symbol.asyncDispose]();
        expect(await one.allreduce(1)).toBe(one.size);
      }
      const copy = await self.dup();
      expect([copy.name, copy.size, await copy.allreduce(5)]).toEqual(['dup of self', 1, 5]);
      await copy.free();
    });
  });

  it.each([1, 2, 3, 4, 5])(
    'of which a rank is lost while it is freed is freed on the others (rank 0 of 6 ends in turn %i)',
    async (turns) => {
      const ends: unknown[] = [];
      const left: unknown[] = [];
      const all = new Deferred<void>();
      const job = spmd(6, async (comm) => {
        const copy = await comm.dup();
        const waiting = outcome(copy.recv(0, 5));
        const freeing = outcome(copy.free());
        if (comm.rank === 0) {
          for (let turn = 0; turn < turns; turn++) await Promise.resolve();
          throw new RangeError('rank 0 has gone wrong');
        }
        const { engine } = domainOf(comm);
        ends.push(await freeing, await waiting);
        await expect(copy.barrier()).rejects.toMatchObject({ code: 'ERR_COMM' });
        const { contexts, posted } = engine.census();
        left.push({ contexts, posted });
        if (left.length === 5) all.resolve();
      });
      await expect(job).rejects.toThrow('rank 0 has gone wrong');
      await all.promise;
      for (const end of ends) expect([undefined, 'ERR_PROC_FAILED', 'ERR_COMM']).toContain(end);
      expect(left).toEqual(Array(5).fill({ contexts: 2, posted: 0 }));
    },
  );

  it('does not wait for messages of a rank that was lost before all had agreed to free it', {
    timeout: 5000,
  }, async () => {
    await spmd(2, async (comm) => {
      const copy = await comm.dup();
      const domain = domainOf(copy);
      if (comm.rank === 0) {
        // As if rank 1 had told others of one message more, and had been lost with it.
        domain.beginFree();
        domain.engine.peerFailed(1, new MpiError('ERR_PROC_FAILED', 'rank 1 is lost'));
        await domain.arrived(1);
      }
    });
  });

  it('counts no message twice or not at all, whatever the order in which they come', async () => {
    for (let seed = 0; seed < 40; seed++) {
      await spmd(
        5,
        async (comm) => {
          const copy = await comm.dup();
          const next = (copy.rank + 1 + (seed % 4)) % 5;
          const sends = Array.from({ length: seed % 7 }, (_, i) =>
            outcome(copy.isend(new Uint8Array(i * 40), next, i)),
          );
          const groups = copy.rank % 2 === 0 ? await copy.createGroup(copy.group.include([4, 0, 2])) : undefined;
          const receives = Array.from({ length: seed % 5 }, () => outcome(copy.recv().then(() => 'value')));
          await copy.free();
          for (const end of await Promise.all([...sends, ...receives])) {
            expect([undefined, 'value', 'ERR_COMM']).toContain(end);
          }
          expect(await groups?.allreduce(1)).toBe(groups && 3);
        },
        { seed, eagerLimit: 64 },
      ).catch((error: unknown) => {
        if (isMpiError(error)) error.message = `seed ${seed}: ${error.message}`;
        throw error;
      });
    }
  });
});
