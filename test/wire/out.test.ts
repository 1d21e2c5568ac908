import fc from 'fast-check';
import ndarray, { type NdArray } from 'ndarray';
import { describe, expect, it } from 'vitest';
import { constructorOf, DType, dtypeOf, type TypedArray } from '../../src/wire/dtype.ts';
import { checkOut, encode, receive } from '../../src/wire/value.ts';
import { arrive, detachedArray, headOf, thrown } from './ways.ts';

const KINDS = Object.values(DType).flatMap((dtype) => constructorOf(dtype) ?? []);

/** first, first + 1, … */
function counting(Elements: (typeof KINDS)[number], length: number, first: number): TypedArray {
  const array = new Elements(length);
  for (let i = 0; i < length; i++) array[i] = array instanceof BigInt64Array ? BigInt(first + i) : first + i;
  return array;
}

/** What arrives in `out`; each of the three ways fills one of its own. */
function fill<T>(value: unknown, out: () => T): T {
  const made: T[] = [];
  const arrived = arrive(encode(value, 'send'), () => {
    const one = out();
    made.push(one);
    return one;
  });
  expect(arrived).toBe(made[0]);
  return arrived as T;
}

function refused(value: unknown, out: unknown): ReturnType<typeof thrown> {
  const before = structuredClone(out instanceof Object && 'data' in out ? out.data : out);
  const error = thrown(() => receive(headOf(encode(value, 'send')), out, 'recv'));
  expect(out instanceof Object && 'data' in out ? out.data : out).toEqual(before);
  return error;
}

describe('out', () => {
  it('is filled in place: the message lands in its memory', () => {
    const out = new Float64Array(3);
    const reception = receive(headOf(encode(Float64Array.of(1, 2), 'send')), out, 'recv');
    expect(reception.segments.map(({ buffer, byteLength }) => [buffer, byteLength])).toEqual([[out.buffer, 16]]);
  });

  it('keeps its tail when the message is shorter', () => {
    expect(fill(Int32Array.of(1, 2), () => Int32Array.of(9, 9, 9, 9))).toEqual(Int32Array.of(1, 2, 9, 9));
    expect(fill(new Int32Array(0), () => Int32Array.of(9))).toEqual(Int32Array.of(9));
  });

  it('may be part of a larger array, or on shared memory', () => {
    const whole = new Uint16Array(8);
    fill(Uint16Array.of(1, 2), () => whole.subarray(5, 7));
    expect(whole).toEqual(Uint16Array.of(0, 0, 0, 0, 0, 1, 2, 0));
    const shared = fill(Float32Array.of(1), () => new Float32Array(new SharedArrayBuffer(8)));
    expect([...shared]).toEqual([1, 0]);
  });

  it('that is too short is left alone: ERR_TRUNCATE with both numbers', () => {
    const error = refused(Float64Array.of(1, 2, 3), Float64Array.of(9, 9));
    expect(error).toMatchObject({ code: 'ERR_TRUNCATE', expected: 3, actual: 2, op: 'recv' });
    expect(refused(Int8Array.of(1), new Int8Array(0)).code).toBe('ERR_TRUNCATE');
    expect(refused(ndarray(new Float64Array(4), [2, 2]), ndarray(new Float64Array(6), [3], [2])).code).toBe(
      'ERR_TRUNCATE',
    );
  });

  it('takes each dtype and no other', () => {
    for (const Sent of KINDS) {
      for (const Out of KINDS) {
        const value = new Sent(2);
        if (Sent === Out) expect(fill(value, () => new Out(2))).toEqual(value);
        else expect(refused(value, new Out(2)).code).toBe('ERR_TYPE');
      }
    }
    expect(refused(new Float32Array(2), new Float64Array(2)).message).toBe(
      "recv: the message is a Float32Array, but out is a Float64Array; pass an out of the message's type, or none",
    );
  });

  it.each(['text', true, null, undefined, 7n, { a: 1 }, [1, 2], new Map()])('takes no %o', (value) => {
    expect(refused(value, new Float64Array(9))).toMatchObject({ code: 'ERR_TYPE' });
  });

  it('takes a number, if it is a Float64Array', () => {
    expect(fill(1.5, () => Float64Array.of(9, 9))).toEqual(Float64Array.of(1.5, 9));
    expect(refused(1.5, new Float32Array(1)).code).toBe('ERR_TYPE');
  });

  it('takes the bytes of Buffers, ArrayBuffers and DataViews, if it is a Uint8Array', () => {
    const bytes = Uint8Array.of(1, 2);
    for (const value of [Buffer.from(bytes), bytes.buffer, new DataView(bytes.buffer)]) {
      expect(fill(value, () => new Uint8Array(3))).toEqual(Uint8Array.of(1, 2, 0));
      expect(refused(value, new Int8Array(3)).code).toBe('ERR_TYPE');
    }
    expect(fill(bytes, () => Buffer.alloc(2))).toEqual(Buffer.from(bytes));
  });

  it('may be an ndarray for a TypedArray and the other way round', () => {
    const matrix = fill(Float32Array.of(1, 2, 3), () => ndarray(new Float32Array(4), [2, 2]));
    expect(matrix.data).toEqual(Float32Array.of(1, 2, 3, 0));
    const flat = fill(ndarray(Float32Array.of(1, 2, 3, 4), [2, 2]).transpose(1, 0), () => new Float32Array(4));
    expect(flat).toEqual(Float32Array.of(1, 3, 2, 4));
  });

  it('as a strided ndarray gets its elements in C order and keeps the gaps', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
        fc.array(fc.constantFrom(-2, -1, 1, 2, 3), { minLength: 3, maxLength: 3 }),
        fc.constantFrom(Uint8Array, Int16Array, Float32Array, BigInt64Array),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (shape, steps, Elements, part) => {
          const size = shape.reduce((product, length) => product * length, 1);
          const order = shape.map((_, i) => shape.length - 1 - i);
          const whole = (): NdArray => ndarray(counting(Elements, size, 70) as Float64Array, shape);
          const view = (array: NdArray): NdArray => array.step(...steps.slice(0, shape.length)).transpose(...order);
          const message = counting(Elements, Math.floor(view(whole()).size * part), 0);
          const expected = whole();
          const places = view(expected);
          for (let i = 0; i < message.length; i++) {
            const index: number[] = [];
            for (let d = places.dimension - 1, rest = i; d >= 0; d--) {
              index.unshift(rest % places.shape[d]!);
              rest = Math.floor(rest / places.shape[d]!);
            }
            places.set(...index, message[i] as number);
          }
          expect(fill(message, () => view(whole())).data).toEqual(expected.data);
        },
      ),
      { seed: 3, numRuns: 200 },
    );
  });

  it('is checked before a message is there', () => {
    for (const out of [
      null,
      {},
      [1, 2],
      'text',
      new DataView(new ArrayBuffer(8)),
      new ArrayBuffer(8),
      ndarray([1, 2]),
    ]) {
      expect(thrown(() => checkOut(out, 'bcast')).code).toBe('ERR_TYPE');
    }
    expect(thrown(() => checkOut([1, 2], 'bcast')).message).toBe(
      'bcast: out must be a TypedArray or an ndarray, not an array of 2',
    );
    expect(thrown(() => checkOut(detachedArray(new Int8Array(4)), 'recv')).code).toBe('ERR_BUFFER');
    expect(thrown(() => checkOut(ndarray(new Int8Array(4), [5]), 'recv')).code).toBe('ERR_BUFFER');
    for (const out of [new Uint8Array(0), Buffer.alloc(1), ndarray(new Int8Array(4)), new BigUint64Array(1)]) {
      expect(checkOut(out, 'recv')).toBeUndefined();
    }
  });

  it('whose memory went away since is refused', () => {
    expect(
      thrown(() => receive(headOf(encode(new Int8Array(0), 'send')), detachedArray(new Int8Array(4)), 'recv')).code,
    ).toBe('ERR_BUFFER');
    expect(dtypeOf(new Int8Array(0))).toBe(DType.INT8);
  });
});
