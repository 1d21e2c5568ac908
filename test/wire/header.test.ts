import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Frame, FrameFlag, FrameKind, HEADER_BYTES, MAX_META_BYTES } from '../../src/wire/frame.ts';
import { decodeHeader, encodeHeader } from '../../src/wire/header.ts';

const u8 = fc.nat(255);
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const length = fc.oneof(fc.nat(1000), u32, fc.maxSafeNat());

const LAST_KIND = Math.max(...Object.values(FrameKind));
const ALL_FLAGS = Object.values(FrameFlag).reduce<number>((all, flag) => all | flag, 0);

const headers = fc.record({
  kind: fc.constantFrom(...Object.values(FrameKind)),
  flags: fc.nat(ALL_FLAGS),
  format: u8,
  dtype: u8,
  context: u32,
  source: u32,
  tag: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  bytes: length,
  total: length,
  id: u32,
  peerId: u32,
  collective: u8,
  op: u8,
  algorithm: u8,
  callDtype: u8,
  root: u32,
  count: length,
});

function encode(frame: Frame, offset = 0): DataView {
  const view = new DataView(new ArrayBuffer(HEADER_BYTES + offset + 8));
  new Uint8Array(view.buffer).fill(0xee);
  encodeHeader(view, offset, frame);
  return view;
}

function valid(): DataView {
  return encode(Object.assign(new Frame(), { kind: FrameKind.EAGER }));
}

describe('frame header', () => {
  it('every field stands where the diagram says, little-endian', () => {
    const frame = Object.assign(new Frame(), {
      kind: 2,
      flags: 1,
      format: 0x22,
      dtype: 0x33,
      context: 0x44454647,
      source: 0x48494a4b,
      tag: -2,
      bytes: 0x0011223344556677,
      total: 0x1fffffffffffff,
      id: 0x80818283,
      peerId: 0x84858687,
      meta: new Uint8Array(0x1234),
      collective: 0x91,
      op: 0x92,
      algorithm: 0x93,
      callDtype: 0x94,
      root: 0xa0a1a2a3,
      count: 0x0001000000000002,
    });
    const view = encode(frame);
    expect(Buffer.from(view.buffer, 0, HEADER_BYTES).toString('hex')).toBe(
      '02012233 47464544 4b4a4948 feffffff 7766554433221100 ffffffffffff1f00 83828180 87868584 34120000 91929394 a3a2a1a0 00000000 0200000000000100'.replaceAll(
        ' ',
        '',
      ),
    );
  });

  it('decodes what it encodes, at any offset, and writes nothing beside its 64 bytes', () => {
    fc.assert(
      fc.property(headers, fc.nat(MAX_META_BYTES), fc.nat(7), (fields, metaBytes, offset) => {
        const frame = Object.assign(new Frame(), fields, { meta: new Uint8Array(metaBytes) });
        const view = encode(frame, offset);
        const decoded = new Frame();
        expect(decodeHeader(view, offset, decoded)).toBe(metaBytes);
        expect({ ...decoded, meta: null }).toEqual({ ...frame, meta: null });
        const bytes = new Uint8Array(view.buffer);
        expect(bytes.subarray(0, offset).every((byte) => byte === 0xee)).toBe(true);
        expect(bytes.subarray(offset + HEADER_BYTES).every((byte) => byte === 0xee)).toBe(true);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it.each([
    ['kind 0', 0, 0, /kind 0/],
    ['a kind beyond the last', 0, LAST_KIND + 1, /kind \d+, which should be 1 to/],
    ['an unknown flag', 1, ALL_FLAGS + 1, /flags \d+, which/],
    ['all flags', 1, 255, /flags 255/],
    ['a context of 2^53', 54, 0x20, /context/],
    ['too much meta data', 42, 1, /metaBytes 65537/],
    ['2^53 bytes', 22, 0x20, /bytes/],
    ['2^56 bytes in total', 31, 1, /total/],
    ['a count of 2^63', 63, 0x80, /count/],
  ])('refuses %s', (_, at, byte, message) => {
    const view = valid();
    view.setUint8(40, 1);
    view.setUint8(at, byte);
    const decode = () => decodeHeader(view, 0, new Frame());
    expect(decode).toThrow(message);
    expect(decode).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL' }));
  });

  it('takes 2^53 - 1 bytes and exactly 64 KiB of meta data', () => {
    const view = valid();
    view.setUint32(16, 0xffffffff, true);
    view.setUint32(20, 0x1fffff, true);
    view.setUint32(40, MAX_META_BYTES, true);
    const frame = new Frame();
    expect(decodeHeader(view, 0, frame)).toBe(MAX_META_BYTES);
    expect(frame.bytes).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('any 64 bytes either decode or are refused with ERR_PROTOCOL', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (bytes) => {
        try {
          decodeHeader(new DataView(bytes.buffer), 0, new Frame());
        } catch (error) {
          expect(error).toMatchObject({ name: 'MpiError', code: 'ERR_PROTOCOL' });
        }
      }),
      { seed: 2, numRuns: 500 },
    );
  });
});
