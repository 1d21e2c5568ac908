/** Collectives in two levels: on ranks that are spread over hosts in every way. */
import { describe, expect, it } from 'vitest';
import type { CallChannel } from '../../src/collectives/channel.ts';
import type { CollectiveContext } from '../../src/collectives/context.ts';
import { HostMap } from '../../src/collectives/levels/host-map.ts';
import { levelsOf } from '../../src/collectives/levels/levels.ts';
import { COLLECTIVES, SELECTABLE, type SelectableName } from '../../src/collectives/registry.ts';
import { choose } from '../../src/collectives/selection.ts';
import { createOp, type MpiError, SUM } from '../../src/index.ts';
import { simulate } from '../../src/runtime/simulate.ts';
import { TINY, withBoards } from '../helpers/boards.ts';
import type { CollectiveComm } from './helpers/comm.ts';
import { runLocal } from './helpers/local.ts';
import { collectiveMatrix } from './helpers/matrix.ts';

const NAMES = SELECTABLE.filter((name) => COLLECTIVES[name].twoLevel !== undefined);

/** A letter a rank: its host. */
const LAYOUTS = [
  'ab',
  'aabb',
  'aaab',
  'abbb',
  'abcd',
  'aaaa',
  'abbbbcc',
  'aabbcc',
  'abab',
  'abcab',
  'abba',
  'aabbccddeeffgghhi',
];

const scattered = (layout: string) => /(.)(?!\1).*\1/.test(layout);

describe.each(LAYOUTS)('ranks on hosts %s', (layout) => {
  const hosts = [...layout];
  const size = hosts.length;

  it.each(NAMES)('%s by messages gives what one rank after the other would', async (name) => {
    // Values go whole; then most are announced, and cut into many pieces.
    for (const segmentBytes of [64 * 1024, 16]) {
      const failures = await collectiveMatrix(
        (ranks, program) => runLocal(ranks, program, { seed: size, segmentBytes, hosts }),
        size,
        { only: [name], lengths: size <= 7 ? [67] : [], scattered: scattered(layout) },
      );
      expect(failures).toEqual([]);
    }
  });

  it.each(NAMES)('%s through the memory of each host gives what one rank after the other would', async (name) => {
    const runs = [
      { options: { seed: size }, settings: TINY },
      {
        options: { seed: size + 100, segmentBytes: 16, eagerLimit: 32 },
        settings: { ...TINY, bankBytes: 192, banks: 8 },
      },
    ];
    const shared = new Map(hosts.map((host) => [host, hosts.filter((other) => other === host).length]));
    for (const { options, settings } of runs) {
      const refused: string[] = [];
      let made = 0;
      const failures = await collectiveMatrix(
        (ranks, program) =>
          withBoards(ranks, (comm) => program(comm as CollectiveComm), options, {
            settings,
            hosts,
            made: () => made++,
            refused: (reason) => refused.push(reason),
          }),
        size,
        { only: [name], lengths: [67, 300], everyRoot: false, scattered: scattered(layout) },
      );
      expect(failures).toEqual([]);
      expect(refused).toEqual([]);
      expect(made).toBe([...shared.values()].filter((ranks) => ranks > 1 && ranks <= 16).length);
    }
  });
});

describe('a call in two levels', () => {
  it('goes on by messages on a host where one rank can not get the memory', async () => {
    const refused: string[] = [];
    const sums = await withBoards(
      5,
      async (comm) => {
        const all: number[] = [];
        for (let call = 0; call < 12; call++) all.push(await comm.allreduce(call));
        return all;
      },
      {},
      { settings: { ...TINY, after: 4 }, hosts: [...'aabbb'], without: 3, refused: (reason) => refused.push(reason) },
    );
    for (const all of sums) expect(all).toEqual(Array.from({ length: 12 }, (_, call) => call * 5));
  });

  it('has the same bits on every rank, and again', async () => {
    const program = async (comm: CollectiveComm) => {
      const values = Float64Array.from(
        { length: 999 },
        (_, at) => Math.sin(at * 7 + comm.rank) * 10 ** (comm.rank - 2),
      );
      return Buffer.from(((await comm.allreduce(values, SUM)) as Float64Array).buffer).toString('hex');
    };
    for (const layout of ['aabb', 'abbbcc', 'abab']) {
      const hosts = [...layout];
      const first = await runLocal(hosts.length, program, { seed: 1, segmentBytes: 128, hosts });
      const second = await runLocal(hosts.length, program, { seed: 2, segmentBytes: 128, hosts });
      expect(new Set([...first, ...second]).size).toBe(1);
    }
  });

  it('is refused by name for an op that does not commute where hosts lie scattered, and not chosen', async () => {
    const first = createOp((a: number, _b: number) => a, { elementwise: true, name: 'first' });
    const program = async (comm: CollectiveComm) => {
      const chosen = await comm.allreduce(Float64Array.of(comm.rank + 3), first);
      const asked = await Promise.resolve(
        comm.allreduce(Float64Array.of(comm.rank + 3), first, { algorithm: 'twoLevel' }),
      ).catch((error: Error) => error.message);
      return [chosen, asked];
    };
    for (const [chosen, asked] of await runLocal(4, program, { hosts: [...'abab'] })) {
      expect(chosen).toEqual(Float64Array.of(3));
      expect(asked).toBe(
        'allreduce: twoLevel reorders the operands, and first does not commute; use one of recursiveDoubling, rabenseifner',
      );
    }
    for (const [chosen, asked] of await runLocal(4, program, { hosts: [...'aabb'] })) {
      expect(chosen).toEqual(Float64Array.of(3));
      expect(asked).toEqual(Float64Array.of(3));
    }
  });

  it.each([
    ['on its host', 1],
    ['on another host', 3],
  ])('finds out a rank that calls something else %s', async (_, other) => {
    for (const after of [0, 100]) {
      const codes = await withBoards(
        4,
        (comm) =>
          Promise.resolve(comm.rank === other ? comm.barrier() : comm.allreduce(comm.rank)).then(
            () => 'done',
            (error: MpiError) => error.code,
          ),
        {},
        { settings: { ...TINY, after }, hosts: [...'aabb'] },
      );
      expect(codes).toContain('ERR_MISMATCH');
      expect(codes.filter((code) => code === 'ERR_MISMATCH' || code === 'ERR_COMM')).toHaveLength(4);
    }
  });

  it('ends where a rank does not come, at its time limit and on all hosts', async () => {
    const { results } = await simulate(
      6,
      async (comm, clock) => {
        if (comm.rank === 4) await clock.sleep(10);
        const options = comm.rank === 0 ? { timeout: 1000 } : {};
        return comm.allreduce(new Float64Array(1e6), SUM, options).then(
          () => 'done',
          (error: MpiError) => error.code,
        );
      },
      { hosts: 2, algorithms: { allreduce: 'twoLevel' } },
    );
    expect(results[0]).toBe('ERR_TIMEOUT');
    expect(new Set(results.slice(1))).toEqual(new Set(['ERR_COMM']));
  });

  it('ends where a rank is lost', async () => {
    const { results } = await simulate(
      6,
      async (comm, clock) => {
        if (comm.rank === 4) await clock.sleep(10);
        return comm.bcast(comm.rank === 1 ? 'news' : undefined, 1).then(
          () => 'done',
          (error: MpiError) => error.code,
        );
      },
      { hosts: 3, failures: [{ rank: 4, at: 1 }] },
    );
    // Who needs nothing of it is done.
    expect(results[4]).toBeUndefined();
    for (const result of results.toSpliced(4, 1)) expect(['done', 'ERR_PROC_FAILED', 'ERR_COMM']).toContain(result);
  });

  it('is what calls take by themselves where it pays, and not within one host', () => {
    const chosen = (layout: string, name: SelectableName, bytes: number, commutative = true) => {
      const size = layout.length;
      const context = { rank: 0, size, algorithms: new Map(), hosts: new HostMap([...layout]), sharesMemory: false };
      return choose(context as unknown as CollectiveContext, name, undefined, { bytes, commutative }).code === 14;
    };
    for (const name of NAMES) {
      expect(chosen('aabb', name, 8)).toBe(true);
      expect(chosen('abab', name, 8)).toBe(true);
      expect(chosen('aaaa', name, 8)).toBe(false);
      expect(chosen('abcd', name, 8)).toBe(false);
    }
    for (const name of ['reduce', 'allreduce'] as const) {
      expect(chosen('aabb', name, 8, false)).toBe(true);
      expect(chosen('abab', name, 8, false)).toBe(false);
      expect(chosen('aabb', name, 2 ** 24)).toBe(false);
      expect(chosen('abab', name, 2 ** 24)).toBe(true);
    }
  });

  it('sends between hosts no more than leaders have to', async () => {
    const hosts = [...'aabbcc'];
    const sent = await runLocal(
      6,
      async ({ context }) => {
        const counts = { near: 0, far: 0 };
        const channel = context.open({ collective: 1, op: 0, algorithm: 14, dtype: 0, root: -1, count: -1 });
        const counting = new Proxy(channel, {
          get(target, name: keyof CallChannel) {
            const member = target[name];
            if (typeof member !== 'function') return member;
            return (...args: unknown[]) => {
              const dest =
                name === 'exchange' || name === 'send' || name === 'sendPacket' ? (args[1] as number) : undefined;
              if (dest !== undefined) counts[hosts[dest] === hosts[target.rank] ? 'near' : 'far']++;
              return (member as (...args: unknown[]) => unknown).apply(target, args);
            };
          },
        });
        await COLLECTIVES.barrier.twoLevel?.run(counting);
        return counts;
      },
      { hosts },
    );
    // Three leaders, two rounds; up and down within each host.
    expect(sent.map(({ far }) => far)).toEqual([2, 0, 2, 0, 2, 0]);
    expect(sent.map(({ near }) => near)).toEqual([1, 1, 1, 1, 1, 1]);
  });
});

describe('a map of hosts', () => {
  it('numbers hosts by their lowest ranks', () => {
    const map = new HostMap(['y', 'x', 'y', 'z', 'x']);
    expect(map.count).toBe(3);
    expect([0, 1, 2, 3, 4].map((rank) => map.hostOf(rank))).toEqual([0, 1, 0, 2, 1]);
    expect([0, 1, 2].map((host) => [...map.ranksOn(host)])).toEqual([[0, 2], [1, 4], [3]]);
    expect(map).toMatchObject({ consecutive: false, twoLevels: true });
  });

  it.each(LAYOUTS)('knows what %s is', (layout) => {
    const map = new HostMap([...layout]);
    expect(map.consecutive).toBe(!scattered(layout));
    expect(map.twoLevels).toBe(map.count > 1 && map.count < layout.length);
  });

  it('gives the host of the root to the root', async () => {
    const leaders = await runLocal(
      5,
      async ({ context, rank }) => {
        const levels = await levelsOf(
          context.open({ collective: 1, op: 0, algorithm: 14, dtype: 0, root: 4, count: -1 }),
          4,
        );
        return levels.far === undefined ? undefined : [rank, levels.far.rank, levels.far.size, levels.home];
      },
      { hosts: [...'aabbb'] },
    );
    expect(leaders).toEqual([[0, 0, 2, 1], undefined, undefined, undefined, [4, 1, 2, 1]]);
  });
});
