/** Section 2 of the contract, through the communicator: what a value is when it arrives, and what `out` does. */
import ndarray, { type NdArray } from 'ndarray';
import { describe, expect, it } from 'vitest';
import type { Communicator } from '../../src/comm/communicator.ts';
import { Status } from '../../src/p2p/status.ts';
import { KINDS } from '../helpers/kinds.ts';
import { overMemory, runs } from '../helpers/runs.ts';

const code = (value: string) => expect.objectContaining({ code: value });
/** Larger than every eager limit, in bytes. */
const LARGE = 300_000;

/** What rank 1 receives when rank 0 sends these, one after the other. */
async function pass(comm: Communicator, values: readonly unknown[]): Promise<unknown[]> {
  const got: unknown[] = [];
  for (const value of values) {
    if (comm.rank === 0) await comm.send(value, 1);
    else got.push(await comm.recv(0));
  }
  return got;
}

describe.each(runs)('values over %s', (_name, run) => {
  it('of every TypedArray kind arrive as the same kind in fresh, tight memory, small and large', async () => {
    const arrays = KINDS.flatMap((Kind) =>
      [3, LARGE].map((length) => {
        const array = new Kind(length);
        array[length - 1] = (array instanceof BigInt64Array || array instanceof BigUint64Array ? 77n : 77) as never;
        return array;
      }),
    );
    const [, got] = await run(2, (comm) => pass(comm, arrays));
    for (const [i, array] of arrays.entries()) {
      const arrived = got?.[i] as Uint8Array;
      expect(arrived.constructor).toBe(array.constructor);
      expect(Buffer.compare(new Uint8Array(arrived.buffer), new Uint8Array(array.buffer))).toBe(0);
      expect([arrived.byteOffset, arrived.buffer.byteLength]).toEqual([0, array.byteLength]);
      expect(arrived.buffer).not.toBe(array.buffer);
    }
  });

  it('that are ArrayBuffers, DataViews and Buffers arrive as such, small, large and empty', async () => {
    for (const length of [0, 5, LARGE]) {
      const bytes = new Uint8Array(length).fill(7);
      const values = [bytes.buffer, new DataView(bytes.buffer), Buffer.from(bytes)];
      const [, got] = await run(2, (comm) => pass(comm, values));
      expect(got?.[0]).toBeInstanceOf(ArrayBuffer);
      expect(got?.[0]).toHaveProperty('byteLength', length);
      expect(got?.[1]).toBeInstanceOf(DataView);
      expect(got?.[1]).toHaveProperty('byteLength', length);
      expect(Buffer.isBuffer(got?.[2])).toBe(true);
      const buffer = Buffer.from(got?.[2] as Buffer);
      expect(buffer.equals(bytes)).toBe(true);
      expect(got?.[2]).toHaveProperty('buffer.byteLength', length);
    }
  });

  it('that are ndarrays arrive with shape and dtype in C order: strided, reversed, of no dimension, of no element', async () => {
    const base = Float32Array.from({ length: 24 }, (_, i) => i);
    const arrays: NdArray[] = [
      ndarray(base, [2, 3, 4]),
      ndarray(base, [4, 3]).transpose(1, 0),
      ndarray(base, [6]).step(-2),
      ndarray(base, [4, 6]).lo(1, 2).hi(2, 3),
      ndarray(base, []),
      ndarray(base, [0, 3]),
      ndarray(new BigInt64Array([1n, 2n]) as never, [2, 1]),
      ndarray(new Float64Array(LARGE), [LARGE / 2, 2]).transpose(1, 0),
    ];
    const [, got] = await run(2, (comm) => pass(comm, arrays));
    for (const [i, array] of arrays.entries()) {
      const arrived = got?.[i] as NdArray;
      expect([arrived.dtype, arrived.shape]).toEqual([array.dtype, array.shape]);
      expect(arrived.stride).toEqual(ndarray(arrived.data, array.shape).stride);
      expect(arrived.offset).toBe(0);
      if (array.size < 100) expect(elementsOf(arrived)).toEqual(elementsOf(array));
    }
  });

  it('that are scalars arrive as the same', async () => {
    const scalars = [
      0,
      -0,
      Number.NaN,
      -Infinity,
      2 ** 53,
      0.1,
      '',
      'ß\u{1f600}\0',
      true,
      false,
      null,
      undefined,
      0n,
      -(2n ** 63n),
      3n ** 500n,
    ];
    const [, got] = await run(2, (comm) => pass(comm, [...scalars, 'x'.repeat(LARGE)]));
    for (const [i, scalar] of scalars.entries()) expect(got?.[i]).toBe(scalar);
    expect(got?.at(-1)).toBe('x'.repeat(LARGE));
  });

  it('that are objects arrive the same by value: Map, Set, Date, Error, cycles, classes, large arrays inside', async () => {
    class Point {
      readonly x = 1;
      readonly y = 2;
    }
    const cyclic: { list: unknown[]; self?: unknown } = { list: [new Map([['k', new Set([1, { a: null }])]])] };
    cyclic.self = cyclic;
    const inside = { name: 'field', grid: new Float64Array(LARGE).fill(2.5), edges: [new Uint8Array(3)] };
    const values = [cyclic, new Date(86_400_000), new RangeError('far', { cause: 'out' }), new Point(), inside, []];
    const [, got] = await run(2, (comm) => pass(comm, values));
    const [back, date, error, point, field, empty] = got as [typeof cyclic, Date, Error, object, typeof inside, []];
    expect(back.self).toBe(back);
    expect(back.list).toEqual(cyclic.list);
    expect(date).toEqual(new Date(86_400_000));
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ message: 'far', cause: 'out' });
    expect(point).toStrictEqual({ x: 1, y: 2 });
    expect(field.grid.every((x) => x === 2.5)).toBe(true);
    expect(field.grid.buffer.byteLength).toBe(LARGE * 8);
    expect(field.edges).toEqual(inside.edges);
    expect(empty).toEqual([]);
  });

  it('fill an out that is a view, an ndarray or strided, leave its tail and its gaps, and return it', async () => {
    await run(2, async (comm) => {
      for (const length of [6, LARGE]) {
        const sent = Float64Array.from({ length }, (_, i) => i + 1);
        if (comm.rank === 0) {
          for (let i = 0; i < 4; i++) await comm.send(i === 3 ? ndarray(sent, [length / 2, 2]) : sent, 1);
          continue;
        }
        const memory = new Float64Array(length + 4).fill(-1);
        const view = memory.subarray(1, length + 3);
        expect(await comm.recv(0, 0, { out: view })).toBe(view);
        expect([memory[0], memory[1], memory[length], memory[length + 1], memory[length + 3]]).toEqual([
          -1,
          1,
          length,
          -1,
          -1,
        ]);
        const grid = ndarray(new Float64Array(length + 2).fill(-1), [length / 2 + 1, 2]);
        expect(await comm.recv(0, 0, { out: grid })).toBe(grid);
        expect([grid.get(0, 1), grid.get(length / 2 - 1, 1), grid.get(length / 2, 0)]).toEqual([2, length, -1]);
        const gaps = ndarray(new Float64Array(length * 2).fill(-1), [length], [2], 0);
        expect(await comm.recv(0, 0, { out: gaps })).toBe(gaps);
        expect([gaps.data[0], gaps.data[1], gaps.data[2], gaps.data[2 * length - 1]]).toEqual([1, -1, 2, -1]);
        const flat = new Float64Array(length);
        expect(await comm.recv(0, 0, { out: flat })).toBe(flat);
        expect(Buffer.compare(Buffer.from(flat.buffer), Buffer.from(sent.buffer))).toBe(0);
      }
    });
  });

  it('that do not fit out are consumed: too long, another dtype, no numbers; out and the communicator stay as they are', async () => {
    await run(2, async (comm) => {
      const values = [new Int16Array(9), new Int16Array(LARGE), new Uint16Array(2), 'text', { a: 1 }, 5, null];
      if (comm.rank === 0) {
        for (const value of values) await comm.send(value, 1);
        await comm.send('after', 1);
        return;
      }
      const out = new Int16Array(4).fill(3);
      for (const value of values) {
        const expected = value instanceof Int16Array ? 'ERR_TRUNCATE' : 'ERR_TYPE';
        const status = new Status();
        await expect(comm.recv<unknown>(0, 0, { out, status })).rejects.toEqual(code(expected));
        expect(status.source).toBe(0);
        expect(out).toEqual(new Int16Array(4).fill(3));
      }
      expect(await comm.recv()).toBe('after');
    });
  });

  it('may lie in shared memory on both sides, and out too', async () => {
    await run(2, async (comm) => {
      const shared = new Float64Array(new SharedArrayBuffer(8 * LARGE), 8, LARGE - 1);
      if (comm.rank === 0) {
        await comm.send(shared.fill(4), 1);
        await comm.send(shared.subarray(0, 3), 1);
      } else {
        expect(await comm.recv(0, 0, { out: shared })).toBe(shared);
        expect(shared.every((x) => x === 4)).toBe(true);
        const got = await comm.recv<Float64Array>(0);
        expect(got.buffer).toBeInstanceOf(ArrayBuffer);
        expect(got).toEqual(Float64Array.of(4, 4, 4));
      }
    });
  });
});

describe('what is no value', () => {
  const refused: [string, unknown, string][] = [
    ['a function', () => 1, 'value'],
    ['a symbol', { tag: Symbol('s') }, 'value.tag'],
    ['a WeakMap', [1, new WeakMap()], 'value[1]'],
    ['a promise', { rows: [{ later: Promise.resolve() }] }, 'value.rows[0].later'],
    ['a regular expression', new Map([['pattern', /x/]]), 'value.get("pattern")'],
  ];
  const calls: [string, (comm: Communicator, value: unknown) => Promise<unknown>][] = [
    ['send', (comm, value) => comm.send(value, 0)],
    ['ssend', (comm, value) => comm.ssend(value, 0)],
    ['isend', async (comm, value) => comm.isend(value, 0)],
    ['sendrecv', (comm, value) => comm.sendrecv(value, 0, 0)],
    ['bcast', (comm, value) => comm.bcast(value)],
    ['scatter', (comm, value) => comm.scatter([value])],
    ['gather', (comm, value) => comm.gather(value)],
    ['allgather', (comm, value) => comm.allgather(value)],
    ['alltoall', (comm, value) => comm.alltoall([value])],
    ['reduce', (comm, value) => comm.reduce(value, (a: unknown) => a)],
    ['allreduce', (comm, value) => comm.allreduce(value, (a: unknown) => a)],
    ['scan', (comm, value) => comm.scan(value, (a: unknown) => a)],
    ['exscan', (comm, value) => comm.exscan(value, (a: unknown) => a)],
  ];

  it.each(calls)('is refused by %s with the path to it, and nothing is sent', async (name, call) => {
    await overMemory(1, async (comm) => {
      for (const [what, value, path] of refused) {
        const error = await call(comm, value).catch((reason: unknown) => reason);
        expect(error).toEqual(code('ERR_TYPE'));
        const { message } = error as Error;
        expect(message).toContain(`${name}: `);
        expect(message).toContain(what);
        // Lists name the element too.
        expect(message).toContain(path.replace(/^value/, ''));
      }
      expect(comm.iprobe()).toBe(undefined);
      expect(await comm.allreduce(1)).toBe(1);
    });
  });

  it.each(calls)('nor is a detached buffer for %s: ERR_BUFFER', async (_name, call) => {
    await overMemory(1, async (comm) => {
      const array = new Float64Array(4);
      structuredClone(array, { transfer: [array.buffer] });
      await expect(call(comm, array)).rejects.toEqual(code('ERR_BUFFER'));
      await expect(call(comm, { deep: [array] })).rejects.toEqual(code('ERR_BUFFER'));
    });
  });
});

function elementsOf(array: NdArray): unknown[] {
  if (array.dimension === 0) return [array.get()];
  if (array.dimension === 1) return Array.from({ length: array.shape[0] ?? 0 }, (_, i) => array.get(i));
  return Array.from({ length: array.shape[0] ?? 0 }, (_, i) => elementsOf(array.pick(i) as NdArray)).flat();
}
