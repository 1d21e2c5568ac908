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

  it('fails below a member that has given them in another order, by the tree of the others', async () => {
    const outcomes = await spmd(4, async (world) => {
      const group = world.rank === 2 ? world.group.include([0, 2, 1, 3]) : world.group;
      const result = await outcome(world.createGroup(group));
      await world.barrier();
      return result;
    });
    expect(outcomes).toEqual(['made', 'made', 'ERR_MISMATCH', 'ERR_COMM']);
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

describe('a call that makes a communicator on some ranks and fails on others', () => {
  it.each([
    ['split', 1500],
    ['split', 0],
    ['create', 0],
    ['createCart', 0],
    ['dup', 0],
  ] as const)('%s: nobody waits in what it has made (time limit %i ms)', async (call, timeout) => {
    const { results } = await simulate(
      3,
      async (world) => {
        const control = await world.dup();
        const base = await world.dup();
        const limits = world.rank === 2 ? { timeout } : undefined;
        const made = {
          split: () => base.split(0, 0, limits),
          create: () => base.create(base.group, limits),
          createCart: () => base.createCart([3], false, false, limits),
          dup: () => base.dup(limits),
        }[call]();
        const end = await outcome(made.then((one) => one?.allreduce(1)));
        return [end, await control.allreduce(1)];
      },
      { latency: 1, delays: [{ from: 1, to: 2, by: 1 }] },
    );
    for (const [end, sum] of results) {
      expect(['made', 'ERR_COMM', 'ERR_TIMEOUT']).toContain(end);
      expect(sum).toBe(3);
    }
    if (timeout > 0) expect(results.map(([end]) => end)).toEqual(['ERR_COMM', 'ERR_COMM', 'ERR_TIMEOUT']);
  });

  it('leaves alone what was made before it', async () => {
    await spmd(3, async (world) => {
      const base = await world.dup();
      const before = await base.split(0);
      const signal = world.rank === 1 ? AbortSignal.abort() : undefined;
      expect(await outcome(base.split(0, 0, { ...(signal && { signal }) }))).not.toBe('made');
      expect(await before.allreduce(1)).toBe(3);
      await before.free();
    });
  });
});

it('ranks that keep other dimensions of a grid disagree', async () => {
  const codes = await spmd(4, async (world) => {
    const grid = await world.createCart([2, 2]);
    return outcome(grid.sub([world.rank === 3, true]));
  });
  expect(codes).toEqual(Array(4).fill('ERR_MISMATCH'));
});

it('a large message that a lost rank had only announced does not come', async () => {
  const { results } = await simulate(
    2,
    async (world, clock) => {
      if (world.rank === 1) {
        world.isend(new Uint8Array(1e6), 0).catch(() => {});
        await clock.sleep(1);
      }
      await clock.sleep(0.5);
      return outcome(world.recv(1));
    },
    { failures: [{ rank: 1, at: 0.1 }] },
  );
  expect(results[0]).toBe('ERR_PROC_FAILED');
});
