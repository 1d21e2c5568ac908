/** Section 5 of the contract over every transport: communicators made of the ranks of another one. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import type { Communicator } from '../../src/comm/communicator.ts';
import { ANY_SOURCE, ANY_TAG } from '../../src/matching/envelope.ts';
import { runs } from '../helpers/runs.ts';

const code = (value: string) => expect.objectContaining({ code: value });
/** Larger than every eager limit. */
const LARGE = 300_000;

/** The value, or the error's code. */
const outcome = (call: Promise<unknown>) => call.catch((error: { code: string }) => error.code);

/** The ranks of `made` as ranks of `parent`: asked of all of `made`, which has to work for that. */
async function ranksOf(parent: Communicator, made: Communicator | undefined): Promise<number[] | undefined> {
  if (made === undefined) return undefined;
  const ranks = await made.allgather(parent.rank);
  expect(ranks).toHaveLength(made.size);
  expect(ranks[made.rank]).toBe(parent.rank);
  expect(made.group.translateRanks(made.group.ranks, parent.group)).toEqual(ranks);
  return ranks;
}

/** What `split` has to make: the ranks of the color of `rank`, by key, then by rank. */
function splitOracle(colors: readonly (number | undefined)[], keys: readonly number[], rank: number) {
  const color = colors[rank];
  if (color === undefined) return undefined;
  const key = (one: number) => keys[one] as number;
  const before = (a: number, b: number) => (key(a) === key(b) ? a < b : key(a) < key(b));
  return [...colors.keys()].filter((one) => colors[one] === color).sort((a, b) => (before(a, b) ? -1 : 1));
}

describe.each(runs)('communicators over %s', (way, run) => {
  describe.each([1, 2, 3, 4, 5, 6, 7, 8])('on %i ranks', (size) => {
    const ranks = [...Array(size).keys()];

    it('dup: the same ranks, and a message with the same envelope on each goes to the right one', async () => {
      await run(size, async (comm) => {
        const next = (comm.rank + 1) % size;
        const copy = await comm.dup();
        const copyOfCopy = await copy.dup();
        expect(await ranksOf(comm, copyOfCopy)).toEqual(ranks);
        const all = [comm, copy, copyOfCopy];
        const sends = all.flatMap((one, index) => [one.isend(index, next, 7), one.isend(new Uint8Array(LARGE), next)]);
        // The last one's messages are asked for first, by wildcards.
        for (const [index, one] of [...all.entries()].reverse()) {
          expect(await one.recv(ANY_SOURCE, 7)).toBe(index);
          expect((await one.recv<Uint8Array>()).length).toBe(LARGE);
          expect(one.iprobe()).toBeUndefined();
        }
        await Promise.all(sends);
        await copyOfCopy.free();
        await copy.free();
      });
    });

    it('dup: collectives in flight on each, and messages among them, do not meet', async () => {
      await run(size, async (comm) => {
        const made = [comm, await comm.dup(), await comm.dup()];
        const next = (comm.rank + 1) % size;
        const calls = made.map(async (one, index) => {
          // Another call first on each of them, as each has its own order.
          const sum = one.allreduce(index);
          const rooted = one.bcast(one.rank === index % size ? `of ${index}` : undefined, index % size);
          const message = one.sendrecv(index, next, ANY_SOURCE);
          return [await message, await rooted, await sum];
        });
        expect(await Promise.all(calls.reverse())).toEqual(
          [0, 1, 2].map((index) => [index, `of ${index}`, size * index]).reverse(),
        );
      });
    });

    it('a message, and a collective, may be there before the receiver has made the communicator', async () => {
      const results = await run(size, async (comm) => {
        if (comm.rank > 0) await comm.recv(0, 1);
        const copy = await comm.dup();
        if (comm.rank > 0) return [await copy.recv(0, 5), (await copy.recv<Uint8Array>()).length, await copy.bcast('')];
        const sends = ranks
          .slice(1)
          .flatMap((rank) => [copy.send('early', rank, 5), copy.send(new Uint8Array(LARGE), rank)]);
        const told = copy.bcast('told');
        for (const rank of ranks.slice(1)) await comm.send('go', rank, 1);
        await Promise.all(sends);
        return ['early', LARGE, await told];
      });
      expect(results).toEqual(ranks.map(() => ['early', LARGE, 'told']));
    });

    it('dup: any number of them, some of them alive at the same time', async () => {
      await run(size, async (comm) => {
        const alive: Communicator[] = [];
        for (let i = 0; i < 150; i++) {
          alive.push(await comm.dup());
          if (i % 3 === 0) await alive.splice(i % alive.length, 1)[0]?.free();
        }
        const sums = await Promise.all(alive.map((one, index) => one.allreduce(index)));
        expect(sums).toEqual(alive.map((_, index) => index * size));
        await Promise.all(alive.map((one) => one.free()));
      });
    });

    it('split: by color, ordered by key and then by rank, whatever the keys', async () => {
      const COLORS = [undefined, 0, 1, 2, -1, 2 ** 52, Number.MIN_SAFE_INTEGER];
      const KEYS = [0, -0, 1, -1, 0.5, -2.5, 1e300, -1e300, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      await run(size, async (comm) => {
        const random = seededRandom(20261121);
        const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T;
        for (let round = 0; round < 12; round++) {
          // Few colors at a time, so that they have members.
          const palette = [pick(COLORS), pick(COLORS)];
          const colors = ranks.map(() => pick(palette));
          const keys = ranks.map(() => pick(KEYS));
          const made = await comm.split(colors[comm.rank], keys[comm.rank]);
          const shown = `colors ${colors} keys ${keys}`;
          expect(await ranksOf(comm, made), shown).toEqual(splitOracle(colors, keys, comm.rank));
          await made?.free();
        }
      });
    });

    it('split: no color at all, one for each, and again and again until everybody is alone', async () => {
      await run(size, async (comm) => {
        expect(await comm.split(undefined)).toBeUndefined();
        const alone = (await comm.split(comm.rank)) as Communicator;
        expect([alone.rank, alone.size, await alone.allreduce(7)]).toEqual([0, 1, 7]);
        let part = comm;
        const parts: Communicator[] = [];
        while (part.size > 1) {
          part = (await part.split(part.rank % 2, -part.rank)) as Communicator;
          parts.push(part);
        }
        const sums = await Promise.all(parts.map((one) => one.allreduce(1)));
        expect(sums).toEqual(parts.map((one) => one.size));
        for (const one of [...parts.reverse(), alone]) await one.free();
      });
    });

    it('split: several at once, the calls in one order on all ranks', async () => {
      await run(size, async (comm) => {
        const made = await Promise.all([comm.split(comm.rank % 2), comm.dup(), comm.split(0, -comm.rank), comm.dup()]);
        const own = ranks.filter((rank) => rank % 2 === comm.rank % 2);
        const members = await Promise.all(made.map((one) => ranksOf(comm, one)));
        expect(members).toEqual([own, ranks, [...ranks].reverse(), ranks]);
      });
    });

    it('splitType: the ranks of each host, numbered there as localRank says', async () => {
      await run(size, async (comm) => {
        const hosts = await comm.allgather(comm.hosts[comm.rank]);
        expect(comm.hosts).toEqual(hosts);
        const mine = ranks.filter((rank) => hosts[rank] === hosts[comm.rank]);
        if (way === 'two hosts') expect(mine).toEqual(ranks.filter((rank) => rank % 2 === comm.rank % 2));
        expect([comm.localRank, comm.localSize]).toEqual([mine.indexOf(comm.rank), mine.length]);
        const here = await comm.splitType('shared');
        expect(await ranksOf(comm, here)).toEqual(mine);
        expect([here.localRank, here.localSize]).toEqual([here.rank, here.size]);
        expect(here.hosts).toEqual(mine.map(() => hosts[comm.rank]));
        const reversed = await comm.splitType('shared', -comm.rank);
        expect(await ranksOf(comm, reversed)).toEqual([...mine].reverse());
        expect([reversed.localRank, reversed.localSize]).toEqual([reversed.rank, mine.length]);
      });
    });

    it('create: for the members of a group, in its order; undefined for everybody else', async () => {
      await run(size, async (comm) => {
        const { group } = comm;
        expect(await ranksOf(comm, await comm.create(group))).toEqual(ranks);
        const reversed = group.rangeInclude([[size - 1, 0, -1]]);
        expect(await ranksOf(comm, await comm.create(reversed))).toEqual([...ranks].reverse());
        // Nobody.
        expect(await comm.create(group.include([]))).toBeUndefined();
        // One, and all but one.
        const last = await comm.create(group.include([size - 1]));
        expect(await ranksOf(comm, last)).toEqual(comm.rank === size - 1 ? [size - 1] : undefined);
        const others = await comm.create(group.exclude([size - 1]));
        expect(await ranksOf(comm, others)).toEqual(comm.rank === size - 1 ? undefined : ranks.slice(0, -1));
        // Groups with no member in common, by one call; who gives none of its own gets none.
        const third = ranks.filter((rank) => rank % 3 === comm.rank % 3).reverse();
        const given = comm.rank % 3 === 2 ? [] : third;
        const made = await comm.create(group.include(given));
        expect(await ranksOf(comm, made)).toEqual(comm.rank % 3 === 2 ? undefined : third);
      });
    });

    it('createGroup: by the members alone, while the others do something else', async () => {
      await run(size, async (comm) => {
        const members = ranks.filter((rank) => rank % 2 === 0).reverse();
        if (comm.rank % 2 === 0) {
          const made = await comm.createGroup(comm.group.include(members));
          expect(await ranksOf(comm, made)).toEqual(members);
          await made.free();
        } else {
          // Not even in the library, as far as the members are concerned: they are done before the messages go out.
          await comm.recv(0, 3);
        }
        if (comm.rank === 0) for (const rank of ranks) if (rank % 2 === 1) await comm.send('done', rank, 3);
        expect(await comm.allreduce(1)).toBe(size);
      });
    });

    it('createGroup: several at once are kept apart by their tags, and from messages with these', async () => {
      await run(size, async (comm) => {
        const { group, rank } = comm;
        const next = (rank + 1) % size;
        const sends = [1, 2, 3].map((tag) => comm.isend(`message ${tag}`, next, tag));
        const reversed = group.rangeInclude([[size - 1, 0, -1]]);
        const making = [comm.createGroup(group, 1), comm.createGroup(reversed, 2), comm.createGroup(group, 3)];
        // Ranks begin them in different orders, too.
        const [a, b] = rank % 2 === 0 ? [4, 5] : [5, 4];
        const first = comm.createGroup(group, a);
        const second = comm.createGroup(group, b);
        making.push(...(rank % 2 === 0 ? [first, second] : [second, first]));
        const made = await Promise.all(making);
        const members = await Promise.all(made.map((one) => ranksOf(comm, one)));
        expect(members).toEqual([ranks, [...ranks].reverse(), ranks, ranks, ranks]);
        for (const tag of [3, 2, 1]) expect(await comm.recv(ANY_SOURCE, tag)).toBe(`message ${tag}`);
        await Promise.all(sends);
        expect(comm.iprobe(ANY_SOURCE, ANY_TAG)).toBeUndefined();
      });
    });

    it('compare: the very same, the same ranks in order, the same ranks, and anything else', async () => {
      await run(size, async (comm) => {
        const copy = await comm.dup();
        const reversed = (await comm.split(0, -comm.rank)) as Communicator;
        const first = (await comm.split(comm.rank === 0 ? 0 : 1)) as Communicator;
        expect(comm.compare(comm)).toBe('ident');
        expect(comm.compare(copy)).toBe('congruent');
        expect(copy.compare(comm)).toBe('congruent');
        expect(comm.compare(reversed)).toBe(size === 1 ? 'congruent' : 'similar');
        expect(comm.compare(first)).toBe(size === 1 ? 'congruent' : 'unequal');
        expect(reversed.compare(first)).toBe(size === 1 ? 'congruent' : 'unequal');
      });
    });
  });

  it('attributes stay on their rank; dup takes a copy along, and what is made otherwise has none', async () => {
    await run(2, async (comm) => {
      const key = Symbol('key');
      const shared = { of: comm.rank };
      comm.attributes.set(key, shared).set('size', comm.size);
      const copy = await comm.dup();
      expect(copy.attributes.get(key)).toBe(shared);
      copy.attributes.set('size', 'changed').delete(key);
      expect([...comm.attributes]).toEqual([
        [key, shared],
        ['size', 2],
      ]);
      const made = [await comm.split(0), await comm.create(comm.group), await comm.createGroup(comm.group)];
      for (const one of made) expect(one?.attributes.size).toBe(0);
    });
  });

  it('names say how a communicator was made, or what setName says; errors have them', async () => {
    await run(2, async (comm) => {
      const copy = await comm.dup();
      expect(copy.name).toBe('dup of world');
      expect((await comm.split(3))?.name).toBe('split of world, color 3');
      expect((await comm.splitType('shared')).name).toBe(`world on ${comm.hosts[comm.rank]}`);
      expect((await comm.create(comm.group))?.name).toBe('group of world');
      copy.setName('rows');
      expect([copy.name, comm.name]).toEqual(['rows', 'world']);
      expect((await copy.dup()).name).toBe('dup of rows');
      expect(() => copy.setName(5 as never)).toThrow(code('ERR_ARG'));
      await expect(copy.sendrecv(1, 2, 0)).rejects.toMatchObject({ code: 'ERR_RANK', rank: copy.rank });
      await copy.free();
      await expect(copy.send(1, 0)).rejects.toThrow('communicator rows has been freed');
      comm.setName('everybody');
      const call = comm.rank === 0 ? comm.barrier() : comm.allreduce(1);
      await expect(call).rejects.toThrow(/^ranks disagree about collective number \d+ on everybody: /);
    });
  });

  it('wrong arguments are refused before anything is sent, and the communicator goes on', async () => {
    await run(2, async (comm) => {
      const { group } = comm;
      const elsewhere = (await comm.split(comm.rank)) as Communicator;
      for (const color of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '0', null, 0n]) {
        await expect(comm.split(color as never), String(color)).rejects.toEqual(code('ERR_ARG'));
      }
      for (const key of [Number.NaN, '0', null, 0n]) {
        await expect(comm.split(0, key as never), String(key)).rejects.toEqual(code('ERR_ARG'));
      }
      await expect(comm.splitType('numa' as never)).rejects.toEqual(code('ERR_ARG'));
      await expect(comm.splitType('shared', Number.NaN)).rejects.toEqual(code('ERR_ARG'));
      for (const wrong of [undefined, [0, 1], comm]) {
        await expect(comm.create(wrong as never)).rejects.toEqual(code('ERR_ARG'));
        await expect(comm.createGroup(wrong as never)).rejects.toEqual(code('ERR_ARG'));
      }
      await expect(elsewhere.create(group)).rejects.toEqual(code('ERR_ARG'));
      await expect(elsewhere.createGroup(group)).rejects.toEqual(code('ERR_ARG'));
      await expect(comm.createGroup(group.exclude([comm.rank]))).rejects.toEqual(code('ERR_ARG'));
      await expect(comm.createGroup(group, -1)).rejects.toEqual(code('ERR_TAG'));
      await expect(comm.createGroup(group, ANY_TAG)).rejects.toEqual(code('ERR_TAG'));
      expect(() => comm.compare(group as never)).toThrow(code('ERR_COMM'));
      await expect(comm.dup({ timeout: Number.NaN })).rejects.toEqual(code('ERR_ARG'));
      await expect(comm.createGroup(group, 0, { timeout: Number.NaN })).rejects.toEqual(code('ERR_ARG'));
      expect(await comm.allreduce(1)).toBe(2);
      expect(await comm.create(group)).toBeDefined();
    });
  });

  it('groups that differ among their members: ERR_MISMATCH, and the communicator goes on', async () => {
    await run(3, async (comm) => {
      const { group } = comm;
      const ordered = comm.rank === 0 ? group : group.include([2, 1, 0]);
      await expect(comm.create(ordered)).rejects.toMatchObject({ code: 'ERR_MISMATCH', op: 'create' });
      // Who is told by nobody has nothing to compare with.
      const pair = group.include(comm.rank === 1 ? [0, 1, 2] : [0, 1]);
      if (comm.rank === 0) await comm.createGroup(pair);
      if (comm.rank === 1) {
        await expect(comm.createGroup(pair)).rejects.toMatchObject({
          code: 'ERR_MISMATCH',
          op: 'createGroup',
          peer: 0,
        });
      }
      expect(await comm.allreduce(1)).toBe(3);
    });
  });

  it('createGroup: a member with another group fails, and so do those that it would have told', async () => {
    const ends = await run(5, async (comm) => {
      // Rank 0 tells ranks 1 and 2, rank 2 tells rank 3.
      const group = comm.group.include([0, comm.rank === 2 ? 4 : 1, 2, 3]);
      const making = comm.rank === 4 ? Promise.resolve(comm) : comm.createGroup(group);
      const end = await making.then(
        ({ size }) => size,
        (error: { code: string }) => error.code,
      );
      // Nobody has ended its script before.
      await comm.barrier();
      return end;
    });
    expect(ends).toEqual([4, 4, 'ERR_MISMATCH', 'ERR_COMM', 5]);
  });

  it('ranks that make different communicators disagree: ERR_MISMATCH, and nobody hangs', async () => {
    const calls: [string, (comm: Communicator) => Promise<unknown>][] = [
      ['dup', (comm) => comm.dup()],
      ['split', (comm) => comm.split(0)],
      ['create', (comm) => comm.create(comm.group)],
      ['barrier', (comm) => comm.barrier()],
    ];
    for (const [one, mine] of calls) {
      for (const [other, theirs] of calls) {
        if (one === other) continue;
        const ends = await run(3, async (comm) => {
          const copy = await comm.dup();
          const call = (copy.rank === 1 ? mine : theirs)(copy);
          // dup needs no message: who is ahead hears of it in the next call.
          return outcome(call.then(() => copy.barrier()));
        });
        expect(ends, `${one} and ${other}`).toEqual(Array(3).fill('ERR_MISMATCH'));
      }
    }
  });

  it('a limit on the wait ends it for all: ERR_TIMEOUT here, ERR_COMM there', async () => {
    const failures = await run(3, async (comm) => {
      const copy = await comm.dup();
      if (copy.rank === 0) return outcome(copy.split(0, 0, { timeout: 10 }));
      return outcome(copy.rank === 1 ? copy.split(0) : copy.recv(0));
    });
    expect(failures).toEqual(['ERR_TIMEOUT', 'ERR_COMM', 'ERR_COMM']);
    const alone = await run(2, async (comm) => {
      if (comm.rank === 0) return comm.recv(1);
      const error = await comm.createGroup(comm.group, 0, { timeout: 10 }).catch((error: unknown) => error);
      expect(error).toMatchObject({ code: 'ERR_TIMEOUT', op: 'createGroup' });
      // Nobody else was to learn of it: this one goes on.
      await comm.send('on', 0);
      return 'on';
    });
    expect(alone).toEqual(['on', 'on']);
  });

  it('a communicator that broke before this rank has made it is unusable when it does', async () => {
    await run(2, async (comm) => {
      if (comm.rank === 1) await comm.recv(0);
      const copy = await comm.dup();
      if (comm.rank === 0) {
        await expect(copy.barrier({ timeout: 1 })).rejects.toEqual(code('ERR_TIMEOUT'));
        await comm.send('go', 1);
      } else await expect(copy.barrier()).rejects.toEqual(code('ERR_COMM'));
      expect(await comm.allreduce(1)).toBe(2);
    });
  });
});
