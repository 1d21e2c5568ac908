/**
 * Private memory of one call.
 *
 * Fresh memory costs more than all that is done in it: each new page of it is a fault, 25 times the time of writing to it again, and V8, which
 * counts what hangs at its heap, marks and sweeps all the time. What an algorithm needs for itself alone it borrows, and gives back.
 */
import { invariant } from '../base/invariant.ts';
import { constructorOf, dtypeOf, type TypedArray } from '../wire/dtype.ts';

/** A fresh array of the dtype of `like`. */
export function scratchLike(like: TypedArray, length: number): TypedArray {
  const ArrayOf = constructorOf(dtypeOf(like));
  invariant(ArrayOf !== undefined, 'no such dtype', like);
  return new ArrayOf(length);
}

/** What is smaller is made sooner than found. */
const MIN_KEPT_BYTES = 2 * 1024;
/** All that waits together, whoever gave it back. */
const MAX_KEPT_BYTES = 64 * 1024 * 1024;
const MAX_KEPT = 8;
/** Nobody gets a piece of more than so many times what was asked for. */
const MAX_EXCESS = 4;

/** What waits for its next use, the longest waiting first. Nobody else holds any of it, so it matters to no rank who had it before. */
const kept: ArrayBuffer[] = [];

/**
 * An array of the dtype of `like` with any content, for the caller alone: {@link giveBack} it when nothing is sent from it or received into
 * it any more. An algorithm that fails does not: its messages may be under way.
 */
export function borrow(like: TypedArray, length: number): TypedArray {
  const bytes = length * like.BYTES_PER_ELEMENT;
  const ArrayOf = constructorOf(dtypeOf(like));
  const place = kept.findIndex(({ byteLength }) => byteLength >= bytes && byteLength <= MAX_EXCESS * bytes);
  if (place < 0 || ArrayOf === undefined) return scratchLike(like, length);
  const [buffer] = kept.splice(place, 1);
  return new ArrayOf(buffer!, 0, length);
}

export function giveBack(array: TypedArray): void {
  const { buffer } = array;
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength < MIN_KEPT_BYTES || buffer.byteLength > MAX_KEPT_BYTES)
    return;
  kept.push(buffer);
  let bytes = kept.reduce((sum, { byteLength }) => sum + byteLength, 0);
  while (kept.length > MAX_KEPT || bytes > MAX_KEPT_BYTES) bytes -= kept.shift()!.byteLength;
}

/** Copies between arrays of one dtype. */
export function copyInto(into: TypedArray, from: TypedArray): void {
  (into as Uint8Array).set(from as Uint8Array);
}

/** Whether two arrays have memory in common. */
export function overlap(a: TypedArray, b: TypedArray): boolean {
  return (
    a.buffer === b.buffer && a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength
  );
}

/** Whether two arrays are the same memory, from the first byte to the last. */
export function coincide(a: TypedArray, b: TypedArray): boolean {
  return a.buffer === b.buffer && a.byteOffset === b.byteOffset && a.byteLength === b.byteLength;
}
