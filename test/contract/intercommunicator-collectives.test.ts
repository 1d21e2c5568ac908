/** Collectives between two groups, over every transport: each against what one rank after the other would give. */
import { isDeepStrictEqual } from 'node:util';
import ndarray from 'ndarray';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { ROOT } from '../../src/collectives/inter/calls.ts';
import { createOp, MAX, MINLOC, PROD, SUM } from '../../src/collectives/ops.ts';
import type { Communicator } from '../../src/comm/communicator.ts';
import { PROC_NULL } from '../../src/matching/envelope.ts';
import { runs } from '../helpers/runs.ts';
import { DIVISIONS, NAMED, type TwoGroups, twoGroups } from '../helpers/two-groups.ts';

/** To look at each element of a large array takes `expect` longer than to send it. */
function same(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toEqual(expected);
}

/** For every rank as root: what this rank passes, whether it is the root or gets something, and the root's rank in the communicator of all. */
function* roots({ ours, theirs, inter }: TwoGroups) {
  for (let root = 0; root < ours.length + theirs.length; root++) {
    const here = ours.includes(root);
    const rank = ours[inter.rank];
    const passed = here ? (root === rank ? ROOT : PROC_NULL) : theirs.indexOf(root);
    yield { root, passed, isRoot: root === rank, isPartner: !here };
  }
}

/** Values of many kinds, other ones for each rank. */
const VALUES: readonly ((rank: number) => unknown)[] = [
  (rank) => rank,
  (rank) => ({ from: rank, list: [rank, 'x'.repeat(rank * 10)], at: new Date(rank) }),
  (rank) => new Map([[rank, 3n]]),
  (rank) => Float64Array.from({ length: rank * 3 }, (_, i) => i + rank),
  (rank) => new Int16Array(12_000).fill(rank),
  (rank) => (rank % 2 === 0 ? undefined : null),
  () => new Uint8Array(0),
];

/** Neither commutes nor is about numbers. */
const joined = (a: string, b: string) => `${a},${b}`;
/** Elementwise, in order: (a, b) -> b, and the number of operands. */
const last = createOp((a: number, b: number) => a * 0.5 + b, { commutative: false, elementwise: true });

describe.each(runs)('between two groups over %s', (_name, run) => {
  describe.each(NAMED)('of %s', (_of, division) => {
    const { size } = division;
    const among = <T>(program: (groups: TwoGroups, comm: Communicator) => Promise<T>, leader = 0) =>
      run(size, async (comm) => program(await twoGroups(comm, division, leader), comm));

    it('values of any kind go across, to one and to all', async () => {
      await among(async (groups) => {
        const { inter, ours, theirs } = groups;
        const me = ours[inter.rank] as number;
        for (const of of VALUES) {
          same(await inter.allgather(of(me)), theirs.map(of));
          const parts = await inter.alltoall(theirs.map((to) => [of(me), to]));
          same(
            parts,
            theirs.map((from) => [of(from), me]),
          );
          for (const { root, passed, isRoot, isPartner } of roots(groups)) {
            same(await inter.bcast(of(me), passed), isPartner ? of(root) : undefined);
            const gathered = await inter.gather(isPartner ? of(me) : undefined, passed);
            same(gathered, isRoot ? theirs.map(of) : undefined);
            const part = await inter.scatter(isRoot ? theirs.map((to) => [of(root), to]) : undefined, passed);
            same(part, isPartner ? [of(root), me] : undefined);
          }
        }
      });
    });

    it('reductions give the result of the other group, in the order of its ranks', { timeout: 30_000 }, async () => {
      const array = (rank: number, length: number) =>
        Float64Array.from({ length }, (_, i) => ((rank + 2) * (i + 3)) % 17);
      const fold = <T>(ranks: readonly number[], of: (rank: number) => T, op: (a: T, b: T) => T) =>
        ranks.slice(1).reduce((sum, rank) => op(sum, of(rank)), of(ranks[0] as number));
      const elements = (op: (a: number, b: number) => number) => (a: Float64Array, b: Float64Array) =>
        a.map((value, index) => op(value, b[index] as number));
      await among(async (groups) => {
        const { inter, ours, theirs } = groups;
        const me = ours[inter.rank] as number;
        const check = async <T>(of: (rank: number) => T, op: Parameters<typeof inter.allreduce>[1], expected: T) => {
          same(await inter.allreduce(of(me), op), expected);
          for (const { passed, isRoot, isPartner } of roots(groups)) {
            same(await inter.reduce(isPartner ? of(me) : undefined, op, passed), isRoot ? expected : undefined);
          }
        };
        const add = (a: number, b: number) => a + b;
        await check(
          (rank) => rank + 1,
          PROD,
          fold(
            theirs,
            (rank) => rank + 1,
            (a, b) => a * b,
          ),
        );
        await check(String, joined, theirs.join());
        await check(
          (rank) => BigInt(rank),
          SUM,
          fold(theirs, BigInt, (a, b) => a + b),
        );
        await check((rank) => [rank, -rank], MAX, [Math.max(...theirs), -Math.min(...theirs)]);
        await check(
          (rank) => [(rank * 3) % 4, rank],
          MINLOC,
          fold(
            theirs,
            (rank) => [(rank * 3) % 4, rank] as [number, number],
            (a, b) => (b[0] < a[0] ? b : a),
          ),
        );
        for (const length of [0, 1, 9001]) {
          const of = (rank: number) => array(rank, length);
          await check(of, SUM, fold(theirs, of, elements(add)));
        }
        expect((await inter.allreduce(array(me, 5), last)).length).toBe(5);
        const ordered = await inter.allreduce([`${me}`], createOp(joined, { commutative: false, elementwise: true }));
        same(ordered, [theirs.join()]);
      });
    });

    it('reduceScatter gives each rank its part of what the other group has', async () => {
      await among(async ({ inter, ours, theirs }) => {
        const me = ours[inter.rank] as number;
        // Both groups take the same number of elements apart, by their own counts; some of them are 0.
        const total = 30 * inter.size * inter.remoteSize;
        const counts = ours.map((_, index) => (index % 2 === 1 ? 0 : index));
        counts[0] = total - counts.reduce((sum, count) => sum + count, 0);
        const of = (rank: number) => Int32Array.from({ length: total }, (_, i) => rank * 1000 + i);
        const sum = of(0).map((_, i) => theirs.reduce((all, rank) => all + rank * 1000 + i, 0));
        const at = counts.slice(0, inter.rank).reduce((before, count) => before + count, 0);
        const mine = (from: number, count = 0) => sum.slice(from, from + count);
        same(await inter.reduceScatter(of(me), counts), mine(at, counts[inter.rank]));
        const block = total / inter.size;
        same(await inter.reduceScatterBlock(of(me)), mine(inter.rank * block, block));
        // By a function of whole values: it gets parts.
        const words = Array.from({ length: inter.size * inter.remoteSize }, (_, i) => `${me}:${i}`);
        const share = words.length / inter.size;
        const pairwise = (a: string[], b: string[]) => a.map((word, i) => `${word} ${b[i]}`);
        const expected = words
          .map((_, i) => theirs.map((rank) => `${rank}:${i}`).join(' '))
          .slice(inter.rank * share, (inter.rank + 1) * share);
        same(await inter.reduceScatterBlock(words, pairwise), expected);
        // In place, and the operand of another place in the same memory.
        const array = of(me);
        expect(await inter.reduceScatter(array, counts, SUM, { out: array })).toBe(array);
        same(array.subarray(0, counts[inter.rank]), mine(at, counts[inter.rank]));
      });
    });

    it('flat arrays go across in parts of any lengths, with gaps, in any order', async () => {
      await among(async (groups) => {
        const { inter, ours, theirs, left } = groups;
        const me = ours[inter.rank] as number;
        // The groups have elements of different kinds; some ranks have none, some a large part.
        const lengthOf = (rank: number) => (rank % 3 === 1 ? 0 : rank % 3 === 2 ? 9000 : rank + 2);
        const part = (rank: number, side: boolean, length = lengthOf(rank)) =>
          side ? new Float32Array(length).fill(rank) : new BigInt64Array(length).fill(BigInt(rank));
        const all = (ranks: readonly number[], side: boolean, length?: (rank: number) => number) => {
          const elements = ranks.flatMap((rank) => [...part(rank, side, length?.(rank))]);
          return side ? Float32Array.from(elements as number[]) : BigInt64Array.from(elements as bigint[]);
        };
        const own = part(me, left);
        same(await inter.allgatherv<unknown>(own), all(theirs, !left));
        same(await inter.allgatherv<unknown>(own, { counts: theirs.map(lengthOf) }), all(theirs, !left));
        for (const { root, passed, isRoot, isPartner } of roots(groups)) {
          const gathered = await inter.gatherv<unknown>(isPartner ? own : undefined, passed);
          same(gathered, isRoot ? all(theirs, !left) : undefined);
          const whole = isRoot ? all(theirs, left) : undefined;
          const counts = (isRoot ? theirs : ours).map(lengthOf);
          const scattered = await inter.scatterv<unknown>(
            whole,
            root % 2 ? counts : isRoot ? counts : undefined,
            passed,
          );
          same(scattered, isPartner ? part(me, !left) : undefined);
        }
        // From rank r to rank s: (r + s) % 3 elements. They lie apart, in falling order, and land so.
        const between = (from: number, to: number) => (from + to) % 3;
        const displs = theirs.map((_, index) => 4 * (theirs.length - 1 - index));
        const sending = part(me, left, 4 * theirs.length);
        const sendCounts = theirs.map((to) => between(me, to));
        const recvCounts = theirs.map((from) => between(from, me));
        const got = await inter.alltoallv<unknown>(sending, sendCounts, { sendDispls: displs });
        same(
          got,
          all(theirs, !left, (from) => between(from, me)),
        );
        const out = part(99, !left, 4 * theirs.length);
        expect(
          await inter.alltoallv<unknown>(sending, sendCounts, {
            sendDispls: displs,
            recvCounts,
            recvDispls: displs,
            out,
          }),
        ).toBe(out);
        const expected = part(99, !left, 4 * theirs.length);
        for (const [index, from] of theirs.entries()) {
          (expected as Float32Array).set(part(from, !left, recvCounts[index]) as never, displs[index]);
        }
        same(out, expected);
      });
    });

    it('several calls in flight, of both directions, finish with their own values', async () => {
      await among(async (groups, comm) => {
        const { inter, half, ours, theirs } = groups;
        const random = seededRandom(size);
        const calls = Array.from({ length: 30 }, (_, number) => ({ number, kind: Math.floor(random() * 5) }));
        const me = ours[inter.rank] as number;
        const results = calls.map(({ number, kind }) => {
          const of = (rank: number) => `${number} of ${rank}`;
          if (kind === 0) return [inter.allgather(of(me)), theirs.map(of)] as const;
          if (kind === 1)
            return [inter.allreduce(me + number), theirs.reduce((sum, rank) => sum + rank + number, 0)] as const;
          if (kind === 2) return [half.allgather(of(me)), ours.map(of)] as const;
          if (kind === 3) return [inter.barrier(), undefined] as const;
          return [comm.bcast(number, number % comm.size), number] as const;
        });
        for (const [call, expected] of results) same(await call, expected);
      }, 1);
    });
  });

  it('results go where out says', async () => {
    const division = DIVISIONS[3] as (typeof DIVISIONS)[number];
    await run(division.size, async (comm) => {
      const { inter, left, ours, theirs } = await twoGroups(comm, division);
      const me = ours[inter.rank] as number;
      const grid = ndarray(new Float64Array(3 * 2 * theirs.length).fill(-1), [theirs.length, 2], [6, 2]);
      expect(await inter.allgather(Float64Array.of(me, -me), { out: grid })).toBe(grid);
      for (const [index, rank] of theirs.entries()) {
        expect([grid.get(index, 0), grid.get(index, 1), grid.data[6 * index + 1]]).toEqual([rank, -rank, -1]);
      }
      const both = Float64Array.of(me, 1);
      expect(await inter.allreduce(both, SUM, { out: both })).toBe(both);
      expect(both).toEqual(
        Float64Array.of(
          theirs.reduce((a, b) => a + b),
          theirs.length,
        ),
      );
      const long = new Int32Array(9).fill(7);
      const root = left ? (inter.rank === 0 ? ROOT : PROC_NULL) : 0;
      await inter.bcast(Int32Array.of(5), root, left ? {} : { out: long });
      expect(long).toEqual(left ? new Int32Array(9).fill(7) : Int32Array.of(5, 7, 7, 7, 7, 7, 7, 7, 7));
      // What does not fit is consumed, and everything works on.
      const short = new Float64Array(1);
      await expect(inter.allreduce(new Float64Array(2), SUM, { out: short })).rejects.toMatchObject({
        code: 'ERR_TRUNCATE',
      });
      const other = inter.gatherv(
        left ? undefined : new Float64Array(3),
        root,
        left ? { out: new Float32Array(9) } : {},
      );
      if (root === ROOT) await expect(other).rejects.toMatchObject({ code: 'ERR_TYPE' });
      else expect(await other).toBeUndefined();
      await inter.barrier();
    });
  });
});
