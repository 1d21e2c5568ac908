/** The same seed is the same run: what every rank saw, in which order, and when. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { ANY_SOURCE, SUM } from '../../src/index.ts';
import { type SimulateOptions, simulate } from '../../src/testing.ts';

const RANKS = 8;
const ROUNDS = 10;

/** Messages of random lengths to random ranks, received from whoever is first; collectives and computing in between. */
async function trace(options: SimulateOptions): Promise<string> {
  const log: string[] = [];
  const { results, time } = await simulate(
    RANKS,
    async (comm, clock) => {
      const random = seededRandom(comm.rank + 1);
      const targets = Array.from({ length: ROUNDS }, () => Math.floor(random() * RANKS));
      const expected = await comm.alltoall(
        Array.from({ length: RANKS }, (_, rank) => targets.filter((to) => to === rank).length),
      );
      let left = expected.reduce((sum, count) => sum + count, 0);
      const sends = targets.map((to, i) =>
        comm.isend({ from: comm.rank, i, pad: new Uint8Array(random() * 3000) }, to),
      );
      let seen = 0;
      for (; left > 0; left--) {
        const { from, i } = await comm.recv<{ from: number; i: number }>(ANY_SOURCE);
        log.push(`${comm.rank}<${from}#${i}@${clock.now}`);
        seen = (seen * 31 + from) >>> 0;
        if (random() < 0.3) await clock.sleep(random() * 1e-4);
      }
      for (const send of sends) await send;
      return [seen, await comm.allreduce(seen, SUM)];
    },
    { eagerLimit: 1024, ...options },
  );
  return `${log.join(' ')} ${JSON.stringify(results)} ${time}`;
}

describe('a seed', () => {
  const networks: [string, SimulateOptions][] = [
    ['a plain network', {}],
    ['hosts and overheads', { hosts: 3, overhead: 1e-6 }],
    ['jitter', { jitter: 50e-6 }],
    ['no network at all', { latency: 0, bandwidth: Infinity }],
  ];

  it.each(networks)('gives the same run again over %s, and others give others', async (_, network) => {
    const runs = [];
    for (const seed of [1, 2, 3, 1]) runs.push(await trace({ ...network, seed }));
    expect(runs[3]).toBe(runs[0]);
    expect(new Set(runs).size).toBe(3);
  });

  it('may be left out: it is the same run every time', async () => {
    expect(await trace({ jitter: 50e-6 })).toBe(await trace({ jitter: 50e-6 }));
    const [one, other] = await Promise.all([trace({}), trace({})]);
    expect(one).toBe(other);
  });
});
