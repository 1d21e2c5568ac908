/** Section 3 of the contract, the corners of waiting: results without options, limits of nought, signals that have fired, lists, loops. */
import ndarray from 'ndarray';
import { describe, expect, it } from 'vitest';
import type { Communicator } from '../../src/comm/communicator.ts';
import { ANY_SOURCE, ANY_TAG, PROC_NULL, TAG_UB } from '../../src/matching/envelope.ts';
import { testSome, waitAll, waitAny, waitSome } from '../../src/p2p/completion.ts';
import type { WaitOptions } from '../../src/p2p/guard.ts';
import { Request } from '../../src/p2p/request.ts';
import { Status } from '../../src/p2p/status.ts';
import { runs } from '../helpers/runs.ts';

const code = (value: string) => expect.objectContaining({ code: value });
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
/** Larger than every eager limit. */
const LARGE = 300_000;

/** Every call that waits, on a rank to which nothing comes. */
const waiting: [name: string, call: (comm: Communicator, options: WaitOptions) => Promise<unknown>][] = [
  ['recv', (comm, options) => comm.recv(1, 7, options)],
  ['irecv', async (comm, options) => comm.irecv(ANY_SOURCE, ANY_TAG, options)],
  ['probe', (comm, options) => comm.probe(1, 7, options)],
  ['mprobe', (comm, options) => comm.mprobe(1, 7, options)],
  ['ssend', (comm, options) => comm.ssend(1, 1, 7, options)],
  ['issend', async (comm, options) => comm.issend(1, 1, 7, options)],
  ['send of much', (comm, options) => comm.send(new Uint8Array(LARGE), 1, 7, options)],
  ['isend of much', async (comm, options) => comm.isend(new Uint8Array(LARGE), 1, 7, options)],
  ['sendrecv', (comm, options) => comm.sendrecv(new Uint8Array(LARGE), 1, 1, { ...options, sendTag: 7, recvTag: 7 })],
  ['recvInit', async (comm, options) => comm.recvInit(1, 7, options).start()],
];

describe.each(runs)('waiting over %s', (_name, run) => {
  it('ends at a limit of nought, at a signal, and at one that fired before; what is given up never matches', async () => {
    await run(2, async (comm) => {
      if (comm.rank === 1) {
        await comm.recv(0, 9);
        // Nothing of what was given up is there; it would come first.
        expect(await comm.recv(0)).toBe('next');
        await comm.send('kept', 0, 7);
        return;
      }
      for (const [name, call] of waiting) {
        await expect(call(comm, { timeout: 0 }), name).rejects.toEqual(code('ERR_TIMEOUT'));
        await expect(call(comm, { signal: AbortSignal.abort() }), name).rejects.toEqual(code('ERR_ABORTED'));
        const controller = new AbortController();
        const pending = call(comm, { signal: controller.signal });
        const outcome = expect(pending, name).rejects.toMatchObject({ code: 'ERR_ABORTED', cause: 'off' });
        await turn();
        controller.abort('off');
        await outcome;
      }
      await comm.send('done', 1, 9);
      await comm.send('next', 1, 7);
      expect(await comm.recv(1, 7)).toBe('kept');
    });
  });

  it('takes no notice of limits where there is nothing to wait for', async () => {
    await run(1, async (comm) => {
      const controller = new AbortController();
      const limits = { timeout: 0, signal: controller.signal };
      await comm.send('x', 0, 1, limits);
      await comm.probe(0, 1);
      expect(await comm.probe(0, 1, limits)).toMatchObject({ tag: 1 });
      expect(await comm.recv(0, 1, limits)).toBe('x');
      expect(await comm.recv(PROC_NULL, 1, limits)).toBe(undefined);
      expect(await comm.allreduce(4, undefined, limits)).toBe(4);
      await expect(
        comm.recv(0, 1, { timeout: Number.POSITIVE_INFINITY, signal: AbortSignal.timeout(5) }),
      ).rejects.toEqual(code('ERR_ABORTED'));
      controller.abort();
      await comm.barrier();
    });
  });

  it('gives what was sent, whole, to calls without any argument, and a status to every request', async () => {
    await run(2, async (comm) => {
      if (comm.rank === 0) {
        await comm.send(new Float32Array(3), 1, TAG_UB);
        await comm.send(ndarray(new Int16Array(6), [2, 3]), 1, 2);
        await comm.send('text', 1);
        await comm.send(undefined, 1);
        await comm.send(null, 1, 5);
        return;
      }
      const first = comm.irecv<Float32Array>();
      expect(first).toBeInstanceOf(Request);
      expect(await first).toBeInstanceOf(Float32Array);
      expect([first.done, first.test()]).toEqual([true, true]);
      expect(first.status).toMatchObject({ source: 0, tag: TAG_UB, bytes: 12, count: 3, cancelled: false });
      const status = new Status();
      const second = comm.irecv(undefined, undefined, { status });
      await second;
      expect(second.status).toBe(status);
      expect(status).toMatchObject({ tag: 2, bytes: 12, count: 6 });
      // One status for several calls, one after the other.
      expect(await comm.recv(0, 0, { status })).toBe('text');
      expect(status).toMatchObject({ source: 0, tag: 0, count: 1 });
      expect(await comm.recv(0, 0, { status })).toBe(undefined);
      expect(status).toMatchObject({ source: 0, count: 0, bytes: 0 });
      expect(await comm.sendrecv(1, PROC_NULL, 0, { status })).toBe(null);
      expect(status).toMatchObject({ source: 0, tag: 5, count: 1 });
    });
  });

  it('takes every request of a list once: waitAny and waitSome in a loop, out of order, some failing, some cancelled', async () => {
    await run(3, async (comm) => {
      if (comm.rank > 0) {
        await comm.recv(0, 0);
        for (let i = 0; i < 5; i++) await comm.send(comm.rank * 10 + i, 0, 4 - i);
        return;
      }
      const requests = [1, 2].flatMap((from) => [0, 1, 2, 3, 4].map((tag) => comm.irecv<number>(from, tag)));
      const never = comm.irecv<number>(1, 99);
      const list = [...requests.slice(0, 5), undefined, ...requests.slice(5), never];
      expect(testSome(list)).toEqual([]);
      await never.cancel();
      await comm.send('go', 1);
      await comm.send('go', 2);
      const seen = new Map<number, number | undefined>();
      for (let i = 0; i < 4; i++) {
        const got = await waitAny(list);
        seen.set(got?.index ?? -1, got?.value ?? -1);
      }
      for (let some = await waitSome(list); some !== undefined; some = await waitSome(list)) {
        expect(some.length).toBeGreaterThan(0);
        for (const { index, value } of some) {
          expect(seen.has(index)).toBe(false);
          seen.set(index, value);
        }
      }
      seen.delete(11);
      expect([...seen].sort(([a], [b]) => a - b).map(([, value]) => value)).toEqual([
        14, 13, 12, 11, 10, 24, 23, 22, 21, 20,
      ]);
      expect(await waitAny(list)).toBe(undefined);
    });
  });

  it('gives the failure of one in a list, and the others are still there to wait for', async () => {
    await run(1, async (comm) => {
      const good = comm.irecv(0, 1);
      const bad = comm.irecv(0, 2, { timeout: 1 });
      await expect(waitAny([good, bad])).rejects.toEqual(code('ERR_TIMEOUT'));
      await comm.send('ok', 0, 1);
      expect(await waitAny([good, bad])).toEqual({ index: 0, value: 'ok' });
      expect(await waitAny([good, bad])).toBe(undefined);
      await comm.send('kept', 0, 1);
      const ended = [comm.irecv(0, 1), comm.isend(1, 7), comm.irecv(PROC_NULL)];
      await expect(waitSome(ended)).rejects.toEqual(code('ERR_RANK'));
      expect(await waitSome(ended)).toEqual([
        { index: 0, value: 'kept' },
        { index: 2, value: undefined },
      ]);
      await expect(waitAll([comm.irecv(0, 1, { timeout: 1 }), comm.isend(1, 0, 3)])).rejects.toEqual(
        code('ERR_TIMEOUT'),
      );
      expect(await comm.recv(0, 3)).toBe(1);
    });
  });

  it('in a loop over messages may be left in the middle, and entered again: none is lost or doubled', async () => {
    await run(2, async (comm) => {
      if (comm.rank === 0) {
        for (let i = 0; i < 6; i++) await comm.send(i % 2 === 0 ? i : new Uint8Array(LARGE).fill(i), 1, i);
        return;
      }
      const seen: number[] = [];
      for await (const { value, source, tag } of comm.messages<number | Uint8Array>()) {
        expect(source).toBe(0);
        expect(typeof value === 'number' ? value : value[LARGE - 1]).toBe(tag);
        seen.push(tag);
        if (tag === 2) break;
      }
      expect(await comm.recv<Uint8Array>(0, 3)).toHaveLength(LARGE);
      for await (const { tag } of comm.messages(0, 5)) {
        seen.push(tag);
        break;
      }
      for await (const { tag } of comm.messages(0, ANY_TAG, { signal: AbortSignal.timeout(2000) })) {
        seen.push(tag);
        break;
      }
      for await (const _ of comm.messages(0, ANY_TAG, { signal: AbortSignal.abort() })) expect.unreachable();
      expect(seen).toEqual([0, 1, 2, 5, 4]);
    });
  });

  it('never deadlocks where both send before either receives, however large and however many', async () => {
    const sums = await run(2, async (comm) => {
      const other = 1 - comm.rank;
      const sends = Array.from({ length: 20 }, (_, i) =>
        comm.isend(new Uint8Array(i % 2 ? LARGE : 10).fill(i), other, i % 3),
      );
      const plain = comm.send(new Float64Array(LARGE), other, 50);
      const receives = Array.from({ length: 21 }, () => comm.irecv<Uint8Array>());
      const got = await waitAll(receives);
      await waitAll(sends);
      await plain;
      return got.map((array) => array[0]);
    });
    const expected = [...Array(20).keys(), 0];
    expect(sums).toEqual([expected, expected]);
  });

  it('lets PROC_NULL be in lists, in persistent requests and on either side of a sendrecv', async () => {
    await run(2, async (comm) => {
      const left = comm.rank === 0 ? PROC_NULL : 0;
      const right = comm.rank === 1 ? PROC_NULL : 1;
      expect(await comm.sendrecv(comm.rank, right, left)).toBe(comm.rank === 0 ? undefined : 0);
      const requests = [comm.irecv(left), comm.isend('x', right), comm.sendInit('y', PROC_NULL).start()];
      expect(await waitAll(requests)).toEqual([comm.rank === 0 ? undefined : 'x', undefined, undefined]);
      const nobody = comm.irecv(PROC_NULL);
      expect([nobody.done, nobody.status.source]).toEqual([true, PROC_NULL]);
      expect(await waitAny([nobody])).toEqual({ index: 0, value: undefined });
    });
  });

  it('waits for a list that names a request more than once', async () => {
    const [, values] = await run(2, async (comm) => {
      if (comm.rank === 0) {
        await comm.recv(1);
        await comm.send('once', 1);
        return [];
      }
      const request = comm.irecv<string>(0);
      const all = waitAll([request, request, request, request]);
      const any = waitAny([request, request, request]);
      await comm.send('go', 0);
      return [...(await all), (await any)?.value];
    });
    expect(values).toEqual(Array(5).fill('once'));
  });

  it('makes a failure that nobody waits for an unhandled rejection, but not one beside another in waitAll', async () => {
    const [unhandled] = await run(1, async (comm) => {
      const heard: unknown[] = [];
      const listener = (reason: unknown) => heard.push(reason);
      const others = process.listeners('unhandledRejection');
      process.removeAllListeners('unhandledRejection');
      process.on('unhandledRejection', listener);
      try {
        const lost = comm.irecv(0, 1, { timeout: 1 });
        await expect(
          waitAll([comm.irecv(0, 2, { timeout: 1 }), comm.irecv(0, 3, { timeout: 1 })]),
        ).rejects.toMatchObject({
          code: 'ERR_TIMEOUT',
        });
        while (!lost.done) await new Promise((resolve) => setTimeout(resolve, 1));
        await new Promise((resolve) => setTimeout(resolve, 1));
        return heard;
      } finally {
        process.off('unhandledRejection', listener);
        for (const other of others) process.on('unhandledRejection', other);
      }
    });
    expect(unhandled).toEqual([expect.objectContaining({ code: 'ERR_TIMEOUT', tag: 1 })]);
  });

  it('withdraws the receive of messages() when the loop is left while it waits', async () => {
    const [, values] = await run(2, async (comm) => {
      if (comm.rank === 0) {
        await comm.recv(1, 9);
        await comm.send('for the next receive', 1);
        return [];
      }
      const iterator = comm.messages(0);
      const waiting = iterator.next();
      expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
      expect(await waiting).toEqual({ done: true, value: undefined });
      expect(await iterator.next()).toEqual({ done: true, value: undefined });
      await comm.send(null, 0, 9);
      return [await comm.recv(0)];
    });
    expect(values).toEqual(['for the next receive']);
  });
});
