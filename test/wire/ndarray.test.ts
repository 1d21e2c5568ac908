import fc from 'fast-check';
import ndarray, { type NdArray } from 'ndarray';
import { describe, expect, it } from 'vitest';
import { Format } from '../../src/wire/format.ts';
import { elementCount, encode } from '../../src/wire/value.ts';
import { arrive, hex, payloadOf, roundTrip, thrown } from './ways.ts';

/** Element by element with the array's own accessor: slow and plain. */
function elements(array: NdArray): unknown[] {
  const list: unknown[] = [];
  const visit = (index: number[]): void => {
    if (index.length === array.dimension) list.push(array.get(...index));
    else for (let i = 0; i < array.shape[index.length]!; i++) visit([...index, i]);
  };
  visit([]);
  return list;
}

/** A random view: steps forwards and backwards, cut at both ends, dimensions swapped. */
const views = fc
  .record({
    shape: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 }),
    steps: fc.array(fc.constantFrom(-3, -2, -1, 1, 2), { minLength: 4, maxLength: 4 }),
    lows: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 4, maxLength: 4 }),
    swap: fc.boolean(),
    Elements: fc.constantFrom(Uint8Array, Int16Array, Float32Array, Float64Array, BigInt64Array),
  })
  .map(({ shape, steps, lows, swap, Elements }) => {
    const count = shape.reduce((product, length) => product * length, 1);
    const data = new Elements(count + 3);
    for (let i = 0; i < data.length; i++) data[i] = data instanceof BigInt64Array ? BigInt(i) : i;
    let view = ndarray(data as Float64Array, shape, undefined, 0);
    if (shape.length === 0) return view;
    view = view.lo(...shape.map((length, i) => Math.min(lows[i]!, length))).step(...shape.map((_, i) => steps[i]!));
    return swap ? view.transpose(...shape.map((_, i) => shape.length - 1 - i)) : view;
  });

describe('an ndarray', () => {
  it('has its shape in the meta data and its elements in C order', () => {
    const packet = encode(ndarray(Int16Array.of(1, 2, 3, 4, 5, 6), [2, 3]).transpose(1, 0), 'send');
    expect([packet.format, elementCount(packet)]).toEqual([Format.NDARRAY, 6]);
    expect(Buffer.from(packet.meta).toString('hex')).toBe('03000000000000000200000000000000');
    expect(hex(packet)).toBe('010004000200050003000600');
  });

  it('of any strides arrives in C order with the same shape and elements', () => {
    fc.assert(
      fc.property(views, (view) => {
        const arrived = roundTrip(view);
        expect(arrived.shape).toEqual(view.shape);
        expect(arrived.dtype).toBe(view.dtype);
        expect(elements(arrived)).toEqual(elements(view));
        expect(arrived.data.length).toBe(elements(view).length);
      }),
      { seed: 2, numRuns: 300 },
    );
  });

  it('in C order is sent without a copy, an offset part of it too', () => {
    const data = new Float64Array(30);
    const row = ndarray(data, [5, 6]).lo(2, 0).hi(2, 6);
    const [segment] = encode(row, 'send').segments;
    expect([segment?.buffer, segment?.byteOffset, segment?.byteLength]).toEqual([data.buffer, 96, 96]);
  });

  it('keeps the bits of a NaN when it is packed', () => {
    const bits = BigUint64Array.of(0x7ff0000000000001n, 0n, 0xfff8deadbeef0001n, 0n);
    const packet = encode(ndarray(new Float64Array(bits.buffer), [2], [2]), 'send');
    expect(new BigUint64Array(payloadOf(packet).buffer)).toEqual(
      BigUint64Array.of(0x7ff0000000000001n, 0xfff8deadbeef0001n),
    );
  });

  it('may show an element more than once', () => {
    expect(elements(roundTrip(ndarray(Int8Array.of(5, 6), [2, 3], [1, 0])))).toEqual([5, 5, 5, 6, 6, 6]);
  });

  it('over a Buffer arrives over a Uint8Array', () => {
    const arrived = roundTrip<NdArray>(ndarray(Buffer.from([1, 2]), [2, 1]));
    expect(arrived.data).toStrictEqual(Uint8Array.of(1, 2));
  });

  it('with one dimension of none, or no dimension at all, works', () => {
    expect(roundTrip(ndarray(new Float32Array(0), [3, 0, 2])).shape).toEqual([3, 0, 2]);
    expect((arrive(encode(ndarray(Float64Array.of(4, 5), [], [], 1), 'send')) as NdArray).get()).toBe(5);
  });

  it('over a plain array is refused, with the way to make it right', () => {
    const error = thrown(() => encode(ndarray([1, 2, 3]), 'send'));
    expect(error.code).toBe('ERR_TYPE');
    expect(error.message).toBe(
      "send: value is an ndarray of dtype array, which can't be sent; make it over a TypedArray, such as ndarray(new Float64Array(6), [2, 3])",
    );
    expect(thrown(() => encode({ list: [ndarray([1])] }, 'send')).message).toMatch(
      /^send: value.list\[0\] is an ndarray/,
    );
  });

  it('that leads out of its data is refused', () => {
    for (const view of [ndarray(new Float64Array(4), [3, 2]), ndarray(new Float64Array(4), [2], [-1], 0)]) {
      expect(thrown(() => encode(view, 'send')).code).toBe('ERR_BUFFER');
    }
  });
});
