import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { MpiError } from '../../src/errors.ts';
import { MAX, SUM } from '../../src/index.ts';
import { type SimulateOptions, simulate } from '../../src/testing.ts';

const code = (value: string) => expect.objectContaining({ code: value });

/** What a run gives whose programs say when they have ended. */
async function times(size: number, program: Parameters<typeof simulate<unknown>>[1], options?: SimulateOptions) {
  const { results } = await simulate(
    size,
    async (comm, clock) => {
      await program(comm, clock);
      return clock.now;
    },
    options,
  );
  return results;
}

describe('simulate', () => {
  it('gives the results by rank and the virtual time', async () => {
    expect(await simulate(4, (comm) => comm.allreduce(comm.rank))).toMatchObject({ results: [6, 6, 6, 6] });
    expect(await simulate(3, (comm) => comm.rank)).toEqual({ results: [0, 1, 2], time: 0 });
    expect(await simulate(1, async (comm) => comm.sendrecv('me', 0, 0))).toEqual({ results: ['me'], time: 0 });
  });

  it('computes with a thousand ranks', async () => {
    const { results, time } = await simulate(1024, (comm) => comm.allreduce(comm.rank), { seed: 1 });
    expect(new Set(results)).toEqual(new Set([(1023 * 1024) / 2]));
    expect(time).toBeGreaterThan(200e-6);
  });

  it('lets a rank sleep in virtual time', async () => {
    const { results, time } = await simulate(3, async (comm, clock) => {
      await clock.sleep(comm.rank * 3600);
      const slept = clock.now;
      await comm.barrier();
      return slept;
    });
    expect(results).toEqual([0, 3600, 7200]);
    expect(time).toBeCloseTo(7200 + 2 * 20e-6, 9);
    await expect(simulate(1, (_, clock) => clock.sleep(-1))).rejects.toThrow('sleep: the time is -1, but must be');
  });

  it('lets time limits be virtual', async () => {
    const { results } = await simulate(2, async (comm, clock) => {
      if (comm.rank === 0) await clock.sleep(100);
      else await expect(comm.recv(0, 1, { timeout: 50_000 })).rejects.toEqual(code('ERR_TIMEOUT'));
      const early = clock.now;
      const got = await comm.sendrecv(comm.rank, 1 - comm.rank, 1 - comm.rank, { timeout: 60_000 });
      return [early, got];
    });
    expect(results).toEqual([
      [100, 1],
      [50, 0],
    ]);
  });

  it('lets a program use real timers and I/O, whose time does not count', async () => {
    const { results, time } = await simulate(3, async (comm) => {
      if (comm.rank === 0) await sleep(30);
      if (comm.rank === 1) await readFile(import.meta.filename);
      if (comm.rank === 2) for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
      await comm.send(comm.rank, (comm.rank + 1) % 3);
      return comm.recv();
    });
    expect(results).toEqual([2, 0, 1]);
    expect(time).toBeLessThan(1e-3);
  });

  it('reports a deadlock at once, with who waits for what', async () => {
    const failure = await simulate(3, async (comm) => {
      if (comm.rank < 2) await comm.recv(1 - comm.rank, 7);
      else await comm.recv(0, 8);
    }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(MpiError);
    expect(failure).toMatchObject({ code: 'ERR_DEADLOCK' });
    expect((failure as Error).message).toContain('rank 0 waits in recv(source 1, tag 7)');
    expect((failure as Error).stack).toContain('simulate.test.ts');
    await expect(simulate(2, () => new Promise(() => {}))).rejects.toThrow(/something outside tsmpi/);
  });

  it('notices ranks that disagree', async () => {
    const roots = simulate(2, (comm) => comm.reduce(comm.rank, SUM, comm.rank));
    await expect(roots).rejects.toEqual(code('ERR_MISMATCH'));
    const names = simulate(2, async (comm) => (comm.rank === 0 ? comm.barrier() : comm.allreduce(1)));
    await expect(names).rejects.toEqual(code('ERR_MISMATCH'));
  });

  it('tells a rank that waits for one whose program has ended', async () => {
    const failure = simulate(3, async (comm) => {
      if (comm.rank === 0) await comm.recv(1, 3);
    });
    await expect(failure).rejects.toThrow(/recv\(source 1, tag 3\) can't complete: rank 1 has ended its script/);
  });

  it('finishes sends of a program that has ended', async () => {
    const { results } = await simulate(2, async (comm, clock) => {
      if (comm.rank === 0) {
        void comm.isend(new Uint8Array(1e6).fill(3), 1);
        return 0;
      }
      await clock.sleep(1);
      return (await comm.recv<Uint8Array>(0))[999_999];
    });
    expect(results).toEqual([0, 3]);
  });

  it('rejects with the error of the rank that failed, and with that of an abort', async () => {
    const failure = simulate(3, async (comm, clock) => {
      if (comm.rank !== 1) return comm.recv(1);
      await clock.sleep(1);
      throw new TypeError('rows is not iterable');
    });
    await expect(failure).rejects.toThrow(new TypeError('rows is not iterable'));
    const aborted = simulate(2, async (comm) => {
      if (comm.rank === 1) comm.abort(7, 'no input');
      await comm.recv();
    });
    await expect(aborted).rejects.toThrow('abort(7): no input');
  });

  it('puts ranks on hosts', async () => {
    const places = async (hosts: NonNullable<SimulateOptions['hosts']>) => {
      const { results } = await simulate(5, (comm) => `${comm.hosts[comm.rank]}.${comm.localRank}`, { hosts });
      return results.join(' ');
    };
    expect(await places(2)).toBe('node0.0 node0.1 node1.0 node1.1 node2.0');
    expect(await places(['a', 'b', 'a', 'b', 'a'])).toBe('a.0 b.0 a.1 b.1 a.2');
    const { results } = await simulate(4, (comm) => comm.hosts);
    expect(results[3]).toEqual(['node0', 'node1', 'node2', 'node3']);
  });

  it('runs several simulations at the same time, each in its own', async () => {
    const one = (seconds: number) =>
      times(2, async (comm, clock) => {
        await clock.sleep(seconds);
        await comm.allreduce(comm.rank, MAX);
      });
    const all = await Promise.all([one(1), one(2), one(3)]);
    expect(all.map(([first]) => Math.round(first as number))).toEqual([1, 2, 3]);
  });

  it('refuses what cannot be, by name', async () => {
    const refused = async (options: unknown, sentence: string, size: unknown = 4) => {
      const failure = await simulate(size as number, () => 0, options as SimulateOptions).catch(
        (error: unknown) => error,
      );
      expect(failure).toMatchObject({ code: 'ERR_ARG', op: 'simulate' });
      expect((failure as Error).message).toContain(sentence);
    };
    for (const size of [0, -1, 1.5, 65_537, '2', null]) await refused({}, 'the number of ranks is', size);
    await refused(null, 'options is null, but must be an object with latency');
    await refused({ latncy: 1 }, 'there is no option "latncy"; there are latency, bandwidth,');
    await refused({ latency: -1 }, 'latency is -1, but must be a number of seconds from 0 to 1e9');
    await refused({ latency: Infinity }, 'latency is Infinity');
    await refused({ bandwidth: 0 }, 'bandwidth is 0, but must be a number of bytes a second, 1 or more');
    await refused({ latency: 1e10 }, 'latency is 10000000000');
    await refused({ overhead: NaN }, 'overhead is NaN');
    await refused({ jitter: '1' }, 'jitter is "1"');
    await refused({ seed: 1.5 }, 'seed is 1.5, but must be an integer');
    await refused({ hosts: 0 }, 'hosts is 0, but must be a number of ranks per host, 1 or more, or the names of');
    await refused({ hosts: ['a', 'b'] }, 'hosts is ["a", "b"]');
    await refused({ hosts: ['a', 'b', 'c', 4] }, 'hosts is ["a", "b", "c", 4]');
    await refused({ local: { latency: -1 } }, 'local.latency is -1');
    await refused({ local: { speed: 1 } }, 'there is no option "local.speed"');
    await refused({ failures: { rank: 1 } }, 'failures is [object Object], but must be an array');
    await refused({ failures: [{ rank: 4, at: 0 }] }, 'failures[0].rank is 4, but must be a rank from 0 to 3');
    await refused({ failures: [{ rank: 3, at: 1 }, { rank: 3 }] }, 'failures[1].at is undefined');
    await refused({ delays: [{ by: -1 }] }, 'delays[0].by is -1');
    await refused({ delays: [{ by: 1, from: 9 }] }, 'delays[0].from is 9');
    await refused({ delays: [{ by: 1, to: 'x' }] }, 'delays[0].to is "x"');
    await refused({ delays: [{ by: 1, after: -1 }] }, 'delays[0].after is -1');
    await refused({ delays: [{ by: 1, until: null }] }, 'delays[0].until is null');
    await refused({ delays: [{ by: 1, before: 1 }] }, 'there is no option "delays[0].before"');
    await refused({ eagerLimit: -1 }, 'eagerLimit is -1');
    await refused({ segmentBytes: 0 }, 'segmentBytes is 0');
    await refused({ algorithms: { allreduce: 1 } }, 'algorithms is');
    await expect(simulate(2, 'program' as never)).rejects.toThrow('the program is "program", but must be a function');
  });
});
