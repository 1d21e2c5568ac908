/**
 * Writes PNG pictures with a palette: one byte a pixel, an index into 256 colours. A PNG is a signature and a list of
 * chunks (length, name, data, CRC); the pixels are deflated, each row after a byte that names its filter, here 0 for none.
 * https://www.w3.org/TR/png-3/
 */
import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const PALETTE_COLOURS = 3;

/** `pixels` row by row from the top, `width` a row; `palette` is red, green, blue for each of up to 256 indices. */
export function encodePng(width: number, pixels: Uint8Array, palette: Uint8Array): Buffer {
  const height = pixels.length / width;
  if (!Number.isInteger(height)) throw new RangeError(`${pixels.length} pixels do not fill rows of ${width}`);
  const header = Buffer.alloc(13); // compression, filter and interlace methods stay 0
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8; // bits a pixel
  header[9] = PALETTE_COLOURS;

  const rows = Buffer.alloc(height * (width + 1));
  for (let y = 0; y < height; y++) rows.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);

  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', palette),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

function chunk(name: string, data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(name, 4, 'latin1');
  bytes.set(data, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}

/** A palette of 256 colours that runs evenly through `stops`, each written as `#rrggbb`. */
export function gradient(stops: readonly string[]): Uint8Array {
  const palette = new Uint8Array(256 * 3);
  for (let i = 0; i < 256; i++) {
    const position = (i / 255) * (stops.length - 1);
    const stop = Math.min(Math.floor(position), stops.length - 2);
    const [from, to] = [Number.parseInt(stops[stop]!.slice(1), 16), Number.parseInt(stops[stop + 1]!.slice(1), 16)];
    for (const [channel, shift] of [16, 8, 0].entries()) {
      const [a, b] = [(from >> shift) & 255, (to >> shift) & 255];
      palette[3 * i + channel] = Math.round(a + (b - a) * (position - stop));
    }
  }
  return palette;
}
