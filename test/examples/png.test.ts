import { crc32, inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { encodePng, gradient } from '../../examples/lib/png.ts';

/** The chunks of a PNG, each checked against its CRC. */
function chunksOf(png: Buffer): Map<string, Buffer> {
  expect(png.subarray(0, 8)).toEqual(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]));
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < png.length; ) {
    const end = at + 8 + png.readUInt32BE(at);
    expect(png.readUInt32BE(end)).toBe(crc32(png.subarray(at + 4, end)));
    chunks.set(png.toString('latin1', at + 4, at + 8), png.subarray(at + 8, end));
    at = end + 4;
  }
  return chunks;
}

describe('encodePng', () => {
  test('writes header, palette, rows and end', () => {
    const palette = Uint8Array.of(0, 0, 0, 255, 0, 0);
    const chunks = chunksOf(encodePng(3, Uint8Array.of(0, 1, 0, 1, 1, 1), palette));
    expect([...chunks.keys()]).toEqual(['IHDR', 'PLTE', 'IDAT', 'IEND']);
    expect([...chunks.get('IHDR')!]).toEqual([0, 0, 0, 3, 0, 0, 0, 2, 8, 3, 0, 0, 0]);
    expect([...chunks.get('PLTE')!]).toEqual([...palette]);
    expect([...inflateSync(chunks.get('IDAT')!)]).toEqual([0, 0, 1, 0, 0, 1, 1, 1]);
    expect(chunks.get('IEND')).toHaveLength(0);
  });

  test('refuses pixels that fill no rows', () => {
    expect(() => encodePng(3, new Uint8Array(7), new Uint8Array(3))).toThrow('7 pixels do not fill rows of 3');
  });
});

test('a gradient begins and ends with its stops and runs evenly between them', () => {
  const palette = gradient(['#000000', '#ff0000', '#ff00fe']);
  expect(palette).toHaveLength(768);
  expect([...palette.subarray(0, 3)]).toEqual([0, 0, 0]);
  expect([...palette.subarray(3, 6)]).toEqual([2, 0, 0]);
  expect([...palette.subarray(3 * 191, 3 * 192)]).toEqual([255, 0, 127]);
  expect([...palette.subarray(765)]).toEqual([255, 0, 254]);
});
