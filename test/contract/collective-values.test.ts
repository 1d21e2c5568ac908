/** Section 4 of the contract beyond reductions: what every collective gives, in place, strided, empty, alone, and after a mistake. */
import ndarray from 'ndarray';
import { describe, expect, it } from 'vitest';
import { MAX, SUM } from '../../src/collectives/ops.ts';
import { runs } from '../helpers/runs.ts';

const code = (value: string) => expect.objectContaining({ code: value });
const of = (...elements: number[]) => Float64Array.of(...elements);

describe.each(runs)('collectives over %s', (_name, run) => {
  it('work in place: out is the input', async () => {
    const results = await run(3, async (comm) => {
      const { rank } = comm;
      const mine = () => of(rank, 10, 20);
      const into = async (call: (array: Float64Array) => Promise<unknown>, array = mine()) => {
        const result = await call(array);
        expect([array, undefined]).toContain(result);
        return [...array];
      };
      return {
        bcast: await into((out) => comm.bcast(out, 1, { out })),
        scatter: await into((out) => comm.scatter(rank === 0 ? [out, of(1), of(2, 2)] : undefined, 0, { out })),
        scatterv: await into((out) => comm.scatterv(out, [1, 1, 1], 2, { out })),
        gather: await into((out) => comm.gather(out.subarray(rank, rank + 1), 0, { out } as object)),
        gatherv: await into((out) => comm.gatherv(out.subarray(0, 1), 1, { out })),
        allgather: await into((out) => comm.allgather(out.subarray(0, 1), { out } as object)),
        allgatherv: await into((out) => comm.allgatherv(out.subarray(0, 1), { out })),
        alltoall: await into((out) =>
          comm.alltoall([out.subarray(0, 1), out.subarray(1, 2), out.subarray(2)], { out }),
        ),
        alltoallv: await into((out) => comm.alltoallv(out, [1, 1, 1], { out })),
        reduce: await into((out) => comm.reduce(out, SUM, 2, { out })),
        allreduce: await into((out) => comm.allreduce(out, SUM, { out })),
        scan: await into((out) => comm.scan(out, SUM, { out })),
        exscan: await into((out) => comm.exscan(out, SUM, { out })),
        reduceScatter: await into((out) => comm.reduceScatter(out, [0, 2, 1], SUM, { out })),
        reduceScatterBlock: await into((out) => comm.reduceScatterBlock(out, MAX, { out })),
      };
    });
    const by = (name: keyof (typeof results)[0]) => results.map((result) => result[name]);
    const same = [0, 1, 2].map((rank) => [rank, 10, 20]);
    expect(by('bcast')).toEqual([
      [1, 10, 20],
      [1, 10, 20],
      [1, 10, 20],
    ]);
    expect(by('scatter')).toEqual([
      [0, 10, 20],
      [1, 10, 20],
      [2, 2, 20],
    ]);
    expect(by('scatterv')).toEqual([
      [2, 10, 20],
      [10, 10, 20],
      [20, 10, 20],
    ]);
    expect(by('gather')).toEqual([[0, 10, 20], same[1], same[2]]);
    expect(by('gatherv')).toEqual([same[0], [0, 1, 2], same[2]]);
    expect(by('allgather')).toEqual([
      [0, 1, 2],
      [0, 1, 2],
      [0, 1, 2],
    ]);
    expect(by('allgatherv')).toEqual([
      [0, 1, 2],
      [0, 1, 2],
      [0, 1, 2],
    ]);
    expect(by('alltoall')).toEqual([
      [0, 1, 2],
      [10, 10, 10],
      [20, 20, 20],
    ]);
    expect(by('alltoallv')).toEqual([
      [0, 1, 2],
      [10, 10, 10],
      [20, 20, 20],
    ]);
    expect(by('reduce')).toEqual([same[0], same[1], [3, 30, 60]]);
    expect(by('allreduce')).toEqual([
      [3, 30, 60],
      [3, 30, 60],
      [3, 30, 60],
    ]);
    expect(by('scan')).toEqual([
      [0, 10, 20],
      [1, 20, 40],
      [3, 30, 60],
    ]);
    expect(by('exscan')).toEqual([same[0], [0, 10, 20], [1, 20, 40]]);
    expect(by('reduceScatter')).toEqual([same[0], [3, 30, 20], [60, 10, 20]]);
    expect(by('reduceScatterBlock')).toEqual([
      [2, 10, 20],
      [10, 10, 20],
      [20, 10, 20],
    ]);
  });

  it('fill a strided out and leave its gaps alone', async () => {
    await run(2, async (comm) => {
      const filled = async (call: (out: ReturnType<typeof strided>) => Promise<unknown>) => {
        const out = strided();
        expect([out, undefined]).toContain(await call(out));
        return [...out.data];
      };
      const strided = () => ndarray(new Float64Array(6).fill(-1), [3], [2], 1);
      const array = of(comm.rank + 1, 5);
      const full = (a: number, b: number, c = -1) => [-1, a, -1, b, -1, c];
      const untouched = full(-1, -1);
      expect(await filled((out) => comm.bcast<unknown>(array, 1, { out }))).toEqual(full(2, 5));
      expect(await filled((out) => comm.scatter<unknown>([array, array], 1, { out }))).toEqual(full(2, 5));
      expect(await filled((out) => comm.scatterv<unknown>(array, [1, 1], 1, { out }))).toEqual(
        full(comm.rank ? 5 : 2, -1),
      );
      const one = array.subarray(0, 1);
      expect(await filled((out) => comm.gather<unknown>(one, 1, { out }))).toEqual(comm.rank ? full(1, 2) : untouched);
      expect(await filled((out) => comm.gatherv<unknown>(one, 1, { out }))).toEqual(comm.rank ? full(1, 2) : untouched);
      expect(await filled((out) => comm.allgather<unknown>(one, { out }))).toEqual(full(1, 2));
      expect(await filled((out) => comm.allgatherv<unknown>(one, { out, displs: [2, 0] }))).toEqual(full(2, -1, 1));
      expect(await filled((out) => comm.alltoall<unknown>([one, one], { out }))).toEqual(full(1, 2));
      expect(await filled((out) => comm.alltoallv<unknown>(array, [1, 1], { out }))).toEqual(
        comm.rank ? full(5, 5) : full(1, 2),
      );
      expect(await filled((out) => comm.reduce<unknown>(array, SUM, 1, { out }))).toEqual(
        comm.rank ? full(3, 10) : untouched,
      );
      expect(await filled((out) => comm.allreduce<unknown>(array, SUM, { out }))).toEqual(full(3, 10));
      expect(await filled((out) => comm.scan<unknown>(array, SUM, { out }))).toEqual(
        comm.rank ? full(3, 10) : full(1, 5),
      );
      expect(await filled((out) => comm.exscan<unknown>(array, SUM, { out }))).toEqual(
        comm.rank ? full(1, 5) : untouched,
      );
      expect(await filled((out) => comm.reduceScatterBlock<unknown>(array, SUM, { out }))).toEqual(
        full(comm.rank ? 10 : 3, -1),
      );
      expect(await filled((out) => comm.reduceScatter<unknown>(array, [2, 0], SUM, { out }))).toEqual(
        comm.rank ? untouched : full(3, 10),
      );
    });
  });

  it('copy into the out of every rank of a bcast, the root too, and return the value itself to a root without', async () => {
    await run(3, async (comm) => {
      const value = of(1, 2);
      const out = of(0, 0, 9);
      expect(await comm.bcast(comm.rank === 1 ? value : undefined, 1, { out })).toBe(out);
      expect(out).toEqual(of(1, 2, 9));
      const got = await comm.bcast(value, 2);
      if (comm.rank === 2) expect(got).toBe(value);
      else expect(got).not.toBe(value);
    });
  });

  it('take counts of zero, gaps and any order, and a root that contributes nothing', async () => {
    await run(3, async (comm) => {
      const { rank } = comm;
      const mine = new Int32Array(rank === 1 ? 0 : 2).fill(rank + 1);
      expect(await comm.allgatherv(mine)).toEqual(Int32Array.of(1, 1, 3, 3));
      expect(await comm.gatherv(mine, 1)).toEqual(rank === 1 ? Int32Array.of(1, 1, 3, 3) : undefined);
      const placed = await comm.gatherv(mine, 1, { counts: [2, 0, 2], displs: [4, 0, 1] });
      expect(placed).toEqual(rank === 1 ? Int32Array.of(0, 3, 3, 0, 1, 1) : undefined);
      const parts = await comm.scatterv(Int32Array.of(5, 6, 7), [0, 1, 2], 0, { displs: [3, 2, 0] });
      expect(parts).toEqual([Int32Array.of(), Int32Array.of(7), Int32Array.of(5, 6)][rank]);
      const joined = await comm.allgatherv(Buffer.from('ab'.repeat(rank)));
      expect([Buffer.isBuffer(joined), joined.toString()]).toEqual([true, 'ababab']);
      const none = await comm.alltoallv(new Int32Array(0), [0, 0, 0]);
      expect(none).toEqual(new Int32Array(0));
      const toLast = await comm.alltoallv(Int32Array.of(rank, rank), [0, 0, 2], { recvDispls: [4, 2, 0] });
      expect(toLast).toEqual(rank === 2 ? Int32Array.of(2, 2, 1, 1, 0, 0) : new Int32Array(0));
      expect(await comm.reduceScatter(Int32Array.of(1, 2), [0, 2, 0])).toEqual(
        rank === 1 ? Int32Array.of(3, 6) : new Int32Array(0),
      );
      expect(await comm.bcast(rank === 0 ? new Uint16Array(0) : undefined)).toEqual(new Uint16Array(0));
      expect(await comm.gather([], 2)).toEqual(rank === 2 ? [[], [], []] : undefined);
    });
  });

  it('do not mind the same object passed twice, nor one that is changed right after the call is awaited', async () => {
    await run(3, async (comm) => {
      const { rank } = comm;
      const array = new Float64Array(5000).fill(rank);
      const [sum, sumAgain, all] = await Promise.all([
        comm.allreduce(array),
        comm.allreduce(array),
        comm.allgather(array),
      ]);
      array.fill(-1);
      expect([sum[0], sumAgain[4999]]).toEqual([3, 3]);
      expect(all.map((part) => part[77])).toEqual([0, 1, 2]);
      const shared = { rank };
      const swapped = await comm.alltoall([shared, shared, shared]);
      shared.rank = 9;
      expect(swapped).toEqual([{ rank: 0 }, { rank: 1 }, { rank: 2 }]);
      const root = of(1, 2);
      const got = await comm.bcast(rank === 0 ? root : undefined);
      if (rank === 0) root.fill(7);
      await comm.barrier();
      if (rank > 0) expect(got).toEqual(of(1, 2));
    });
  });

  it('give the same bits on every rank and again for the same input', async () => {
    for (const size of [3, 4]) {
      const bits = () =>
        run(size, async (comm) => {
          const input = Float64Array.from(
            { length: 999 },
            (_, i) => Math.sin(i * 7 + comm.rank) * 10 ** ((i * 3) % 17),
          );
          const sums = [await comm.allreduce(input), await comm.allreduce(input)];
          return sums.map((sum) => Buffer.from(sum.buffer).toString('base64'));
        });
      expect(new Set([...(await bits()), ...(await bits())].flat()).size).toBe(1);
    }
  });

  it('leave the communicator unusable on a rank whose signal had fired before the call, and fail the others', async () => {
    const outcomes = await run(3, async (comm) => {
      const options = comm.rank === 1 ? { signal: AbortSignal.abort(new Error('too late')) } : {};
      const first = await comm.barrier(options).catch((error: unknown) => error);
      const second = await comm.allreduce(1).catch((error: unknown) => error);
      return [first, second];
    });
    expect(outcomes[1]).toEqual([code('ERR_ABORTED'), code('ERR_COMM')]);
    for (const rank of [0, 2]) expect(outcomes[rank]).toEqual([code('ERR_COMM'), code('ERR_COMM')]);
  });

  it('find out counts that disagree with what was sent: ERR_MISMATCH there, and the communicator stays usable', async () => {
    await run(2, async (comm) => {
      for (const length of [4, 40_000]) {
        const array = new Float64Array(length);
        const half = length / 2;
        const theirs = { peer: 0, expected: 1, actual: half, code: 'ERR_MISMATCH' };
        const other = comm.rank === 1;
        const check = (call: Promise<unknown>) =>
          other ? expect(call).rejects.toMatchObject(theirs) : call.then(() => undefined);
        await check(comm.scatterv(array, other ? [1, 1] : [half, half]));
        const out = new Float64Array(half).fill(-1);
        await check(comm.scatterv(array, other ? [1, 1] : [half, half], 0, { out }));
        if (other) expect(out.every((x) => x === -1)).toBe(true);
        await check(comm.allgatherv(array.subarray(0, half), other ? { counts: [1, half] } : {}));
        await check(comm.alltoallv(array, [half, half], other ? { recvCounts: [1, half] } : {}));
        expect(await comm.allreduce(1)).toBe(2);
      }
    });
  });

  it('check the number of values and counts: ERR_COUNT on the rank that is wrong, before anything is sent', async () => {
    await run(2, async (comm) => {
      const array = of(1, 2);
      const wrong = [
        comm.scatter([1], comm.rank),
        comm.alltoall([1, 2, 3]),
        comm.scatterv(array, [2], comm.rank),
        comm.scatterv(array, [2, 1], comm.rank),
        comm.scatterv(array, [1, 1], comm.rank, { displs: [0, 2] }),
        comm.gatherv(array, comm.rank, { counts: [2] }),
        comm.allgatherv(array, { displs: [0] }),
        comm.alltoallv(array, [1, 2]),
        comm.alltoallv(array, [1, 1], { recvCounts: [1] }),
        comm.reduceScatter(array, [1]),
        comm.reduceScatter(array, [1, 2]),
        comm.reduceScatterBlock(of(1)),
      ];
      for (const call of wrong) await expect(call).rejects.toEqual(code('ERR_COUNT'));
      expect(await comm.allreduce(1)).toBe(2);
    });
  });
});
