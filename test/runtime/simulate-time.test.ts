/** Virtual time against closed formulas: the LogGP model of src/transport/memory/model.ts. */
import { describe, expect, it } from 'vitest';
import { type SimulateOptions, simulate } from '../../src/testing.ts';

const L = 20e-6;
const O = 1e-6;
/** Seconds a byte. */
const G = 1e-9;
const NETWORK: SimulateOptions = { latency: L, overhead: O, bandwidth: 1 / G };
const ALPHA = L + 2 * O;

const bytes = (count: number) => new Uint8Array(count);

/** Both are sums of times that were rounded to picoseconds. */
function close(actual: number | undefined, expected: number): void {
  expect(Math.abs((actual as number) - expected), `${actual} should be ${expected}`).toBeLessThan(20e-12);
}

describe('virtual time', () => {
  it.each([0, 1, 1000, 65_536])('of one message of %i bytes', async (count) => {
    const { time } = await simulate(2, (comm) => (comm.rank ? comm.recv(0) : comm.send(bytes(count), 1)), NETWORK);
    close(time, ALPHA + count * G);
  });

  it('of one message beyond the eager limit: request and grant first', async () => {
    const { results, time } = await simulate(
      2,
      async (comm, clock) => {
        if (comm.rank === 0) await comm.send(bytes(1e6), 1);
        else await comm.recv(0);
        return clock.now;
      },
      NETWORK,
    );
    close(time, 3 * ALPHA + 1e6 * G);
    // The sender may go on as soon as the last byte has left.
    close(results[0], 2 * ALPHA + O + 1e6 * G);
  });

  it('of a hundred messages after each other: the line is never idle', async () => {
    const { time } = await simulate(
      2,
      async (comm) => {
        for (let i = 0; i < 100; i++) {
          if (comm.rank === 0) await comm.send(bytes(5000), 1);
          else await comm.recv(0);
        }
      },
      NETWORK,
    );
    close(time, ALPHA + 100 * 5000 * G);
  });

  it('of a large message in fragments', async () => {
    const { time } = await simulate(
      2,
      (comm) => (comm.rank ? comm.recv(0) : comm.send(bytes(20 * 2 ** 20), 1)),
      NETWORK,
    );
    close(time, 3 * ALPHA + 20 * 2 ** 20 * G);
  });

  it('of two senders to one receiver: they share its line', async () => {
    const { time } = await simulate(
      3,
      async (comm) => {
        if (comm.rank > 0) return comm.send(bytes(50_000), 0);
        for (let i = 0; i < 2; i++) await comm.recv();
      },
      NETWORK,
    );
    close(time, ALPHA + 2 * 50_000 * G);
  });

  it('of small messages to one receiver: its processor takes them one after the other', async () => {
    const { time } = await simulate(
      9,
      async (comm) => {
        if (comm.rank > 0) return comm.send(bytes(8), 0);
        for (let i = 0; i < 8; i++) await comm.recv();
      },
      NETWORK,
    );
    close(time, ALPHA + 8 * G + 7 * O);
  });

  it('of ranks on two hosts: one line between them, none within', async () => {
    const local = { latency: 1e-6, bandwidth: 1e10, overhead: 0 };
    const options = { ...NETWORK, overhead: 0, hosts: 2, local };
    const pairs = (partner: (rank: number) => number) =>
      simulate(4, (comm) => comm.sendrecv(bytes(50_000), partner(comm.rank), partner(comm.rank)), options);
    close((await pairs((rank) => rank ^ 1)).time, 1e-6 + 50_000 / 1e10);
    close((await pairs((rank) => rank ^ 2)).time, L + 2 * 50_000 * G);
  });

  it('of a message to oneself: both overheads', async () => {
    const { time } = await simulate(1, (comm) => comm.sendrecv(bytes(1000), 0, 0), NETWORK);
    close(time, 2 * O);
  });

  it.each([2, 4, 8, 64])('of recursive doubling on %i ranks', async (ranks) => {
    const { time } = await simulate(ranks, (comm) => comm.allreduce(new Float64Array(1000)), {
      ...NETWORK,
      algorithms: { allreduce: 'recursiveDoubling' },
      seed: 3,
    });
    close(time, Math.log2(ranks) * (ALPHA + 8000 * G));
  });

  it.each([3, 8, 13])('of a ring on %i ranks', async (ranks) => {
    const { time } = await simulate(ranks, (comm) => comm.allreduce(new Float64Array(ranks * 100)), {
      ...NETWORK,
      algorithms: { allreduce: 'ring' },
      seed: 3,
    });
    close(time, 2 * (ranks - 1) * (ALPHA + 800 * G));
  });

  it('with delays and jitter', async () => {
    const one = (options: SimulateOptions) =>
      simulate(2, (comm) => (comm.rank ? comm.recv(0) : comm.send(bytes(0), 1)), { ...NETWORK, ...options });
    close((await one({ delays: [{ from: 0, to: 1, by: 5 }] })).time, ALPHA + 5);
    close(
      (
        await one({
          delays: [
            { from: 1, by: 5 },
            { after: 1, by: 5 },
            { until: 1e-6, by: 5 },
          ],
        })
      ).time,
      ALPHA,
    );
    const { time } = await one({ jitter: 1e-3, seed: 4 });
    expect(time).toBeGreaterThan(ALPHA);
    expect(time).toBeLessThan(ALPHA + 1e-3);
    expect((await one({ jitter: 1e-3, seed: 4 })).time).toBe(time);
    expect((await one({ jitter: 1e-3, seed: 5 })).time).not.toBe(time);
  });
});
