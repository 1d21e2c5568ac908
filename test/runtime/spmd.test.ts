import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { MpiError } from '../../src/errors.ts';
import { spmd } from '../../src/testing.ts';

const code = (value: string) => expect.objectContaining({ code: value });

describe('spmd', () => {
  it('gives every rank its communicator, and the results by rank', async () => {
    expect(await spmd(4, (comm) => [comm.rank, comm.size, comm.name])).toEqual(
      [0, 1, 2, 3].map((rank) => [rank, 4, 'world']),
    );
    expect(await spmd(4, async (comm) => comm.group.ranks.length + (comm.group.rank ?? 0))).toEqual([4, 5, 6, 7]);
  });

  it('reports a deadlock at once, with who waits for what and the line', async () => {
    const failure = await spmd(2, async (comm) => {
      await comm.recv(1 - comm.rank, 7);
    }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(MpiError);
    expect(failure).toMatchObject({ code: 'ERR_DEADLOCK' });
    expect((failure as Error).message).toContain('rank 0 waits in recv(source 1, tag 7)');
    expect((failure as Error).message).toContain('rank 1 waits in recv(source 0, tag 7)');
    expect((failure as Error).stack).toContain('spmd.test.ts');
  });

  it('reports a deadlock of one rank, of large sends head to head, and of an await that nothing can settle', async () => {
    await expect(spmd(1, (comm) => comm.recv(0))).rejects.toEqual(code('ERR_DEADLOCK'));
    const headToHead = spmd(2, async (comm) => {
      await comm.send(new Uint8Array(1e6), 1 - comm.rank);
      await comm.recv();
    });
    await expect(headToHead).rejects.toThrow(/send\(dest 1, tag 0\)/);
    await expect(spmd(2, () => new Promise(() => {}))).rejects.toThrow(/something outside tsmpi/);
  });

  it('takes no timer, no I/O and no turn of the event loop for a deadlock', async () => {
    const results = await spmd(3, async (comm) => {
      if (comm.rank === 0) await sleep(60);
      if (comm.rank === 1) await readFile(import.meta.filename);
      if (comm.rank === 2) for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
      await comm.send(comm.rank, (comm.rank + 1) % 3);
      return comm.recv();
    });
    expect(results).toEqual([2, 0, 1]);
  });

  it('takes a program that only turns the event loop for alive', async () => {
    const results = await spmd(2, async (comm) => {
      if (comm.rank === 0) for (let i = 0; i < 500; i++) await new Promise((resolve) => setImmediate(resolve));
      return comm.sendrecv(comm.rank, 1 - comm.rank, 1 - comm.rank);
    });
    expect(results).toEqual([1, 0]);
  });

  it('runs beside another one without mistaking its timers', async () => {
    const one = (pause: number) =>
      spmd(2, async (comm) => {
        if (comm.rank === 0) await sleep(pause);
        return comm.sendrecv(comm.rank, 1 - comm.rank, 1 - comm.rank);
      });
    expect(await Promise.all([one(5), one(60), one(30)])).toEqual([
      [1, 0],
      [1, 0],
      [1, 0],
    ]);
  });

  it('is not misled by timers of others that end while its own still run', async () => {
    setTimeout(() => {}, 10);
    const results = await spmd(2, async (comm) => {
      if (comm.rank === 0) await sleep(60);
      return comm.sendrecv(comm.rank, 1 - comm.rank, 1 - comm.rank);
    });
    expect(results).toEqual([1, 0]);
  });

  it('rejects with the error of the rank that failed, and fails the calls of the others', async () => {
    const seen: unknown[] = [];
    const failure = spmd(3, async (comm) => {
      if (comm.rank === 1) throw new TypeError('rows is not iterable');
      try {
        await comm.recv(1);
      } catch (error) {
        seen.push(error);
        throw error;
      }
    });
    await expect(failure).rejects.toThrow(new TypeError('rows is not iterable'));
    expect(seen).toHaveLength(2);
    expect(seen[0]).toMatchObject({ code: 'ERR_PROC_FAILED', peer: 1 });
    expect((seen[0] as Error).message).toContain('rows is not iterable');
  });

  it('tells a rank that waits for one whose program has ended', async () => {
    const failure = spmd(2, async (comm) => {
      if (comm.rank === 0) await comm.recv(1, 3);
    });
    await expect(failure).rejects.toThrow(/recv\(source 1, tag 3\) can't complete: rank 1 has ended its script/);
  });

  it('finishes sends of a program that has ended before it calls it gone', async () => {
    const [, received] = await spmd(2, async (comm) => {
      if (comm.rank === 0) {
        void comm.isend(new Uint8Array(1e6).fill(3), 1);
        return 0;
      }
      await sleep(5);
      return (await comm.recv<Uint8Array>(0))[999_999];
    });
    expect(received).toBe(3);
  });

  it('ends with abort', async () => {
    const failure = spmd(2, async (comm) => {
      if (comm.rank === 1) comm.abort(7, 'no input');
      await comm.recv();
    });
    await expect(failure).rejects.toThrow('abort(7): no input');
    await expect(spmd(1, (comm) => comm.abort(300))).rejects.toEqual(code('ERR_ARG'));
  });

  it('delivers in the same order for the same seed, and in others for others', async () => {
    const order = (seed: number) =>
      spmd(
        4,
        async (comm) => {
          if (comm.rank > 0) {
            for (let i = 0; i < 8; i++) await comm.send(comm.rank * 10 + i, 0);
            return [];
          }
          const got: number[] = [];
          for (let i = 0; i < 24; i++) got.push(await comm.recv<number>());
          return got;
        },
        { seed },
      ).then(([first]) => String(first));
    const orders = await Promise.all([1, 2, 3, 1].map(order));
    expect(orders[0]).toBe(orders[3]);
    expect(new Set(orders).size).toBe(3);
  });

  it('refuses sizes that are none', async () => {
    for (const size of [0, -1, 1.5, '2']) await expect(spmd(size as number, () => 0)).rejects.toEqual(code('ERR_ARG'));
  });
});
