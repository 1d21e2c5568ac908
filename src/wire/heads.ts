/** The heads of a bundle's packets as bytes: a count, 16 bytes a packet, then the meta data of all of them. */
import { protocol } from '../errors.ts';
import type { PacketHead } from './packet.ts';
import { readSize, writeSize } from './sizes.ts';

const COUNT_BYTES = 4;
const ENTRY_BYTES = 16;

/**
 * Bundles whose heads would overflow the meta data have them at the beginning of the payload; their meta data is then the
 * length of that part, which no table of heads is as short as.
 */
export const LEADING_META_BYTES = 8;

export function writeHeads(heads: readonly PacketHead[]): Uint8Array {
  let meta = COUNT_BYTES + heads.length * ENTRY_BYTES;
  const bytes = new Uint8Array(heads.reduce((sum, head) => sum + head.meta.byteLength, meta));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, heads.length, true);
  let entry = COUNT_BYTES;
  for (const head of heads) {
    view.setUint8(entry, head.format);
    view.setUint8(entry + 1, head.dtype);
    view.setUint32(entry + 4, head.meta.byteLength, true);
    writeSize(view, entry + 8, head.bytes);
    bytes.set(head.meta, meta);
    entry += ENTRY_BYTES;
    meta += head.meta.byteLength;
  }
  return bytes;
}

/** Throws ERR_PROTOCOL if `table` is none, or the payloads don't add up to `bytes`. */
export function readHeads(table: Uint8Array, bytes: number): PacketHead[] {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const count = table.byteLength < COUNT_BYTES ? -1 : view.getUint32(0, true);
  let meta = COUNT_BYTES + count * ENTRY_BYTES;
  if (count < 0 || meta > table.byteLength) throw malformed();
  const heads: PacketHead[] = [];
  let sum = 0;
  for (let entry = COUNT_BYTES; heads.length < count; entry += ENTRY_BYTES) {
    const metaEnd = meta + view.getUint32(entry + 4, true);
    const size = readSize(view, entry + 8);
    // NaN fails every comparison.
    if (metaEnd > table.byteLength || !((sum += size) <= bytes)) throw malformed();
    const head = { format: view.getUint8(entry), dtype: view.getUint8(entry + 1), bytes: size };
    heads.push({ ...head, meta: table.subarray(meta, metaEnd) });
    meta = metaEnd;
  }
  if (meta !== table.byteLength || sum !== bytes) throw malformed();
  return heads;
}

/** How many bytes of heads lead the payload of such a bundle. Throws ERR_PROTOCOL. */
export function leadingBytes({ meta, bytes }: PacketHead): number {
  const size = readSize(new DataView(meta.buffer, meta.byteOffset, meta.byteLength), 0);
  if (!(size <= bytes && size <= 2 ** 32)) throw malformed();
  return size;
}

function malformed(): ReturnType<typeof protocol> {
  return protocol('a malformed bundle of values');
}
