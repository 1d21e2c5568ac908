/** Section 3 of the contract over every transport: messages, from one rank to another. */
import ndarray from 'ndarray';
import { describe, expect, it } from 'vitest';
import { ANY_SOURCE, ANY_TAG, PROC_NULL, TAG_UB } from '../../src/matching/envelope.ts';
import { waitAll } from '../../src/p2p/completion.ts';
import { Status } from '../../src/p2p/status.ts';
import { KINDS } from '../helpers/kinds.ts';
import { runs } from '../helpers/runs.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const code = (value: string) => expect.objectContaining({ code: value });
/** Larger than every eager limit. */
const LARGE = 300_000;

describe.each(runs)('point to point over %s', (_name, run) => {
  it('brings every kind of value by value', async () => {
    const values = [
      1.5,
      -0,
      'grüß dich',
      12n ** 30n,
      true,
      null,
      undefined,
      { a: [1, { b: new Set([2]) }] },
      new Float32Array([1, 2]),
    ];
    const [, received] = await run(2, async (comm) => {
      if (comm.rank === 0) {
        for (const value of values) await comm.send(value, 1);
        return [];
      }
      const got: unknown[] = [];
      for (let i = 0; i < values.length; i++) got.push(await comm.recv(0));
      return got;
    });
    expect(received).toEqual(values);
  });

  it('brings more short messages than any buffer holds, numbers and arrays, bit by bit', async () => {
    const count = 5000;
    const of = (i: number) => (i % 2 === 0 ? i : Float64Array.from({ length: 1 + (i % 12) }, (_, j) => i + j));
    const [, received] = await run(2, async (comm) => {
      if (comm.rank === 0) {
        const requests = Array.from({ length: count }, (_, i) => comm.isend(of(i), 1));
        await comm.send(new Float64Array(1), 1, 1);
        return waitAll(requests);
      }
      await comm.recv(0, 1);
      const outs = Array.from({ length: count }, (_, i) => (i % 4 === 1 ? new Float64Array(1 + (i % 12)) : undefined));
      return waitAll(outs.map((out) => comm.irecv<unknown>(0, 0, { out })));
    });
    expect(received).toEqual(Array.from({ length: count }, (_, i) => of(i)));
  });

  it('keeps the order of one sender whatever the sizes, also through wildcards', async () => {
    const [, received] = await run(2, async (comm) => {
      if (comm.rank === 0) {
        const requests = [LARGE, 1, LARGE, 2, 3, LARGE].map((length, i) =>
          comm.isend(new Uint8Array(length).fill(i), 1, 7),
        );
        await waitAll(requests);
        return [];
      }
      const got: number[] = [];
      for (let i = 0; i < 6; i++)
        got.push(
          ((i % 2 === 0 ? await comm.recv<Uint8Array>(0, 7) : await comm.recv<Uint8Array>())[0] as number) ?? -1,
        );
      return got;
    });
    expect(received).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('lets messages with different tags be received in any order', async () => {
    const [, received] = await run(2, async (comm) => {
      if (comm.rank === 0) {
        await comm.send('first', 1, 1);
        await comm.send('second', 1, TAG_UB);
        return [];
      }
      return [await comm.recv(0, TAG_UB), await comm.recv(0, 1)];
    });
    expect(received).toEqual(['second', 'first']);
  });

  it('fills a status', async () => {
    const [, statuses] = await run(2, async (comm) => {
      if (comm.rank === 0) {
        await comm.send(new Float64Array(5), 1, 3);
        await comm.send({ a: 1 }, 1, 4);
        return [];
      }
      const a = new Status();
      const b = new Status();
      await comm.recv(ANY_SOURCE, ANY_TAG, { status: a });
      await comm.recv(ANY_SOURCE, ANY_TAG, { status: b });
      return [a, b];
    });
    expect(statuses?.[0]).toMatchObject({ source: 0, tag: 3, bytes: 40, count: 5 });
    expect(statuses?.[1]).toMatchObject({ source: 0, tag: 4, count: 1 });
  });

  it('sends to itself, small and large', async () => {
    await run(1, async (comm) => {
      for (const length of [0, 3, LARGE]) {
        const request = comm.isend(new Uint8Array(length).fill(9), 0);
        expect(await comm.recv(0)).toEqual(new Uint8Array(length).fill(9));
        await request;
      }
    });
  });

  it('completes an ssend only when it is received, to itself too; a probe does not complete it', async () => {
    await run(2, async (comm) => {
      if (comm.rank === 0) {
        const own = comm.issend('me', 0);
        await turn();
        await comm.probe(0);
        expect(own.done).toBe(false);
        expect(await comm.recv(0)).toBe('me');
        await own;
        const request = comm.issend('you', 1);
        await comm.recv(1, 1);
        expect(request.done).toBe(false);
        await comm.send('go', 1, 1);
        await request;
        await comm.ssend('again', 1);
      } else {
        await comm.probe(0, 0);
        await comm.send('probed', 0, 1);
        await comm.recv(0, 1);
        expect(await comm.recv(0, 0)).toBe('you');
        expect(await comm.recv(0, 0)).toBe('again');
      }
    });
  });

  it('gives a message to the receive that was posted first, also when a probe waits', async () => {
    await run(2, async (comm) => {
      if (comm.rank === 0) {
        await comm.recv(1, 99);
        await comm.send('a', 1, 5);
        await comm.send('b', 1, 5);
      } else {
        const probing = comm.probe(0, 5);
        const first = comm.irecv(0, 5);
        await comm.send(null, 0, 99);
        expect(await first).toBe('a');
        expect(await probing).toMatchObject({ source: 0, tag: 5 });
        expect(await comm.recv(0, 5)).toBe('b');
      }
    });
  });

  it('lets nobody else receive what mprobe has taken', async () => {
    await run(2, async (comm) => {
      if (comm.rank === 0) {
        await comm.send(new Int32Array([1, 2]), 1, 5);
        const large = comm.isend(new Uint8Array(LARGE), 1, 5);
        await comm.send('third', 1, 5);
        await large;
      } else {
        const message = await comm.mprobe(0, 5);
        const large = await comm.mprobe();
        expect(await comm.recv()).toBe('third');
        expect(comm.iprobe()).toBe(undefined);
        expect(comm.improbe()).toBe(undefined);
        expect(message.status).toMatchObject({ source: 0, tag: 5, bytes: 8, count: 2 });
        const out = new Int32Array(4);
        expect(await message.recv({ out })).toBe(out);
        expect([...out]).toEqual([1, 2, 0, 0]);
        await expect(message.recv()).rejects.toEqual(code('ERR_ARG'));
        expect((await large.recv<Uint8Array>()).length).toBe(LARGE);
      }
    });
  });

  it('sees with iprobe what has arrived, and takes it with improbe', async () => {
    await run(2, async (comm) => {
      if (comm.rank === 0) {
        await comm.send('x', 1, 2);
      } else {
        expect(comm.iprobe(0, 1)).toBe(undefined);
        await comm.probe(0, 2);
        expect(comm.iprobe()).toMatchObject({ source: 0, tag: 2 });
        expect(await comm.improbe(0, 2)?.recv()).toBe('x');
      }
    });
  });

  it('treats PROC_NULL as nobody in every call', async () => {
    await run(1, async (comm) => {
      const status = new Status();
      await comm.send(1, PROC_NULL);
      await comm.ssend(1, PROC_NULL);
      expect(await comm.recv(PROC_NULL, ANY_TAG, { status })).toBe(undefined);
      expect(status).toMatchObject({ source: PROC_NULL, count: 0, bytes: 0 });
      expect(await comm.sendrecv(1, PROC_NULL, PROC_NULL)).toBe(undefined);
      const out = new Uint8Array([7]);
      await comm.recv(PROC_NULL, ANY_TAG, { out });
      expect(out[0]).toBe(7);
      expect(await waitAll([comm.isend(1, PROC_NULL), comm.issend(1, PROC_NULL), comm.irecv(PROC_NULL)])).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
      expect(await comm.probe(PROC_NULL)).toMatchObject({ source: PROC_NULL });
      expect(comm.iprobe(PROC_NULL)).toMatchObject({ source: PROC_NULL });
      expect(await (await comm.mprobe(PROC_NULL)).recv()).toBe(undefined);
      expect(await comm.improbe(PROC_NULL)?.recv()).toBe(undefined);
    });
  });

  it('exchanges large arrays head to head, with sendrecv and with isend', async () => {
    const sums = await run(2, async (comm) => {
      const other = 1 - comm.rank;
      const mine = new Float64Array(LARGE).fill(comm.rank + 1);
      const theirs = await comm.sendrecv<Float64Array>(mine, other, other, { sendTag: 3, recvTag: 3 });
      const requests = [1, 2, 3].map((tag) => comm.isend(mine, other, tag));
      const more = [
        await comm.recv<Float64Array>(other, 3),
        await comm.recv<Float64Array>(other, 1),
        await comm.recv<Float64Array>(other, 2),
      ];
      await waitAll(requests);
      return [theirs, ...more].map((array) => (array[0] as number) * array.length);
    });
    expect(sums).toEqual([Array(4).fill(2 * LARGE), Array(4).fill(LARGE)]);
  });

  it('gives the old values when the sender changes its array after the send, to itself and to others', async () => {
    await run(2, async (comm) => {
      for (const length of [10, LARGE]) {
        const array = new Int32Array(length).fill(1);
        if (comm.rank === 0) {
          const own = comm.isend(array, 0);
          const got = comm.irecv<Int32Array>(0);
          await own;
          array.fill(2);
          expect((await got).every((x) => x === 1)).toBe(true);
          await comm.send(array, 1);
          array.fill(3);
        } else expect((await comm.recv<Int32Array>(0)).every((x) => x === 2)).toBe(true);
      }
    });
  });

  it('receives in place: a tail stays, too short is ERR_TRUNCATE, another dtype ERR_TYPE, and the next message fits', async () => {
    await run(2, async (comm) => {
      for (const length of [8, LARGE]) {
        if (comm.rank === 0) {
          for (let i = 0; i < 4; i++) await comm.send(new Float32Array(length).fill(i + 1), 1);
        } else {
          const out = new Float32Array(length + 2).fill(-1);
          expect(await comm.recv(0, 0, { out })).toBe(out);
          expect([out[0], out[length - 1], out[length], out[length + 1]]).toEqual([1, 1, -1, -1]);
          const short = new Float32Array(length - 1).fill(-1);
          await expect(comm.recv(0, 0, { out: short })).rejects.toEqual(code('ERR_TRUNCATE'));
          expect(short.every((x) => x === -1)).toBe(true);
          await expect(comm.recv<unknown>(0, 0, { out: new Float64Array(length) })).rejects.toEqual(code('ERR_TYPE'));
          expect((await comm.recv<Float32Array>(0))[0]).toBe(4);
        }
      }
    });
  });

  it('takes one element into an out of ten megabytes', async () => {
    await run(2, async (comm) => {
      if (comm.rank === 0) await comm.send(new Float64Array([42]), 1);
      else {
        const out = new Float64Array(1_250_000).fill(1);
        await comm.recv(0, 0, { out });
        expect([out[0], out[1], out[1_249_999]]).toEqual([42, 1, 1]);
      }
    });
  });

  it('keeps the type of empty arrays', async () => {
    await run(2, async (comm) => {
      for (const Kind of KINDS) {
        if (comm.rank === 0) await comm.send(new Kind(0), 1);
        else expect(await comm.recv(0)).toEqual(new Kind(0));
      }
    });
  });

  it('sends views with odd offsets, Buffers of the pool and shared memory', async () => {
    await run(2, async (comm) => {
      const base = Uint8Array.from({ length: 1000 }, (_, i) => i & 255);
      const shared = new Int32Array(new SharedArrayBuffer(64), 4, 5).fill(6);
      const views = [
        new Float64Array(new ArrayBuffer(8200), 4104, 10).fill(3),
        base.subarray(13, 500),
        Buffer.from('pooled'),
        shared,
      ];
      for (const view of views) {
        if (comm.rank === 0) await comm.send(view, 1);
        else {
          const got = await comm.recv<Uint8Array>(0);
          expect([...got]).toEqual([...(view as Uint8Array)]);
          expect(got.buffer.byteLength).toBe(got.byteLength);
        }
      }
    });
  });

  it('brings ndarrays, strided ones too, and fills strided views', async () => {
    await run(2, async (comm) => {
      const matrix = ndarray(
        Float64Array.from({ length: 12 }, (_, i) => i),
        [3, 4],
      );
      if (comm.rank === 0) await comm.send(matrix.transpose(1, 0), 1);
      else {
        const target = ndarray(new Float64Array(24).fill(-1), [4, 3], [6, 2], 0);
        const out = await comm.recv(0, 0, { out: target });
        expect(out).toBe(target);
        expect([target.get(0, 1), target.get(3, 2), target.data[1]]).toEqual([4, 11, -1]);
      }
    });
  });

  it('stands a flood from seven ranks to one that is slow, and many large transfers at once', async () => {
    await run(8, async (comm) => {
      const each = 300;
      if (comm.rank === 0) {
        const next = new Map<number, number>();
        const status = new Status();
        for (let i = 0; i < 7 * each; i++) {
          const value = await comm.recv<number>(ANY_SOURCE, 1, { status });
          expect(value).toBe(next.get(status.source) ?? 0);
          next.set(status.source, value + 1);
          if (i % 500 === 0) await turn();
        }
        const large = Array.from({ length: 14 }, () => comm.irecv<Uint8Array>(ANY_SOURCE, 2));
        for (const array of await waitAll(large)) expect(array.length).toBe(LARGE);
      } else {
        for (let i = 0; i < each; i++) await comm.send(i, 0, 1);
        const array = new Uint8Array(LARGE).fill(comm.rank);
        await waitAll([comm.isend(array, 0, 2), comm.isend(array, 0, 2)]);
      }
    });
  });

  it('rejects wrong arguments before a byte is sent', async () => {
    await run(2, async (comm) => {
      if (comm.rank === 0) {
        for (const dest of [2, -3, 0.5, '1', undefined, Number.NaN]) {
          await expect(comm.send(1, dest as number)).rejects.toEqual(code('ERR_RANK'));
          await expect(comm.isend(1, dest as number)).rejects.toEqual(code('ERR_RANK'));
        }
        await expect(comm.recv(5)).rejects.toEqual(code('ERR_RANK'));
        await expect(comm.irecv(5)).rejects.toEqual(code('ERR_RANK'));
        await expect(comm.probe(5)).rejects.toEqual(code('ERR_RANK'));
        expect(() => comm.iprobe(5)).toThrow(code('ERR_RANK'));
        for (const tag of [-1, 2 ** 31, 1.5]) await expect(comm.send(1, 1, tag)).rejects.toEqual(code('ERR_TAG'));
        await expect(comm.recv(1, -2)).rejects.toEqual(code('ERR_TAG'));
        await expect(comm.recv(1, 0, { timeout: -1 })).rejects.toEqual(code('ERR_ARG'));
        await expect(comm.recv(1, 0, { signal: {} as AbortSignal })).rejects.toEqual(code('ERR_ARG'));
        await expect(comm.recv(1, 0, { status: {} as Status })).rejects.toEqual(code('ERR_ARG'));
        await expect(comm.recv(1, 0, { out: 'text' })).rejects.toEqual(code('ERR_TYPE'));
        await expect(comm.recv(1, 0, 5 as never)).rejects.toEqual(code('ERR_ARG'));
        await expect(comm.send({ f: { g: () => 1 } }, 1)).rejects.toThrow(/f\.g/);
        const detached = new Float64Array(4);
        structuredClone(detached, { transfer: [detached.buffer] });
        await expect(comm.send(detached, 1)).rejects.toEqual(code('ERR_BUFFER'));
        await expect(waitAll([1] as never)).rejects.toEqual(code('ERR_ARG'));
        await comm.send('only this', 1);
      } else {
        expect(await comm.recv()).toBe('only this');
        expect(comm.iprobe()).toBe(undefined);
      }
    });
  });
});
