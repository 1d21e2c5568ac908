/** Plans: what a collective has made ready holds for every start, and is made anew where it would not. */
import ndarray from 'ndarray';
import { describe, expect, it } from 'vitest';
import * as calls from '../../src/collectives/calls.ts';
import * as ops from '../../src/collectives/ops.ts';
import { SELECTABLE } from '../../src/collectives/registry.ts';
import { spmd } from '../../src/testing.ts';
import { type LocalComm, runLocal } from './helpers/local.ts';
import { collectiveMatrix } from './helpers/matrix.ts';
import { Restarted } from './helpers/restarted.ts';

describe.each(SELECTABLE)('%s, prepared once and started again, gives what the call gives', (name) => {
  it.each([1, 2, 3, 5, 8])('on %i ranks, eagerly and by rendezvous in pieces', async (size) => {
    for (const options of [{ seed: size }, { seed: size + 100, segmentBytes: 16, eagerLimit: 32 }]) {
      const failures = await collectiveMatrix(
        (ranks, program) => spmd(ranks, (comm) => program(new Restarted(comm)), options),
        size,
        { only: [name], lengths: [67], everyRoot: false },
      );
      expect(failures).toEqual([]);
    }
  });
});

const of = (...elements: number[]) => Float64Array.of(...elements);
const strided = () => ndarray(new Float64Array(8), [2, 2], [4, 2], 0);

describe('a plan', () => {
  const cases: [string, boolean, (comm: LocalComm) => calls.Plan<unknown>][] = [
    ['a barrier', true, ({ context }) => calls.barrier(context)],
    ['a TypedArray', true, ({ context }) => calls.allreduce(context, of(1, 2))],
    ['a number', true, ({ context }) => calls.allreduce(context, 7)],
    ['a boolean', true, ({ context }) => calls.allreduce(context, true, ops.LAND)],
    ['a contiguous ndarray', true, ({ context }) => calls.scan(context, ndarray(of(1, 2), [2, 1]))],
    ['a strided ndarray', false, ({ context }) => calls.scan(context, strided())],
    ['a list', false, ({ context }) => calls.exscan(context, [1, 2])],
    ['a bigint', false, ({ context }) => calls.reduce(context, 1n)],
    ['an op on whole values', false, ({ context }) => calls.reduce(context, of(1), (a: unknown) => a)],
    ['out beside the input', true, ({ context }) => calls.allreduce(context, of(1), ops.SUM, { out: of(0, 0) })],
    ['a strided out', true, ({ context }) => calls.allreduce(context, of(1), ops.SUM, { out: strided() })],
    ['the root of a broadcast', true, ({ context }) => calls.bcast(context, of(1))],
    ['an object to broadcast', false, ({ context }) => calls.bcast(context, {})],
    ['values to scatter', false, ({ context }) => calls.scatter(context, [of(1)])],
    ['parts to scatter', true, ({ context }) => calls.scatterv(context, of(1), [1])],
    ['an array to gather', true, ({ context }) => calls.gatherv(context, of(1))],
    ['an array to share', true, ({ context }) => calls.allgather(context, of(1))],
    ['parts to swap', true, ({ context }) => calls.alltoallv(context, of(1), [1])],
    ['parts to combine', true, ({ context }) => calls.reduceScatterBlock(context, of(1))],
    [
      'input and out that overlap',
      false,
      ({ context }) => {
        const memory = new Float64Array(3);
        return calls.allreduce(context, memory.subarray(0, 2), ops.SUM, { out: memory.subarray(1) });
      },
    ],
    [
      'what is sent from out',
      false,
      ({ context }) => {
        const memory = new Float64Array(3);
        return calls.allgatherv(context, memory.subarray(0, 2), { out: memory });
      },
    ],
  ];

  it.each(cases)('of %s lasts: %s', async (_, lasting, plan) => {
    await runLocal(1, async (comm) => {
      expect(plan(comm).lasting()).toBe(lasting);
      expect(comm.opened).toBe(0);
    });
  });

  it('lasts no longer than its memory', async () => {
    await runLocal(1, async ({ context }) => {
      const array = of(1, 2);
      const out = of(0, 0);
      const plans = [
        calls.allreduce(context, array),
        calls.allreduce(context, of(1, 2), ops.SUM, { out }),
        calls.bcast(context, array),
      ];
      expect(plans.map((plan) => plan.lasting())).toEqual([true, true, true]);
      structuredClone(null, { transfer: [array.buffer, out.buffer] });
      expect(plans.map((plan) => plan.lasting())).toEqual([false, false, false]);
    });
  });

  it('is made anew where it does not last, from what is there then', async () => {
    await runLocal(2, async ({ context }) => {
      const list = [1, 2];
      const start = calls.again(context, () => calls.allreduce(context, list));
      expect(await start()).toEqual([2, 4]);
      list.push(5);
      expect(await start()).toEqual([2, 4, 10]);
      const view = strided();
      const sum = calls.again(context, () => calls.allreduce(context, view));
      for (const value of [1, 2]) {
        view.data.fill(value);
        expect([...(await sum()).data]).toEqual(Array(4).fill(2 * value));
      }
    });
  });

  it('takes no number before it is started, and none if its memory is gone', async () => {
    await runLocal(1, async (comm) => {
      const array = of(1, 2);
      const start = calls.again(comm.context, () => calls.allreduce(comm.context, array));
      expect(await start()).toEqual(of(1, 2));
      expect(comm.opened).toBe(1);
      structuredClone(null, { transfer: [array.buffer] });
      expect(start).toThrow(expect.objectContaining({ code: 'ERR_BUFFER' }));
      expect(comm.opened).toBe(1);
    });
  });

  it('fills the same out at every start, and gives results of their own without one', async () => {
    await runLocal(3, async (comm) => {
      const array = of(comm.rank);
      const out = of(0);
      const into = calls.again(comm.context, () => calls.allreduce(comm.context, array, ops.SUM, { out }));
      const fresh = calls.again(comm.context, () => calls.allreduce(comm.context, array));
      const results: Float64Array[] = [];
      for (const offset of [0, 10]) {
        array[0] = comm.rank + offset;
        expect(await into()).toBe(out);
        expect(out[0]).toBe(3 + 3 * offset);
        results.push(await fresh());
      }
      expect(results).toEqual([of(3), of(33)]);
    });
  });
});
