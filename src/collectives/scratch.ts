/** Private memory of one call. */
import { invariant } from '../base/invariant.ts';
import { constructorOf, dtypeOf, type TypedArray } from '../wire/dtype.ts';

/** A fresh array of the dtype of `like`. */
export function scratchLike(like: TypedArray, length: number): TypedArray {
  const ArrayOf = constructorOf(dtypeOf(like));
  invariant(ArrayOf !== undefined, 'no such dtype', like);
  return new ArrayOf(length);
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
