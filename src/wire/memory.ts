/**
 * Memory of any size as segments: no `Uint8Array` reaches over more than 4 GiB in Node.js 20, so what may be larger is
 * kept as a {@link View} (a DataView has no such limit) and handed to transports in pieces of at most 1 GiB.
 */

import { noMemory } from '../errors.ts';
import { copySegments } from './segments.ts';

export const MAX_SEGMENT_BYTES = 2 ** 30;

/** Half of what Node.js has in one piece for small Buffers. */
const MAX_SHARED_BYTES = 4096;

/** Any ArrayBufferView. */
export interface View {
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  readonly byteLength: number;
}

export const NO_BYTES = new Uint8Array(0);
export const NO_SEGMENTS: readonly Uint8Array[] = [];

/** The bytes under a view, without a copy: no segment at all for no bytes. HOT (bench: latency). */
export function segmentsOf(view: View, bytes: number = view.byteLength): readonly Uint8Array[] {
  if (bytes === 0) return NO_SEGMENTS;
  if (bytes <= MAX_SEGMENT_BYTES) return [bytesOf(view, bytes)];
  const segments: Uint8Array[] = [];
  for (let start = 0; start < bytes; start += MAX_SEGMENT_BYTES) {
    segments.push(new Uint8Array(view.buffer, view.byteOffset + start, Math.min(MAX_SEGMENT_BYTES, bytes - start)));
  }
  return segments;
}

/** One Uint8Array over a view of at most 4 GiB. */
export function bytesOf(view: View, bytes: number = view.byteLength): Uint8Array {
  return view instanceof Uint8Array ? view : new Uint8Array(view.buffer, view.byteOffset, bytes);
}

/**
 * Fresh memory in an ArrayBuffer of its own, exactly `bytes` long. Its content is arbitrary: callers fill all of it
 * before a user sees it.
 */
export function allocate(bytes: number, op: string): View {
  try {
    if (bytes <= MAX_SEGMENT_BYTES) return Buffer.allocUnsafeSlow(bytes);
    return new DataView(new ArrayBuffer(bytes));
  } catch (cause) {
    throw noMemory(op, bytes, cause);
  }
}

/** Memory that is read once and then let go: small pieces share an ArrayBuffer. Its content is arbitrary. HOT (bench: objects). */
export function allocateShared(bytes: number, op: string): View {
  return bytes <= MAX_SHARED_BYTES ? Buffer.allocUnsafe(bytes) : allocate(bytes, op);
}

/** An ArrayBuffer that holds exactly the view's bytes: the view's own if it is that already, else a copy. */
export function ownBuffer(view: View): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = view;
  if (buffer instanceof ArrayBuffer) {
    return byteOffset === 0 && buffer.byteLength === byteLength
      ? buffer
      : buffer.slice(byteOffset, byteOffset + byteLength);
  }
  const copy = new ArrayBuffer(byteLength);
  copySegments(segmentsOf(view), segmentsOf(new DataView(copy)));
  return copy;
}
