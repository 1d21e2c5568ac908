/** Cutting payloads: a long run of segments, taken in pieces of bounded size. */
import type { SendOperation } from './operation.ts';

/** The `bytes` bytes from `offset` on, as views. */
export function cut(segments: readonly Uint8Array[], offset: number, bytes: number): readonly Uint8Array[] {
  const [first] = segments;
  if (offset === 0 && segments.length === 1 && first !== undefined && first.length === bytes) return segments;
  const pieces: Uint8Array[] = [];
  for (const segment of segments) {
    if (bytes === 0) break;
    if (offset >= segment.length) {
      offset -= segment.length;
      continue;
    }
    const length = Math.min(bytes, segment.length - offset);
    pieces.push(segment.subarray(offset, offset + length));
    bytes -= length;
    offset = 0;
  }
  return pieces;
}

/** The next piece of a send's payload, and its cursor moved behind it. */
export function nextFragment(op: SendOperation, bytes: number): readonly Uint8Array[] {
  const pieces: Uint8Array[] = [];
  const { segments } = op.packet;
  while (bytes > 0 && op.segment < segments.length) {
    const segment = segments[op.segment] as Uint8Array;
    const length = Math.min(bytes, segment.length - op.offset);
    if (length > 0) {
      pieces.push(length === segment.length ? segment : segment.subarray(op.offset, op.offset + length));
    }
    bytes -= length;
    op.offset += length;
    if (op.offset === segment.length) {
      op.segment++;
      op.offset = 0;
    }
  }
  return pieces;
}
