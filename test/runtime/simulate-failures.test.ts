import { describe, expect, it } from 'vitest';
import { ANY_SOURCE } from '../../src/index.ts';
import { simulate } from '../../src/testing.ts';

const lost = (peer: number) => expect.objectContaining({ code: 'ERR_PROC_FAILED', peer });

describe('simulate with failures', () => {
  it('tells those who need a lost rank, latency later, and leaves its place in the results empty', async () => {
    const { results, time } = await simulate(
      4,
      async (comm, clock) => {
        if (comm.rank === 3) await clock.sleep(1);
        if (comm.rank === 2) return comm.recv(1);
        if (comm.rank === 1) return comm.send('fine', 2);
        await expect(comm.recv(3)).rejects.toThrow('rank 3 was dropped by the simulation at 0.001 s');
        await expect(comm.send(1, 3)).rejects.toEqual(lost(3));
        return clock.now;
      },
      { failures: [{ rank: 3, at: 0.001 }], latency: 20e-6 },
    );
    expect(results).toHaveLength(4);
    expect(3 in results).toBe(false);
    expect(results.slice(0, 3)).toEqual([0.00102, undefined, 'fine']);
    expect(time).toBe(0.00102);
  });

  it('stops a lost rank: nothing that it does later is seen, none of its timers fires', async () => {
    const steps: string[] = [];
    const { results } = await simulate(
      2,
      async (comm, clock) => {
        if (comm.rank === 1) {
          for (let i = 0; ; i++) {
            await comm.send(i, 0);
            steps.push(`sent ${i}`);
            await clock.sleep(1);
          }
        }
        const got: unknown[] = [];
        for (;;) {
          try {
            got.push(await comm.recv(ANY_SOURCE));
          } catch (error) {
            expect(error).toEqual(lost(1));
            await clock.sleep(10);
            return got;
          }
        }
      },
      { failures: [{ rank: 1, at: 2.5 }] },
    );
    expect(results[0]).toEqual([0, 1, 2]);
    expect(steps).toEqual(['sent 0', 'sent 1', 'sent 2']);
  });

  it('loses of a large message what had not left', async () => {
    const { results } = await simulate(
      2,
      async (comm) => {
        if (comm.rank === 1) return comm.send(new Uint8Array(1e6), 0);
        await expect(comm.recv(1)).rejects.toEqual(lost(1));
        return 'told';
      },
      { failures: [{ rank: 1, at: 0.0005 }], bandwidth: 1e9 },
    );
    expect(results[0]).toBe('told');
  });

  it('rejects with the error of a survivor that does not catch it', async () => {
    const failure = simulate(3, (comm) => comm.barrier(), { failures: [{ rank: 2, at: 0 }] });
    await expect(failure).rejects.toEqual(lost(2));
  });

  it('breaks a collective for all, and the survivors may go on otherwise', async () => {
    const { results } = await simulate(
      8,
      async (comm, clock) => {
        if (comm.rank === 5) await clock.sleep(1);
        const ended = await comm.allreduce(comm.rank).catch((error: unknown) => (error as { code: string }).code);
        return [ended, clock.now < 0.1];
      },
      { failures: [{ rank: 5, at: 0.01 }], seed: 2 },
    );
    expect(results.flat()).toHaveLength(14);
    for (const [ended, soon] of results.filter((_, rank) => rank !== 5)) {
      expect(ended).toMatch(/^ERR_(PROC_FAILED|COMM)$/);
      expect(soon).toBe(true);
    }
  });

  it('needs nobody to be left, and no failure to come about', async () => {
    const all = await simulate(2, (_, clock) => clock.sleep(10), {
      failures: [
        { rank: 1, at: 2 },
        { rank: 0, at: 1 },
        { rank: 1, at: 3 },
      ],
    });
    expect(all).toEqual({ results: new Array(2), time: 0 });
    const none = await simulate(2, (comm) => comm.rank, { failures: [{ rank: 1, at: 5 }] });
    expect(none).toEqual({ results: [0, 1], time: 0 });
  });

  it('says of a deadlock of survivors who is lost', async () => {
    const failure = simulate(
      3,
      async (comm, clock) => {
        if (comm.rank === 2) return clock.sleep(9);
        await comm.recv(1 - comm.rank);
      },
      { failures: [{ rank: 2, at: 1 }] },
    );
    await expect(failure).rejects.toThrow(/rank 0 waits in recv.*\n.*rank 1 waits in recv.*\n.*rank 2 was dropped/);
  });
});
