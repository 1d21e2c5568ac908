/** Values that travel as their own bytes: TypedArrays and their kin. */
import { constants } from 'node:buffer';
import { isAnyArrayBuffer } from 'node:util/types';
import { invariant } from '../base/invariant.ts';
import { detached } from '../errors.ts';
import { constructorOf, DType, dtypeOf, type TypedArray } from './dtype.ts';
import { Format } from './format.ts';
import type { View } from './memory.ts';
import {
  elementsOf,
  gather,
  isContiguous,
  type NdArray,
  type NumericNdArray,
  numericNdArray,
  packedNdArray,
} from './ndarray.ts';

/** Elements in the longest TypedArray. */
const MAX_LENGTH = constants.MAX_LENGTH;

/** V8 keeps the elements of arrays up to here inside of them (typed_array_max_size_in_heap). */
const SMALL_BYTES = 64;
/** For the length of a call, seen as an array of each dtype. */
const SMALL = new Uint8Array(SMALL_BYTES);
const SMALL_ARRAYS: readonly (TypedArray | undefined)[] = Array.from({ length: DType.FLOAT16 + 1 }, (_, dtype) => {
  const Elements = constructorOf(dtype);
  return Elements && new Elements(SMALL.buffer);
});

/** A value's bytes, and what they are. */
export interface Raw {
  readonly format: Format;
  readonly dtype: number;
  /** The user's own memory, but for strided ndarrays. */
  readonly view: View;
  readonly shape: readonly number[] | undefined;
}

/**
 * Whether the memory of an array was transferred away. It has no length then, and only the attempt to look at its memory
 * tells it from an empty one. HOT (bench: latency).
 */
export function isDetached(array: View): boolean {
  return array.byteLength === 0 && isGone(array.buffer);
}

function isGone(buffer: ArrayBufferLike): boolean {
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

/** What `value` is as raw bytes: null if they are gone, undefined for all other kinds (ndarrays are not looked at). */
export function rawOf(value: object): Raw | null | undefined {
  if (ArrayBuffer.isView(value)) {
    if (isGone(value.buffer)) return null;
    if (value instanceof DataView)
      return { format: Format.DATA_VIEW, dtype: DType.UINT8, view: value, shape: undefined };
    return { format: arrayFormat(value as TypedArray), dtype: dtypeOf(value), view: value, shape: undefined };
  }
  if (!isAnyArrayBuffer(value)) return undefined;
  if (isGone(value)) return null;
  return { format: Format.ARRAY_BUFFER, dtype: DType.UINT8, view: new DataView(value), shape: undefined };
}

/** Buffers are told from other byte arrays: they arrive as what they were. */
export function arrayFormat(array: TypedArray): Format {
  return Buffer.isBuffer(array) ? Format.BUFFER : Format.TYPED_ARRAY;
}

/** Throws ERR_TYPE and ERR_BUFFER; `name` gives the array's name for messages. */
export function rawNdArray(value: NdArray, op: string, name: () => string): Raw {
  const array = numericNdArray(value, op, name);
  if (isDetached(array.data)) throw detached(op, name());
  return { format: Format.NDARRAY, dtype: dtypeOf(array.data), view: packedBytes(array), shape: [...array.shape] };
}

function packedBytes(array: NumericNdArray): View {
  const { data, offset } = array;
  const count = elementsOf(array.shape);
  if (count > 0 && !isContiguous(array)) {
    const packed = emptyArray(dtypeOf(data), count);
    gather(array, packed);
    return packed;
  }
  const bytes = count * data.BYTES_PER_ELEMENT;
  return new DataView(data.buffer, data.byteOffset + (count === 0 ? 0 : offset * data.BYTES_PER_ELEMENT), bytes);
}

export function emptyArray(dtype: number, count: number): TypedArray {
  const Elements = constructorOf(dtype);
  invariant(Elements !== undefined, 'no such dtype', dtype);
  return new Elements(count);
}

/** The value of such a format over memory that is its own from now on. The head was checked. HOT (bench: latency). */
export function rawValue(
  format: number,
  dtype: number,
  shape: readonly number[] | undefined,
  memory: ArrayBuffer,
): unknown {
  switch (format) {
    case Format.ARRAY_BUFFER:
      return memory;
    case Format.DATA_VIEW:
      return new DataView(memory);
    case Format.BUFFER:
      return Buffer.from(memory);
    default: {
      const Elements = constructorOf(dtype);
      invariant(Elements !== undefined, 'no such dtype', dtype);
      const array = new Elements(memory);
      return shape === undefined ? array : packedNdArray(array, shape);
    }
  }
}

/** Whether a value is an array that V8 makes as one object, without memory outside of its heap: cheap, if it is never asked for its buffer. */
export function isSmallArray(format: number, bytes: number): boolean {
  return format === Format.TYPED_ARRAY && bytes <= SMALL_BYTES;
}

/** Such an array, with these bytes. HOT (bench: latency). */
export function smallArray(dtype: number, bytes: Uint8Array): TypedArray {
  SMALL.set(bytes);
  const elements = SMALL_ARRAYS[dtype]!;
  return elements.slice(0, bytes.byteLength / elements.BYTES_PER_ELEMENT);
}

/** Whether `bytes` are a whole number of such elements, in such a shape. */
export function fits(format: number, dtype: number, shape: readonly number[] | undefined, bytes: number): boolean {
  const itemsize = itemsizeOf(dtype);
  if (itemsize === 0 || bytes % itemsize !== 0 || (hasLength(format) && bytes / itemsize > MAX_LENGTH)) return false;
  if (format === Format.NDARRAY) return shape !== undefined && elementsOf(shape) * itemsize === bytes;
  return shape === undefined && (format === Format.TYPED_ARRAY || dtype === DType.UINT8);
}

/** Bytes an element; 0 for what is no dtype. Known also for dtypes that this Node.js has no array for. */
export function itemsizeOf(dtype: number): number {
  return dtype === DType.FLOAT16 ? 2 : (constructorOf(dtype)?.BYTES_PER_ELEMENT ?? 0);
}

export function isRaw(format: number): boolean {
  return format >= Format.TYPED_ARRAY && format <= Format.NDARRAY;
}

/** ArrayBuffers and DataViews may be longer than any TypedArray. */
function hasLength(format: number): boolean {
  return format !== Format.ARRAY_BUFFER && format !== Format.DATA_VIEW;
}
