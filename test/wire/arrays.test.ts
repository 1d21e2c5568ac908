import { totalmem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { constructorOf, DType, type TypedArray } from '../../src/wire/dtype.ts';
import { Format } from '../../src/wire/format.ts';
import { adopt, decode, elementCount, encode, packetOf, receive } from '../../src/wire/value.ts';
import { arrive, detachedArray, headOf, hex, payloadOf, roundTrip, thrown } from './ways.ts';

const KINDS = Object.values(DType).flatMap((dtype) => constructorOf(dtype) ?? []);
const GIB = 2 ** 30;

function sample(Elements: (typeof KINDS)[number], length: number): TypedArray {
  const array = new Elements(length);
  const bytes = new Uint8Array(array.buffer);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 37 + 1) & 0x3f;
  return array;
}

function expectTight(value: unknown, bytes: number): void {
  const { buffer, byteOffset } = value as TypedArray;
  expect([byteOffset, buffer.byteLength, buffer instanceof ArrayBuffer]).toEqual([0, bytes, true]);
}

describe.each(KINDS.map((Elements) => [Elements.name, Elements] as const))('a %s', (_name, Elements) => {
  it.each([0, 1, 7, 3000])('of %i elements arrives as the same kind in memory of its own', (length) => {
    const array = sample(Elements, length);
    const packet = encode(array, 'send');
    expect([packet.format, elementCount(packet)]).toEqual([Format.TYPED_ARRAY, length]);
    const arrived = arrive(packet) as TypedArray;
    expect(arrived).toStrictEqual(array);
    expect(arrived.buffer).not.toBe(array.buffer);
    expectTight(arrived, array.byteLength);
  });

  it('is sent without a copy, views and views on shared memory too', () => {
    const shared = new Elements(new SharedArrayBuffer(80), Elements.BYTES_PER_ELEMENT, 3);
    const view = sample(Elements, 10).subarray(3, 8);
    for (const array of [shared, view]) {
      const [segment] = encode(array, 'send').segments;
      expect([segment?.buffer, segment?.byteOffset, segment?.byteLength]).toEqual([
        array.buffer,
        array.byteOffset,
        array.byteLength,
      ]);
      const arrived = roundTrip(array);
      expect([...arrived]).toEqual([...array]);
      expect(arrived.constructor).toBe(Elements);
      expectTight(arrived, array.byteLength);
    }
  });

  it('is refused when its memory is gone, also with no elements', () => {
    for (const length of [0, 4]) {
      const error = thrown(() => encode(detachedArray(new Elements(length)), 'send'));
      expect(error.code).toBe('ERR_BUFFER');
      expect(error.message).toMatch(/^send: the memory of value is detached/);
    }
  });
});

describe('raw bytes', () => {
  it('are the elements as they lie in memory', () => {
    expect(hex(encode(Int16Array.of(1, -2), 'send'))).toBe('0100feff');
    expect(hex(encode(Float32Array.of(1), 'send'))).toBe('0000803f');
    expect(hex(encode(BigInt64Array.of(-2n), 'send'))).toBe('feffffffffffffff');
  });

  it('keep the payload of a NaN', () => {
    const bits = BigUint64Array.of(0x7ff0000000000001n, 0xfff8deadbeef0001n);
    const arrived = roundTrip(new Float64Array(bits.buffer));
    expect(new BigUint64Array(arrived.buffer)).toEqual(bits);
  });

  it('arrive as the Buffer, ArrayBuffer or DataView that they were', () => {
    const pooled = Buffer.from('hello');
    expect(pooled.buffer.byteLength).toBeGreaterThan(5);
    const buffer = roundTrip(pooled);
    expect(Buffer.isBuffer(buffer) && buffer.toString()).toBe('hello');
    expectTight(buffer, 5);
    const memory = Uint8Array.of(1, 2, 3, 4, 5).buffer;
    expect(roundTrip(memory)).toStrictEqual(memory);
    expect(roundTrip(new ArrayBuffer(0))).toStrictEqual(new ArrayBuffer(0));
    const view = roundTrip(new DataView(memory, 1, 3));
    expect([view.constructor, view.byteLength, view.getUint8(0)]).toEqual([DataView, 3, 2]);
    expectTight(view, 3);
  });

  it('of a SharedArrayBuffer arrive as an ArrayBuffer', () => {
    const shared = new SharedArrayBuffer(3);
    new Uint8Array(shared).set([7, 8, 9]);
    expect(roundTrip<unknown>(shared)).toStrictEqual(Uint8Array.of(7, 8, 9).buffer);
  });

  it('that are gone are refused', () => {
    for (const value of [new DataView(new ArrayBuffer(8)), Buffer.allocUnsafeSlow(8)]) {
      expect(thrown(() => encode(detachedArray(value), 'ssend')).message).toMatch(
        /^ssend: the memory of value is detached/,
      );
    }
    const memory = detachedArray(new Uint8Array(8)).buffer;
    expect(thrown(() => encode(memory, 'send')).code).toBe('ERR_BUFFER');
  });

  it('keep a subclass of the kind that it derives from', () => {
    class Samples extends Float32Array {}
    expect(roundTrip<Float32Array>(new Samples([1, 2]))).toStrictEqual(Float32Array.of(1, 2));
  });
});

describe('memory of the receiver', () => {
  it('is adopted, not copied, when it holds exactly the message', () => {
    const packet = encode(new Float64Array(100), 'send');
    const payload = payloadOf(packet);
    expect((adopt(headOf(packet), payload, undefined, 'recv') as Float64Array).buffer).toBe(payload.buffer);
  });

  it('is copied when it is part of something larger or misaligned', () => {
    const packet = encode(Float64Array.of(1, 2), 'send');
    const around = new Uint8Array(24);
    around.set(payloadOf(packet), 3);
    const value = adopt(headOf(packet), around.subarray(3, 19), undefined, 'recv') as Float64Array;
    expect(value).toStrictEqual(Float64Array.of(1, 2));
    expectTight(value, 16);
  });

  it('of a stored packet becomes the value', () => {
    const { packet } = packetOf(encode(new Float64Array(1000), 'send'));
    expect((decode(packet, undefined, 'recv') as Float64Array).buffer).toBe(packet.segments[0]?.buffer);
  });
});

// Untouched pages take no memory, but a system that is careful grants no more of them than it could give.
describe.skipIf(totalmem() < 16 * GIB)('an array of 5 GiB (skipped where there are less than 16 GiB of memory)', () => {
  it('is sent and received in segments of at most 1 GiB', () => {
    const array = new Float64Array((5 * GIB) / 8 + 1);
    const packet = encode(array, 'send');
    expect(packet.bytes).toBe(5 * GIB + 8);
    expect(packet.segments.map((segment) => segment.byteLength)).toEqual([GIB, GIB, GIB, GIB, GIB, 8]);
    packet.segments[4]?.fill(1, GIB - 1);
    packet.segments[5]?.fill(2);
    expect(new Uint8Array(array.buffer, 5 * GIB - 1).slice(0, 3)).toEqual(Uint8Array.of(1, 2, 2));
    const reception = receive(headOf(packet), undefined, 'recv');
    expect(reception.segments.map((segment) => segment.byteLength)).toEqual([GIB, GIB, GIB, GIB, GIB, 8]);
    reception.segments[5]?.fill(0xff);
    const arrived = reception.value() as Float64Array;
    expect([arrived.length, arrived.at(-1)]).toEqual([array.length, Number.NaN]);
    const stored = packetOf(packet).packet;
    expect((decode(stored, undefined, 'recv') as Float64Array).buffer).toBe(stored.segments[3]?.buffer);
  });
});
