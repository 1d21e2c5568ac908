/**
 * ndarrays: which part of their data they show, in which order, and the ways between that and a packed run in C order.
 *
 * Elements move as unsigned words of their size, never as numbers, so that every bit pattern of a NaN survives.
 */
import ndarray, { type NdArray } from 'ndarray';
import { invariant } from '../base/invariant.ts';
import { beyondData, notSendable } from '../errors.ts';
import { isTypedArray, type TypedArray } from './dtype.ts';
import { MAX_DIMENSIONS } from './format.ts';

export type { NdArray };

/** An ndarray over a TypedArray: the only kind that is sent and received. */
export interface NumericNdArray {
  readonly data: TypedArray;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
  readonly offset: number;
}

type Words = Uint8Array | Uint16Array | Uint32Array;

/** Known by its members: a program may have more than one copy of the package. */
export function isNdArray(value: unknown): value is NdArray {
  if (typeof value !== 'object' || value === null || !('dtype' in value && 'data' in value && 'stride' in value))
    return false;
  const { dtype, shape, stride, pick } = value as Partial<NdArray>;
  return typeof dtype === 'string' && Array.isArray(shape) && Array.isArray(stride) && typeof pick === 'function';
}

export function elementsOf(shape: readonly number[]): number {
  let count = 1;
  for (const length of shape) count *= length;
  return count;
}

/** The ndarray as one that can be sent or filled. `name` gives its name for messages. */
export function numericNdArray(value: NdArray, op: string, name: () => string): NumericNdArray {
  const { data, shape, stride, offset } = value;
  if (!isTypedArray(data)) {
    const remedy = 'make it over a TypedArray, such as ndarray(new Float64Array(6), [2, 3])';
    throw notSendable(op, name(), `an ndarray of dtype ${value.dtype}`, remedy);
  }
  if (value.dimension < 0) throw notSendable(op, name(), 'an ndarray without dimensions', 'send null in its place');
  if (value.dimension > MAX_DIMENSIONS) {
    throw notSendable(op, name(), `an ndarray of ${value.dimension} dimensions`, `${MAX_DIMENSIONS} is the most`);
  }
  let first = offset;
  let last = offset;
  let empty = false;
  for (let i = 0; i < shape.length; i++) {
    const reach = (shape[i]! - 1) * stride[i]!;
    if (reach > 0) last += reach;
    else first += reach;
    if (!(shape[i]! > 0)) empty = true;
  }
  if (!empty && !(first >= 0 && last < data.length)) {
    throw beyondData(op, name(), data.length, first >= 0 ? last : first);
  }
  return { data, shape, stride, offset };
}

/** Whether the elements lie one after the other in C order. */
export function isContiguous({ shape, stride }: NumericNdArray): boolean {
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const length = shape[i]!;
    if (length === 1) continue;
    if (length !== 0 && stride[i] !== step) return false;
    step *= length;
  }
  return true;
}

/** An ndarray in C order over a packed array. */
export function packedNdArray(data: TypedArray, shape: readonly number[]): NdArray {
  // The package's types know no BigInt64Array under some settings; at run time it takes all of them.
  return ndarray(data as Float64Array, [...shape]) as NdArray;
}

/** Copies all elements of a view, in C order, to the beginning of `packed` (an array of the same dtype). */
export function gather(view: NumericNdArray, packed: TypedArray): void {
  copyElements(view, packed, elementsOf(view.shape), true);
}

/** Copies the first `count` elements of `packed` to the first places of a view in C order. */
export function scatter(packed: TypedArray, view: NumericNdArray, count: number): void {
  copyElements(view, packed, count, false);
}

/** Row after row along the last dimension; the loop over one row is all that has to be fast. */
function copyElements(view: NumericNdArray, packed: TypedArray, count: number, gathers: boolean): void {
  invariant(view.data.BYTES_PER_ELEMENT === packed.BYTES_PER_ELEMENT && count <= packed.length, 'unlike arrays', count);
  if (count === 0) return;
  const strided = wordsOf(view.data);
  const run = wordsOf(packed);
  const width = packed.BYTES_PER_ELEMENT === 8 ? 2 : 1;
  const last = view.shape.length - 1;
  const rowLength = last < 0 ? 1 : view.shape[last]!;
  const rowStride = (last < 0 ? 1 : view.stride[last]!) * width;
  const index = new Array<number>(Math.max(last, 0)).fill(0);
  let row = view.offset * width;
  for (let done = 0; done < count; done += rowLength) {
    const length = Math.min(rowLength, count - done);
    if (gathers) copyRow(strided, row, rowStride, run, done * width, width, length, width);
    else copyRow(run, done * width, width, strided, row, rowStride, length, width);
    // The next row: the odometer's last wheel but one turns first.
    for (let i = last - 1; i >= 0; i--) {
      const step = view.stride[i]! * width;
      row += step;
      if (++index[i]! < view.shape[i]!) break;
      row -= step * view.shape[i]!;
      index[i] = 0;
    }
  }
}

/** HOT (bench: none; one load and store an element, for words of three sizes). */
function copyRow(
  from: Words,
  source: number,
  sourceStep: number,
  to: Words,
  target: number,
  targetStep: number,
  length: number,
  width: number,
): void {
  for (let i = 0; i < length; i++) {
    to[target] = from[source]!;
    if (width === 2) to[target + 1] = from[source + 1]!;
    source += sourceStep;
    target += targetStep;
  }
}

function wordsOf({ buffer, byteOffset, byteLength, BYTES_PER_ELEMENT }: TypedArray): Words {
  if (BYTES_PER_ELEMENT === 1) return new Uint8Array(buffer, byteOffset, byteLength);
  if (BYTES_PER_ELEMENT === 2) return new Uint16Array(buffer, byteOffset, byteLength / 2);
  return new Uint32Array(buffer, byteOffset, byteLength / 4);
}
