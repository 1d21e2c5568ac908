/** In which pieces of memory a payload should lie for its value to be made without a copy. */
import { Format } from './format.ts';
import { LEADING_META_BYTES, readHeads } from './heads.ts';
import { NO_BYTES, type View } from './memory.ts';
import { LARGE_BYTES } from './nodes.ts';
import type { PacketHead } from './packet.ts';
import { planOf } from './plan.ts';

/**
 * The lengths of the pieces, each of which gets memory of its own. Throws ERR_PROTOCOL for a malformed head.
 *
 * A bundle has those of its packets, but neighbours that are small share one: they are cheaper to copy than to keep apart.
 */
export function piecesOf(head: PacketHead): readonly number[] {
  if (head.format !== Format.BUNDLE) {
    const { sizes, bytes } = planOf(head);
    return sizes ?? [bytes];
  }
  if (head.meta.byteLength === LEADING_META_BYTES) return [head.bytes];
  const pieces: number[] = [];
  let small = 0;
  for (const size of readHeads(head.meta, head.bytes).flatMap(piecesOf)) {
    if (size >= LARGE_BYTES) {
      if (small > 0) pieces.push(small);
      pieces.push(size);
      small = 0;
    } else {
      small += size;
    }
  }
  if (small > 0) pieces.push(small);
  return pieces;
}

/**
 * The pieces of these lengths, one after the other, as they lie in `segments`; undefined if one lies in parts that are no
 * neighbours in memory. HOT (bench: latency).
 */
export function piecesIn(sizes: readonly number[], segments: readonly Uint8Array[]): readonly View[] | undefined {
  if (sizes.length === 1 && segments.length === 1 && segments[0]!.byteLength === sizes[0]) return segments;
  const pieces: View[] = [];
  let at = 0;
  let used = 0;
  for (const size of sizes) {
    if (size === 0) {
      pieces.push(NO_BYTES);
      continue;
    }
    while (used === segments[at]?.byteLength) {
      at++;
      used = 0;
    }
    const first = segments[at];
    if (first === undefined) return undefined;
    pieces.push(
      new DataView(
        first.buffer,
        first.byteOffset + used,
        Math.min(size, first.buffer.byteLength - first.byteOffset - used),
      ),
    );
    used += size;
    for (let segment = first; used > segment.byteLength; ) {
      used -= segment.byteLength;
      const next = segments[++at];
      if (
        next === undefined ||
        next.buffer !== first.buffer ||
        next.byteOffset !== segment.byteOffset + segment.byteLength
      ) {
        return undefined;
      }
      segment = next;
    }
  }
  return pieces;
}
