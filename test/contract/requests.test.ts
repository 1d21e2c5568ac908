/** Section 3 of the contract over every transport: what is under way can be given up, waited for together, started again. */
import { describe, expect, it } from 'vitest';
import { ANY_SOURCE } from '../../src/matching/envelope.ts';
import { testAll, testAny, testSome, waitAll, waitAny, waitSome } from '../../src/p2p/completion.ts';
import { startAll } from '../../src/p2p/persistent.ts';
import { runs } from '../helpers/runs.ts';

const code = (value: string) => expect.objectContaining({ code: value });
/** Larger than every eager limit. */
const LARGE = 300_000;

describe.each(runs)('requests over %s', (_name, run) => {
  it('withdraws an aborted or timed-out receive: the message goes to the next one', async () => {
    await run(2, async (comm) => {
      if (comm.rank === 0) {
        await comm.recv(1, 1);
        await comm.send('kept', 1, 0);
      } else {
        await expect(comm.recv(0, 0, { timeout: 5 })).rejects.toEqual(code('ERR_TIMEOUT'));
        const controller = new AbortController();
        const receiving = comm.recv(0, 0, { signal: controller.signal });
        controller.abort(new Error('changed my mind'));
        await expect(receiving).rejects.toMatchObject({ code: 'ERR_ABORTED', cause: { message: 'changed my mind' } });
        await expect(comm.recv(0, 0, { signal: controller.signal })).rejects.toEqual(code('ERR_ABORTED'));
        await expect(comm.probe(0, 0, { timeout: 1 })).rejects.toEqual(code('ERR_TIMEOUT'));
        await expect(comm.mprobe(0, 0, { timeout: 1 })).rejects.toEqual(code('ERR_TIMEOUT'));
        await comm.send('ready', 0, 1);
        expect(await comm.recv(0, 0)).toBe('kept');
      }
    });
  });

  it('gives up a send in time, and the message with it', async () => {
    await run(2, async (comm) => {
      if (comm.rank === 0) {
        await expect(comm.ssend('never matched', 1, 3, { timeout: 5 })).rejects.toEqual(code('ERR_TIMEOUT'));
        await expect(comm.send(new Uint8Array(LARGE), 1, 3, { timeout: 5 })).rejects.toEqual(code('ERR_TIMEOUT'));
        await comm.send('after', 1, 3);
        await comm.send('done', 1, 4);
      } else {
        await comm.recv(0, 4);
        expect(await comm.recv(0, 3)).toBe('after');
      }
    });
  });

  it('cancels receives and sends, and says when it is too late', async () => {
    await run(2, async (comm) => {
      if (comm.rank === 0) {
        const [a, b, c] = [comm.irecv(1, 0), comm.irecv(1, 0), comm.irecv(1, 0)];
        expect(await b.cancel()).toBe(true);
        expect(b.cancelled).toBe(true);
        expect(b.status.cancelled).toBe(true);
        expect(await b).toBe(undefined);
        await comm.send('go', 1);
        expect([await a, await c]).toEqual(['one', 'two']);
        expect(await a.cancel()).toBe(false);
        const large = comm.isend(new Uint8Array(LARGE), 1, 5);
        expect(await large.cancel()).toBe(true);
        const matched = comm.issend('matched', 1, 6);
        await comm.recv(1, 7);
        expect(await matched.cancel()).toBe(false);
        await matched;
        await comm.send('end', 1, 5);
      } else {
        await comm.recv(0);
        await comm.send('one', 0);
        await comm.send('two', 0);
        expect(await comm.recv(0, 6)).toBe('matched');
        await comm.send(null, 0, 7);
        expect(await comm.recv(0, 5)).toBe('end');
      }
    });
  });

  it('completes lists of requests: all, any, some; nothing active is undefined', async () => {
    await run(2, async (comm) => {
      if (comm.rank === 0) {
        const requests = [1, 2, 3].map((tag) => comm.irecv<number>(1, tag));
        expect(testAny(requests)).toBe(null);
        expect(testSome(requests)).toEqual([]);
        expect(testAll(requests)).toBe(undefined);
        await comm.send('go', 1);
        expect(await waitAny(requests)).toEqual({ index: 1, value: 20 });
        await comm.send('more', 1);
        const rest = new Map<number, number>();
        for (let some = await waitSome(requests); some !== undefined; some = await waitSome(requests)) {
          for (const { index, value } of some) rest.set(index, value);
        }
        expect([...rest].sort()).toEqual([
          [0, 10],
          [2, 30],
        ]);
        expect(await waitAny(requests)).toBe(undefined);
        expect(testAny(requests)).toBe(undefined);
        expect(testSome(requests)).toBe(undefined);
        expect(testAll(requests)).toEqual([10, 20, 30]);
        expect(await waitAny([])).toBe(undefined);
        expect(await waitSome([undefined, null])).toBe(undefined);
        expect(await waitAll([])).toEqual([]);
      } else {
        await comm.recv(0);
        await comm.send(20, 0, 2);
        await comm.recv(0);
        await comm.send(10, 0, 1);
        await comm.send(30, 0, 3);
      }
    });
  });

  it('starts persistent requests again and again', async () => {
    await run(2, async (comm) => {
      const array = new Float64Array(4);
      if (comm.rank === 0) {
        const send = comm.sendInit(array, 1, 9);
        for (let i = 0; i < 3; i++) {
          array.fill(i);
          await send.start();
        }
      } else {
        const receive = comm.recvInit(0, 9, { out: array });
        for (let i = 0; i < 3; i++) {
          const [request] = startAll([receive]);
          expect(receive.active || request?.done).toBe(true);
          if (receive.active) expect(() => receive.start()).toThrow(code('ERR_ARG'));
          expect(await request).toBe(array);
          expect([...array]).toEqual([i, i, i, i]);
        }
      }
    });
  });

  it('iterates over messages until the signal fires, and loses none', async () => {
    await run(3, async (comm) => {
      if (comm.rank === 0) {
        const controller = new AbortController();
        const seen: [number, number][] = [];
        for await (const { value, source, tag } of comm.messages<number>(ANY_SOURCE, 4, {
          signal: controller.signal,
        })) {
          expect(tag).toBe(4);
          seen.push([source, value]);
          if (seen.length === 20) controller.abort();
        }
        for (const rank of [1, 2])
          expect(seen.filter(([source]) => source === rank).map(([, value]) => value)).toEqual([...Array(10).keys()]);
        await comm.send('end', 1, 5);
        await comm.send('end', 2, 5);
        expect(await comm.recv(1, 4)).toBe('later');
      } else {
        for (let i = 0; i < 10; i++) await comm.send(i, 0, 4);
        await comm.recv(0, 5);
        if (comm.rank === 1) await comm.send('later', 0, 4);
      }
    });
  });
});
