/** Making communicators where a rank gives up on the way: nobody waits for it, and what comes late is not taken for something else. */
import { describe, expect, it } from 'vitest';
import { simulate } from '../../src/runtime/simulate.ts';
import { spmd } from '../../src/runtime/spmd.ts';

const outcome = (promise: Promise<unknown>) =>
  promise.then(
    () => 'made',
    (error: { code?: string }) => error.code,
  );

describe('createGroup', () => {
  it('fails below a member that has given another group', async () => {
    const outcomes = await spmd(8, async (world) => {
      const group = world.rank === 4 ? world.group.include([0, 2, 1, 3, 4, 5, 6, 7]) : world.group;
      const result = await outcome(world.createGroup(group));
      await world.barrier();
      return result;
    });
    expect(outcomes).toEqual(['made', 'made', 'made', 'made', 'ERR_MISMATCH', 'ERR_COMM', 'ERR_COMM', 'ERR_COMM']);
  });

  it('fails below a member whose time is over, and below one that is lost', async () => {
    const { results } = await simulate(8, async (world, clock) => {
      if (world.rank === 0) await clock.sleep(1);
      const limits = world.rank === 4 ? { timeout: 10 } : undefined;
      const result = await outcome(world.createGroup(world.group, 0, limits));
      await world.barrier();
      return result;
    });
    expect(results).toEqual(['made', 'made', 'made', 'made', 'ERR_TIMEOUT', 'ERR_COMM', 'ERR_COMM', 'ERR_COMM']);

    const lost = await simulate(
      4,
      async (world, clock) => {
        if (world.rank === 0) await clock.sleep(1);
        return outcome(world.createGroup(world.group));
      },
      { failures: [{ rank: 0, at: 0.5 }] },
    );
    expect(lost.results.slice(1)).toEqual(['ERR_PROC_FAILED', 'ERR_PROC_FAILED', 'ERR_COMM']);
  });

  it('does not take what was meant for a call that was given up', async () => {
    const sums = await spmd(2, async (world) => {
      if (world.rank === 1) {
        expect(await outcome(world.createGroup(world.group, 0, { timeout: 5 }))).toBe('ERR_TIMEOUT');
        await world.send(null, 0, 1);
      } else {
        await world.recv(1, 1);
        await world.createGroup(world.group, 0);
      }
      const again = await world.createGroup(world.group, 0);
      return again.allreduce(1);
    });
    expect(sums).toEqual([2, 2]);
  });
});

describe('createGroup with limits', () => {
  it('counts every call that was given up, also before it began and one after the other', async () => {
    const sums = await spmd(2, async (world) => {
      if (world.rank === 1) {
        const signal = AbortSignal.abort();
        expect(await outcome(world.createGroup(world.group, 3, { timeout: 5 }))).toBe('ERR_TIMEOUT');
        expect(await outcome(world.createGroup(world.group, 3, { timeout: 5 }))).toBe('ERR_TIMEOUT');
        expect(await outcome(world.createGroup(world.group, 3, { signal }))).toBe('ERR_ABORTED');
        await world.send(null, 0, 1);
      } else {
        await world.recv(1, 1);
        for (let i = 0; i < 3; i++) await world.createGroup(world.group, 3);
      }
      return (await world.createGroup(world.group, 3)).allreduce(1);
    });
    expect(sums).toEqual([2, 2]);
  });

  it('fails on all when the first member has a signal that has fired', async () => {
    const codes = await spmd(4, (world) => {
      const signal = world.rank === 0 ? AbortSignal.abort() : undefined;
      return outcome(world.createGroup(world.group, 0, { signal }));
    });
    expect(codes).toEqual(['ERR_ABORTED', 'ERR_COMM', 'ERR_COMM', 'ERR_COMM']);
  });
});

describe('a rank that is far ahead in ending blocks', () => {
  const endBlocks = async (world: Parameters<Parameters<typeof spmd>[1]>[0]) => {
    for (let i = 0; i < 70; i++) {
      await using block = await world.dup({ timeout: 10 });
      expect(block.size).toBe(2);
    }
  };

  it('waits no longer than its time limit says', async () => {
    await spmd(2, async (world) => {
      if (world.rank === 1) await world.recv(0, 1);
      await endBlocks(world);
      if (world.rank === 0) await world.send(null, 1, 1);
    });
  });

  it('waits for none that it frees itself, whatever the others do first', async () => {
    await spmd(2, async (world) => {
      const made = await Promise.all(Array.from({ length: 100 }, () => world.dup()));
      const free = () => Promise.all(made.map((one) => one.free()));
      const freed = world.rank === 0 ? free() : undefined;
      await (await world.dup()).barrier();
      await (freed ?? free());
    });
  });
});

it('a free whose signal has fired already frees on this rank alone', async () => {
  await spmd(2, async (world) => {
    const dup = await world.dup();
    const signal = world.rank === 0 ? AbortSignal.abort() : undefined;
    const result = await outcome(dup.free({ signal }));
    // The other rank hears of it before its own call, or in it.
    expect(world.rank === 0 ? ['ERR_ABORTED'] : ['ERR_COMM', 'made']).toContain(result);
    await expect(dup.barrier()).rejects.toThrow(expect.objectContaining({ code: 'ERR_COMM' }));
  });
});

it('free and another call are a disagreement, not a deadlock', async () => {
  const codes = await spmd(3, async (world) => {
    const comm = await world.dup();
    await comm.dup();
    return outcome(world.rank === 1 ? comm.dup() : comm.free());
  });
  expect(codes).toContain('ERR_MISMATCH');
});
