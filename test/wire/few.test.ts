import { describe, expect, it } from 'vitest';
import { encodeFew, FEW_BYTES, fewInto, fewOf, keep } from '../../src/wire/few.ts';
import { Format } from '../../src/wire/format.ts';
import type { Packet } from '../../src/wire/packet.ts';
import { decode, encode } from '../../src/wire/value.ts';

/** Numbers whose bits are easily lost: NaNs of every kind, zeroes, the least and the greatest. */
const ODD = Float64Array.from([-0, Infinity, 5e-324, 1.7976931348623157e308, NaN, 0, 0, 0]);
new BigUint64Array(ODD.buffer).set([0x7ff0_0000_0000_0001n, 0xfff8_dead_beef_0123n, 0x7ff4_0000_0000_0000n], 5);

const bitsOf = (array: Float64Array) => [...new BigUint64Array(array.slice().buffer)];
const bytesOf = (packet: Packet) => Buffer.concat(packet.segments);

/** The payload as a transport has it: somewhere in memory of its own. */
function there(packet: Packet): { memory: DataView; at: number } {
  const bytes = new Uint8Array(200);
  bytes.set(bytesOf(packet), 72);
  return { memory: new DataView(bytes.buffer, 8), at: 64 };
}

describe('a few numbers', () => {
  it('are the packet that any codec makes, bit by bit, on the way and where they arrive', () => {
    for (let length = 1; length <= 8; length++) {
      for (const array of [ODD.slice(0, length), new Float64Array(ODD.buffer, 8 * (8 - length), length)]) {
        const packet = encodeFew(array)!;
        expect({ ...packet, segments: [bytesOf(packet)] }).toEqual({
          ...encode(array, 'send'),
          segments: [bytesOf(encode(array, 'send'))],
        });
        const { memory, at } = there(packet);
        const out = new Float64Array(length);
        expect(fewInto(packet, memory, at, out)).toBe(true);
        expect(bitsOf(out)).toEqual(bitsOf(array));
        expect(bitsOf(fewOf(packet, memory, at) as Float64Array)).toEqual(bitsOf(array));
      }
    }
    for (const value of [...ODD]) {
      const packet = encodeFew(value)!;
      expect(packet.format).toBe(Format.NUMBER);
      expect(bytesOf(packet)).toEqual(bytesOf(encode(value, 'send')));
      const { memory, at } = there(packet);
      expect(fewOf(packet, memory, at)).toBe(value);
    }
  });

  it('stay as they are once they are kept, and other packets are what they were', () => {
    const array = keep(encodeFew(Float64Array.of(1, 2))!);
    const number = keep(encodeFew(3)!);
    encodeFew(ODD);
    encodeFew(4);
    expect(decode(array, undefined, 'recv')).toEqual(Float64Array.of(1, 2));
    expect(decode(number, undefined, 'recv')).toBe(3);
    const other = encode('text', 'send');
    expect(keep(other)).toBe(other);
  });

  it('are left to the codec where they are more, none, or something else', () => {
    const gone = new Float64Array(2);
    structuredClone(gone, { transfer: [gone.buffer] });
    const others = [
      new Float64Array(FEW_BYTES / 8 + 1),
      new Float64Array(0),
      gone,
      new Float32Array(2),
      '1',
      null,
      [1],
    ];
    for (const value of others) expect(encodeFew(value)).toBe(undefined);
  });

  it('touch no memory that they do not fit', () => {
    const packet = encodeFew(Float64Array.of(1, 2))!;
    const { memory, at } = there(packet);
    for (const out of [new Float64Array(3), new Float64Array(1), new Uint8Array(16), new BigInt64Array(2), undefined]) {
      expect(fewInto(packet, memory, at, out)).toBe(false);
      if (out !== undefined) expect([...new Uint8Array(out.buffer)].every((byte) => byte === 0)).toBe(true);
    }
    expect(fewInto(encodeFew(1)!, memory, at, new Float64Array(1))).toBe(false);
    expect(fewOf(encode(Float32Array.of(1, 2), 'send'), memory, at)).toBe(undefined);
    expect(fewOf({ ...packet, meta: new Uint8Array(8) }, memory, at)).toBe(undefined);
  });

  it('are refused where the bytes are no whole numbers', () => {
    const { memory, at } = there(encodeFew(1)!);
    for (const format of [Format.NUMBER, Format.TYPED_ARRAY]) {
      expect(fewOf({ ...encodeFew(1)!, format, bytes: 7 }, memory, at)).toBe(undefined);
    }
    expect(fewOf({ ...encodeFew(1)!, bytes: 16 }, memory, at)).toBe(undefined);
  });
});
