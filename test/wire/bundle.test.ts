import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bundle, unbundle } from '../../src/wire/bundle.ts';
import { MAX_META_BYTES } from '../../src/wire/frame.ts';
import { copyOf, decode, encode, packetOf } from '../../src/wire/value.ts';
import { hex, thrown } from './ways.ts';

function journey(values: readonly unknown[]): unknown[] {
  const packed = bundle(values.map((value) => encode(value, 'gather')));
  return unbundle(copyOf(packed)).map((packet) => decode(packet, undefined, 'gather'));
}

describe('a bundle', () => {
  it('gives back what went in, in order', () => {
    const values = [
      1,
      'two',
      null,
      undefined,
      new Float64Array(700),
      { a: 1 },
      new Uint8Array(0),
      new Map([['x', new Int8Array(5000)]]),
      Int16Array.of(3),
    ];
    assert.deepStrictEqual(journey(values), values);
    assert.deepStrictEqual(journey([]), []);
    fc.assert(
      fc.property(
        fc.array(fc.anything({ withTypedArray: true, withMap: true, withBigInt: true }), { maxLength: 6 }),
        (list) => assert.deepStrictEqual(journey(list), structuredClone(list)),
      ),
      { seed: 8 },
    );
  });

  it('has its heads in the meta data: 16 bytes a packet', () => {
    const { meta } = bundle([encode('ab', 'gather'), encode(1, 'gather')]);
    expect(Buffer.from(meta).toString('hex')).toBe(
      '02000000' + '07000000' + '00000000' + '0200000000000000' + '05090000' + '00000000' + '0800000000000000',
    );
  });

  it('copies nothing, and lays large values out so that they are received in place', () => {
    const array = new Float64Array(1000);
    const packed = bundle([encode('x', 'gather'), encode(array, 'gather'), encode('y', 'gather')]);
    expect(packed.segments[1]?.buffer).toBe(array.buffer);
    const { packet } = packetOf(packed);
    expect(packet.segments.map((segment) => segment.byteLength)).toEqual([1, 8000, 1]);
    const middle = decode(unbundle(packet)[1]!, undefined, 'gather') as Float64Array;
    expect(middle.buffer).toBe(packet.segments[1]?.buffer);
  });

  it('of more packets than the meta data can describe has its heads in the payload', () => {
    const values = Array.from({ length: 5000 }, (_, i) => i);
    const packed = bundle(values.map((value) => encode(value, 'gather')));
    expect(packed.meta.byteLength).toBeLessThan(MAX_META_BYTES);
    expect(packed.bytes).toBeGreaterThan(5000 * 24);
    assert.deepStrictEqual(journey(values), values);
    assert.deepStrictEqual(
      unbundle(packed).map((packet) => hex(packet)),
      values.map((value) => hex(encode(value, 'gather'))),
    );
  });

  it('may hold bundles', () => {
    const inner = bundle([encode(1, 'gather'), encode(new Float64Array(600), 'gather')]);
    const arrived = unbundle(copyOf(bundle([inner, encode('end', 'gather'), bundle([])])));
    const [one, array] = unbundle(arrived[0]!).map((packet) => decode(packet, undefined, 'gather'));
    expect([
      one,
      (array as Float64Array).length,
      decode(arrived[1]!, undefined, 'gather'),
      unbundle(arrived[2]!),
    ]).toEqual([1, 600, 'end', []]);
  });

  it('can be cut up as it was sent, and decoded into out', () => {
    const packed = bundle([encode(Float64Array.of(1, 2), 'gather'), encode(Float64Array.of(3), 'gather')]);
    const out = new Float64Array(2);
    for (const packet of unbundle(copyOf(packed))) decode(packet, out, 'gather');
    expect(out).toEqual(Float64Array.of(3, 2));
  });

  it('is not a value, nor a value a bundle', () => {
    expect(thrown(() => decode(bundle([]), undefined, 'recv')).code).toBe('ERR_PROTOCOL');
    expect(thrown(() => unbundle(encode(1, 'send'))).code).toBe('ERR_PROTOCOL');
  });
});
