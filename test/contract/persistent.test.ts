/** Persistent collectives (MPI 4.1, section 6.13) over every transport: prepared once, started again and again. */
import { setImmediate as turn } from 'node:timers/promises';
import ndarray from 'ndarray';
import { describe, expect, it } from 'vitest';
import { createOp, MAX, MINLOC, PROD, SUM } from '../../src/collectives/ops.ts';
import type { Communicator } from '../../src/comm/communicator.ts';
import { ANY_SOURCE, ANY_TAG, PROC_NULL } from '../../src/matching/envelope.ts';
import { testAll, testSome, waitAll, waitAny } from '../../src/p2p/completion.ts';
import { type PersistentRequest, startAll } from '../../src/p2p/persistent.ts';
import { Status } from '../../src/p2p/status.ts';
import { domainOf } from '../helpers/inside.ts';
import { runs } from '../helpers/runs.ts';

const code = (value: string) => expect.objectContaining({ code: value });
const of = (...elements: number[]) => Float64Array.of(...elements);
/** Larger than every eager limit. */
const LARGE = 40_000;

/** Each collective as a request, and as the call that must give the same. */
function pairs(
  comm: Communicator,
  array: Float64Array,
  list: unknown[],
): [PersistentRequest, () => Promise<unknown>][] {
  const { rank, size } = comm;
  const last = size - 1;
  const counts = Array.from({ length: size }, (_, index) => (index * 2) % 5);
  const part = array.subarray(0, counts[rank]);
  const parts = array.subarray(
    0,
    counts.reduce((sum, count) => sum + count, 0),
  );
  const block = array.subarray(0, 3 * size);
  const grid = ndarray(array, [3, 2], [5, 2], 1);
  const concat = (a: unknown[], b: unknown[]) => [...a, ...b];
  const plus = createOp((a: number, b: number) => a + b, { elementwise: true, commutative: true });
  return [
    [comm.barrierInit(), () => comm.barrier()],
    [comm.bcastInit(array, last), () => comm.bcast(array, last)],
    [comm.bcastInit(list), () => comm.bcast(list)],
    [comm.scatterInit(list), () => comm.scatter(list)],
    [comm.scattervInit(parts, counts, last), () => comm.scatterv(parts, counts, last)],
    [comm.gatherInit(list, last), () => comm.gather(list, last)],
    [comm.gatherInit(array), () => comm.gather(array)],
    [comm.gathervInit(part, last, { counts }), () => comm.gatherv(part, last)],
    [comm.allgatherInit(list), () => comm.allgather(list)],
    [comm.allgathervInit(part), () => comm.allgatherv(part)],
    [comm.alltoallInit(list), () => comm.alltoall(list)],
    [comm.alltoallvInit(parts, counts), () => comm.alltoallv(parts, counts)],
    [comm.reduceInit(array, MAX, last), () => comm.reduce(array, MAX, last)],
    [comm.reduceInit(list, concat), () => comm.reduce(list, concat)],
    [comm.allreduceInit(array), () => comm.allreduce(array)],
    [comm.allreduceInit(grid, plus), () => comm.allreduce(grid, plus)],
    [comm.allreduceInit(array.subarray(0, 8), MINLOC), () => comm.allreduce(array.subarray(0, 8), MINLOC)],
    [comm.scanInit(grid, PROD), () => comm.scan(grid, PROD)],
    [comm.scanInit(array), () => comm.scan(array)],
    [comm.exscanInit(array), () => comm.exscan(array)],
    [comm.reduceScatterInit(parts, counts), () => comm.reduceScatter(parts, counts)],
    [comm.reduceScatterBlockInit(block), () => comm.reduceScatterBlock(block)],
  ];
}

describe.each(runs)('persistent collectives over %s', (_name, run) => {
  it.each([1, 2, 3, 5, 8])('give on %i ranks at every start what the call gives then', async (size) => {
    await run(size, async (comm) => {
      const array = new Float64Array(300);
      const list: unknown[] = Array(size).fill(null);
      const requests = pairs(comm, array, list);
      for (let round = 0; round < 3; round++) {
        for (let i = 0; i < array.length; i++) array[i] = 1 + ((i * 7 + comm.rank * 3 + round) % 5);
        for (let i = 0; i < size; i++) list[i] = { round, from: comm.rank, to: i };
        for (const [request, call] of requests) expect(await request.start()).toEqual(await call());
      }
    });
  });

  it('fill out at every start, also where it is the input', async () => {
    await run(4, async (comm) => {
      const { rank } = comm;
      const input = new Float64Array(LARGE);
      const out = ndarray(new Float64Array(2 * LARGE).fill(-1), [LARGE], [2]);
      const power = of(2, rank);
      const into = comm.allreduceInit(input, SUM, { out: out as never });
      const squared = comm.allreduceInit(power, PROD, { out: power });
      const fresh = comm.allreduceInit(input);
      const results: Float64Array[] = [];
      for (let round = 1; round <= 3; round++) {
        input.fill(round * (rank + 1));
        expect(await into.start()).toBe(out);
        expect([out.get(0), out.data[1], out.get(LARGE - 1)]).toEqual([10 * round, -1, 10 * round]);
        expect(await squared.start()).toBe(power);
        expect([...power]).toEqual([2 ** (4 ** round), 0]);
        results.push(await fresh.start());
      }
      expect(results.map((result) => result[7])).toEqual([10, 20, 30]);
    });
  });

  it('start together with sends and receives, in any list', async () => {
    await run(3, async (comm) => {
      const { rank } = comm;
      const [next, before] = [(rank + 1) % 3, (rank + 2) % 3];
      const [sent, came, part] = [of(0), of(0), of(0)];
      const list = [
        comm.recvInit(before, 4, { out: came }),
        comm.allreduceInit(part),
        comm.sendInit(sent, next, 4),
        comm.barrierInit(),
        comm.gatherInit(part, 1),
      ] as PersistentRequest<unknown>[];
      for (let round = 0; round < 3; round++) {
        sent[0] = rank * 10 + round;
        part[0] = rank + round;
        const requests = startAll(list);
        if (round === 0) {
          const [received, sum, , barrier, gathered] = await waitAll(requests);
          expect([received, sum, barrier]).toEqual([of(before * 10), of(3), undefined]);
          expect(gathered).toEqual(rank === 1 ? [of(0), of(1), of(2)] : undefined);
        } else if (round === 1) {
          const seen = new Set<number>();
          for (let one = await waitAny(requests); one !== undefined; one = await waitAny(requests)) seen.add(one.index);
          expect(seen.size).toBe(5);
          expect(testSome(requests)).toBe(undefined);
        } else {
          let values = testAll(requests);
          while (values === undefined) {
            await turn();
            values = testAll(requests);
          }
          expect(values[1]).toEqual(of(9));
        }
        expect(list.map(({ active }) => active)).toEqual(Array(5).fill(false));
      }
    });
  });

  it('are requests: once at a time, never cancelled, with an empty status', async () => {
    await run(2, async (comm) => {
      const barrier = comm.barrierInit();
      expect(barrier.active).toBe(false);
      if (comm.rank === 1) await comm.recv(0);
      const request = barrier.start();
      expect([barrier.active, request.done, request.test(), request.active]).toEqual([true, false, false, true]);
      expect(() => barrier.start()).toThrow(code('ERR_ARG'));
      expect(await request.cancel()).toBe(false);
      expect(request.active).toBe(true);
      if (comm.rank === 0) await comm.send('come', 1);
      expect(await request).toBe(undefined);
      expect([barrier.active, request.done, request.cancelled, request.failed]).toEqual([false, true, false, false]);
      expect(await request.cancel()).toBe(false);
      const { source, tag, bytes, count, cancelled } = request.status;
      expect({ source, tag, bytes, count, cancelled }).toEqual({
        source: ANY_SOURCE,
        tag: ANY_TAG,
        bytes: 0,
        count: 0,
        cancelled: false,
      });
      await barrier.start();
    });
  });

  it('are prepared by each rank for itself: no message, no number, no order', async () => {
    const sums = await run(2, async (comm) => {
      const one = comm.rank === 0 ? comm.allreduceInit(1) : undefined;
      const two = comm.allreduceInit(10, SUM);
      if (comm.rank === 0) comm.bcastInit('never started', 1);
      const other = one ?? comm.allreduceInit(1);
      return [await two.start(), await comm.allreduce(100), await other.start()];
    });
    expect(sums).toEqual([
      [20, 200, 2],
      [20, 200, 2],
    ]);
  });

  it('throw what is wrong with their arguments where they are prepared', async () => {
    const sums = await run(2, async (comm) => {
      const { rank } = comm;
      const wrong: [string, () => unknown][] = [
        ['ERR_ROOT', () => comm.bcastInit(1, 2)],
        ['ERR_ROOT', () => comm.reduceInit(1, SUM, -1)],
        ['ERR_ROOT', () => comm.gathervInit(of(1), 0.5)],
        ['ERR_OP', () => comm.allreduceInit(1, 'sum' as never)],
        ['ERR_TYPE', () => comm.scanInit('text')],
        ['ERR_TYPE', () => comm.bcastInit(() => 1, rank)],
        ['ERR_TYPE', () => comm.gatherInit({ a: Symbol('b') })],
        ['ERR_TYPE', () => comm.allgatherInit(1, { out: [] as never })],
        ['ERR_TYPE', () => comm.allgathervInit([1] as never)],
        ['ERR_COUNT', () => comm.scatterInit([1, 2, 3], rank)],
        ['ERR_COUNT', () => comm.alltoallInit([1])],
        ['ERR_COUNT', () => comm.alltoallvInit(of(1), [1, 1])],
        ['ERR_COUNT', () => comm.scattervInit(of(1), [1], rank)],
        ['ERR_COUNT', () => comm.reduceScatterInit(of(1, 2), [1, 2])],
        ['ERR_COUNT', () => comm.reduceScatterBlockInit(of(1, 2, 3))],
        ['ERR_COUNT', () => comm.exscanInit(of(1), MINLOC)],
        ['ERR_ARG', () => comm.barrierInit({ algorithm: 'magic' })],
        ['ERR_ARG', () => comm.barrierInit({ timeout: -1 })],
        ['ERR_ARG', () => comm.barrierInit(7 as never)],
      ];
      for (const [expected, init] of wrong) expect(init).toThrow(expect.objectContaining({ code: expected, rank }));
      return comm.allreduceInit(rank + 1).start();
    });
    expect(sums).toEqual([3, 3]);
  });

  it('tell what does not fit at a start, which leaves the communicator usable', async () => {
    await run(2, async (comm) => {
      const short = comm.allreduceInit(of(1, 2), SUM, { out: of(7) });
      const other = comm.bcastInit(comm.rank === 0 ? of(1) : undefined, 0, { out: new Int8Array(1) });
      for (let round = 0; round < 2; round++) {
        await expect(short.start()).rejects.toEqual(code('ERR_TRUNCATE'));
        await expect(waitAll([other.start()])).rejects.toEqual(code('ERR_TYPE'));
      }
      expect(await comm.allreduce(1)).toBe(2);
    });
  });

  it('are ERR_COMM once their communicator is freed', async () => {
    await run(2, async (comm) => {
      const copy = await comm.dup();
      const sum = copy.allreduceInit(1);
      expect(await sum.start()).toBe(2);
      await copy.free();
      await expect(sum.start()).rejects.toEqual(code('ERR_COMM'));
      expect(sum.active).toBe(false);
      expect(() => copy.allreduceInit(1)).toThrow(code('ERR_COMM'));
    });
  });

  it('end a start at its time limit or signal, on the other ranks too', async () => {
    const ends = await run(3, async (comm) => {
      const controller = new AbortController();
      const { signal } = controller;
      const sum = comm.allreduceInit(1, SUM, comm.rank === 0 ? { timeout: 500_000, signal } : {});
      expect(await sum.start()).toBe(3);
      if (comm.rank === 2) return comm.recv(0).catch((error: unknown) => error);
      const request = sum.start();
      controller.abort();
      const failure = await request.then(
        () => expect.unreachable(),
        (error: unknown) => error,
      );
      expect(request.failed).toBe(true);
      await expect(sum.start()).rejects.toEqual(code('ERR_COMM'));
      return failure;
    });
    expect(ends).toEqual([code('ERR_ABORTED'), code('ERR_COMM'), code('ERR_COMM')]);
  });

  it('give ERR_MISMATCH where ranks start them in another order', async () => {
    const failures = await run(2, async (comm) => {
      const list = [comm.allreduceInit(of(1)), comm.gatherInit(of(1), 1)] as PersistentRequest<unknown>[];
      if (comm.rank === 1) list.reverse();
      const ends = await Promise.allSettled(startAll(list));
      return ends.map((end) => (end.status === 'rejected' ? (end.reason as { code: string }).code : 'no error'));
    });
    expect(failures.flat()).toContain('ERR_MISMATCH');
  });

  it('reject with the error of an op that throws', async () => {
    const failures = await run(2, async (comm) => {
      const cause = new RangeError('no');
      const op = () => {
        throw cause;
      };
      const request = comm.reduceInit('text', op).start();
      const end = await waitAll([request]).catch((error: unknown) => error);
      return end === cause;
    });
    expect(failures[0]).toBe(true);
  });

  it('go among neighbours as well', async () => {
    await run(4, async (world) => {
      const comm = await world.createCart([4], [false]);
      const array = of(0, 0);
      const out = of(9, 9, 9, 9);
      const list: unknown[] = [null, null];
      const pairs: [PersistentRequest, () => Promise<unknown>][] = [
        [comm.neighborAllgatherInit(array), () => comm.neighborAllgather(array)],
        [comm.neighborAllgathervInit(array), () => comm.neighborAllgatherv(array)],
        [comm.neighborAlltoallInit(list), () => comm.neighborAlltoall(list)],
        [comm.neighborAlltoallvInit(array, [1, 1]), () => comm.neighborAlltoallv(array, [1, 1])],
        [
          comm.neighborAllgathervInit(array, { counts: [2, 2], out }),
          async () => {
            const copy = out.slice();
            await comm.neighborAllgatherv(array, { counts: [2, 2], out: copy });
            return copy;
          },
        ],
      ];
      for (let round = 0; round < 3; round++) {
        array.set([comm.rank, round]);
        list.fill({ round, from: comm.rank });
        for (const [request, call] of pairs) expect(await request.start()).toEqual(await call());
      }
      expect(() => comm.neighborAlltoallInit([1])).toThrow(code('ERR_COUNT'));
      await comm.free();
    });
  });

  it('leave nothing behind after a thousand starts', async () => {
    await run(3, async (comm) => {
      const { engine, p2p, collective, running } = domainOf(comm);
      const left = () =>
        [p2p, collective].reduce((sum, { unexpected }) => sum + [...unexpected].length, running.length) +
        [...engine.pending()].filter(({ context }) => context === p2p || context === collective).length;
      await comm.barrier();
      const array = of(0, 0);
      const requests = [
        comm.allreduceInit(array),
        comm.barrierInit(),
        comm.bcastInit(array, 2),
        comm.scanInit([comm.rank]),
      ] as PersistentRequest<unknown>[];
      const { contexts } = engine.census();
      for (let round = 0; round < 250; round++) {
        array.fill(round);
        const [sum] = await waitAll(startAll(requests));
        expect(sum).toEqual(of(3 * round, 3 * round));
      }
      await comm.barrier();
      // A send to a rank that has gone on already is over when the system has taken it.
      const deadline = performance.now() + 5000;
      while (left() > 0 && performance.now() < deadline) await turn();
      expect([left(), engine.census().contexts]).toEqual([0, contexts]);
    });
  });
});

describe.each(runs)('sendrecvReplace over %s', (_name, run) => {
  it('passes arrays around in place, small and large, to itself too', async () => {
    await run(3, async (comm) => {
      const { rank } = comm;
      for (const length of [0, 1, LARGE]) {
        const array = new Float64Array(length).fill(rank);
        const status = new Status();
        const options = { sendTag: rank, recvTag: (rank + 2) % 3, status };
        expect(await comm.sendrecvReplace(array, (rank + 1) % 3, (rank + 2) % 3, options)).toBe(array);
        expect(array).toEqual(new Float64Array(length).fill((rank + 2) % 3));
        expect(status).toMatchObject({ source: (rank + 2) % 3, tag: (rank + 2) % 3, count: length });
        await comm.sendrecvReplace(array, rank, rank);
        expect(array).toEqual(new Float64Array(length).fill((rank + 2) % 3));
      }
    });
  });

  it('swaps strided views, and leaves what lies between', async () => {
    await run(2, async (comm) => {
      const column = ndarray(Int32Array.of(1, 2, 3, 4, 5, 6).fill(comm.rank + 1, 0, 2), [3], [2]);
      await comm.sendrecvReplace(column, 1 - comm.rank, ANY_SOURCE);
      expect([...column.data]).toEqual([2 - comm.rank, comm.rank + 1, 3, 4, 5, 6]);
    });
  });

  it('keeps the array where nothing comes, and where what comes does not fit', async () => {
    await run(2, async (comm) => {
      const { rank } = comm;
      const array = of(rank, rank);
      // From nobody, to nobody.
      if (rank === 0) expect(await comm.sendrecvReplace(array, 1, PROC_NULL)).toBe(array);
      else expect(await comm.sendrecvReplace(array, PROC_NULL, 0)).toBe(array);
      expect([...array]).toEqual([0, 0]);
      const unequal = new Uint8Array(rank + 1).fill(9);
      const swapped = comm.sendrecvReplace(unequal, 1 - rank, 1 - rank);
      if (rank === 0) await expect(swapped).rejects.toEqual(code('ERR_TRUNCATE'));
      else expect(await swapped).toBe(unequal);
      expect([...unequal]).toEqual(Array(rank + 1).fill(9));
    });
  });

  it('refuses what is no array, and wrong arguments, before a byte is sent', async () => {
    await run(2, async (comm) => {
      const detached = of(1);
      structuredClone(null, { transfer: [detached.buffer] });
      const wrong: [string, () => Promise<unknown>][] = [
        ['ERR_TYPE', () => comm.sendrecvReplace([1, 2], 0, 0)],
        ['ERR_BUFFER', () => comm.sendrecvReplace(detached, 0, 0)],
        ['ERR_RANK', () => comm.sendrecvReplace(of(1), 2, 0)],
        ['ERR_RANK', () => comm.sendrecvReplace(of(1), 0, 2)],
        ['ERR_TAG', () => comm.sendrecvReplace(of(1), 0, 0, { sendTag: -1 })],
        ['ERR_ARG', () => comm.sendrecvReplace(of(1), 0, 0, { out: of(1) } as object)],
        ['ERR_ARG', () => comm.sendrecvReplace(of(1), 0, 0, null as never)],
      ];
      for (const [expected, call] of wrong) {
        await expect(call()).rejects.toEqual(expect.objectContaining({ code: expected, op: 'sendrecvReplace' }));
      }
      expect(comm.iprobe()).toBe(undefined);
    });
  });
});
