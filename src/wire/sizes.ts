/** Byte counts and lengths in meta data: unsigned 64-bit little-endian, all of them safe integers. */

export const SIZE_BYTES = 8;

export function writeSizes(sizes: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(sizes.length * SIZE_BYTES);
  // Byte by byte: for a view V8 would have to move short arrays out of its heap.
  for (let i = 0; i < sizes.length; i++) {
    let rest = sizes[i]!;
    for (let at = i * SIZE_BYTES; rest > 0; at++) {
      bytes[at] = rest % 256;
      rest = Math.floor(rest / 256);
    }
  }
  return bytes;
}

export function writeSize(view: DataView, offset: number, size: number): void {
  view.setUint32(offset, size, true);
  view.setUint32(offset + 4, size / 2 ** 32, true);
}

/** NaN for what is no safe integer. */
export function readSize(view: DataView, offset: number): number {
  const size = view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 2 ** 32;
  return Number.isSafeInteger(size) ? size : Number.NaN;
}

/** The sizes that `meta` consists of, or undefined if it doesn't. */
export function readSizes(meta: Uint8Array): number[] | undefined {
  if (meta.byteLength % SIZE_BYTES !== 0) return undefined;
  const view = new DataView(meta.buffer, meta.byteOffset, meta.byteLength);
  const sizes: number[] = [];
  for (let offset = 0; offset < meta.byteLength; offset += SIZE_BYTES) {
    const size = readSize(view, offset);
    if (Number.isNaN(size)) return undefined;
    sizes.push(size);
  }
  return sizes;
}
