import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DType } from '../../src/wire/dtype.ts';
import { Format } from '../../src/wire/format.ts';
import { elementCount, encode } from '../../src/wire/value.ts';
import { hex, roundTrip } from './ways.ts';

describe('scalars on the wire', () => {
  it.each([
    [undefined, Format.UNDEFINED, ''],
    [null, Format.NULL, ''],
    [false, Format.FALSE, ''],
    [true, Format.TRUE, ''],
    [0, Format.NUMBER, '0000000000000000'],
    [-0, Format.NUMBER, '0000000000000080'],
    [1.5, Format.NUMBER, '000000000000f83f'],
    [Number.POSITIVE_INFINITY, Format.NUMBER, '000000000000f07f'],
    [0n, Format.BIGINT, '0000000000000000'],
    [-1n, Format.BIGINT, 'ffffffffffffffff'],
    [258n, Format.BIGINT, '0000000000000102'],
    [2n ** 63n, Format.BIGINT, '008000000000000000'],
    [-(2n ** 63n), Format.BIGINT, '8000000000000000'],
    [-(2n ** 63n) - 1n, Format.BIGINT, 'ff7fffffffffffffff'],
    ['', Format.STRING, ''],
    ['aä€😀', Format.STRING, '61c3a4e282acf09f9880'],
    ['a\ud800', Format.STRING16, '610000d8'],
  ])('%s is what it always was', (value, format, bytes) => {
    const packet = encode(value, 'send');
    expect([packet.format, hex(packet), packet.meta.byteLength]).toEqual([format, bytes, 0]);
    expect(packet.dtype).toBe(format === Format.NUMBER ? DType.FLOAT64 : 0);
  });

  it('arrive as they are', () => {
    for (const value of [
      undefined,
      null,
      true,
      false,
      0,
      -0,
      NaN,
      -Infinity,
      2 ** 53,
      5e-324,
      '',
      '\udc00\ud800',
      '\0',
    ]) {
      expect(Object.is(roundTrip(value), value)).toBe(true);
    }
    fc.assert(
      fc.property(fc.oneof(fc.double(), fc.bigInt(), fc.string({ unit: 'binary' })), (value) => {
        expect(Object.is(roundTrip(value), value)).toBe(true);
      }),
      { seed: 1 },
    );
  });

  it('take bigints of any size', () => {
    for (let bits = 1n; bits < 300n; bits++) {
      for (const value of [2n ** bits, 2n ** bits - 1n, -(2n ** bits), -(2n ** bits) - 1n])
        expect(roundTrip(value)).toBe(value);
    }
    expect(roundTrip(-(3n ** 20_000n))).toBe(-(3n ** 20_000n));
  });

  it('count 1, but undefined 0', () => {
    expect([3, 'abc', null, {}, undefined].map((value) => elementCount(encode(value, 'send')))).toEqual([
      1, 1, 1, 1, 0,
    ]);
  });
});
