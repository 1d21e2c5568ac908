/** Plans of the last calls are taken again for the same arguments only, and only while they hold. */
import { describe, expect, it } from 'vitest';
import { RecentPlans } from '../../src/collectives/recent.ts';
import { SUM } from '../../src/index.ts';
import { withBoards } from '../helpers/boards.ts';

const of = (...elements: number[]) => Float64Array.of(...elements);

describe('plans of the last calls', () => {
  const plan = (lasting = true) => ({ start: () => undefined, lasting: () => lasting });
  const context = (sharesMemory = false) => ({ sharesMemory }) as Parameters<RecentPlans['plan']>[0];

  it('are taken for the same arguments', () => {
    const recent = new RecentPlans();
    const [value, other, out] = [of(1), of(1), of(1)];
    const first = plan();
    type Asked = [value: unknown, by: unknown, options: object, shares: boolean];
    const ask = (...[given, by, options, shares]: Asked) =>
      recent.plan(context(shares), 3, given, by, options, plan) === first;
    const again = (...args: Asked) => {
      recent.plan(context(), 3, value, SUM, { out }, () => plan());
      return ask(...args);
    };
    expect(recent.plan(context(), 3, value, SUM, { out }, () => first)).toBe(first);
    expect(ask(value, SUM, { out }, false)).toBe(true);
    expect(recent.plan(context(), 4, value, SUM, { out }, plan)).not.toBe(first);
    expect(ask(value, SUM, { out, timeout: 1 }, false)).toBe(true);
    const others: Asked[] = [
      [other, SUM, { out }, false],
      [value, 'another op', { out }, false],
      [value, SUM, { out: other }, false],
      [value, SUM, {}, false],
      [value, SUM, { out, algorithm: 'ring' }, false],
      [value, SUM, { out }, true],
    ];
    for (const args of others) expect(again(...args)).toBe(false);
  });

  it('are made anew where they do not last, for a list with another element, and for numbers', () => {
    const recent = new RecentPlans();
    const made: unknown[] = [];
    const ask = (value: unknown, lasting = true) => {
      recent.plan(context(), 1, value, undefined, {}, () => {
        const one = plan(lasting);
        made.push(one);
        return one;
      });
      return made.length;
    };
    const list = [of(1), of(2)];
    expect([ask(list), ask(list), ask([...list])]).toEqual([1, 1, 1]);
    list[1] = of(3);
    expect([ask(list), ask(list)]).toEqual([2, 2]);
    expect([ask(0), ask(-0), ask(-0)]).toEqual([3, 4, 5]);
    expect([ask(of(1), false), ask(of(1), false)]).toEqual([6, 7]);
  });

  it('hold no memory that is large', () => {
    const recent = new RecentPlans();
    let made = 0;
    const value = new Uint8Array(new ArrayBuffer(2 ** 21), 0, 8);
    for (let call = 0; call < 2; call++) {
      recent.plan(context(), 1, value, undefined, {}, () => {
        made++;
        return plan();
      });
    }
    expect(made).toBe(2);
  });

  it('see what the program has done to its arrays meanwhile', async () => {
    await withBoards(3, async (comm) => {
      const mine = of(comm.rank, 1);
      const out = new Float64Array(6);
      const each = [of(0), of(1), of(2)];
      for (let call = 0; call < 20; call++) {
        mine[0] = comm.rank + call;
        each[call % 3] = of(100 * comm.rank + call);
        const kept = each.map(([element]) => element as number);
        expect([...(await comm.allreduce(mine, SUM))]).toEqual([3 + 3 * call, 3]);
        expect(await comm.allgather(mine, { out })).toBe(out);
        expect([...out]).toEqual([call, 1, 1 + call, 1, 2 + call, 1]);
        const got = await comm.alltoall(each, { out });
        expect(got).toBe(out);
        expect(out[comm.rank]).toBe(kept[comm.rank]);
        // What fits no longer is found out as at the first time.
        if (call === 10) {
          const short = comm.rank === 1 ? of(call) : mine;
          expect((await comm.allgather(short)).map(({ length }) => length)).toEqual([2, 1, 2]);
          expect([...(await comm.allgather(short, { out })).slice(0, 5)]).toEqual([call, 1, call, 2 + call, 1]);
        }
      }
      const gone = of(1, 2);
      await comm.allreduce(gone, SUM);
      structuredClone(gone.buffer, { transfer: [gone.buffer] });
      await expect(comm.allreduce(gone, SUM)).rejects.toMatchObject({ code: 'ERR_BUFFER' });
    });
  });
});
