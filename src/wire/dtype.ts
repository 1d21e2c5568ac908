/** The element types of numeric payloads: one small integer each, the same on every machine. */

// Float16Array exists from Node 24 on; the project is typed for Node 20.
declare global {
  interface Float16Array extends Omit<Float32Array, 'BYTES_PER_ELEMENT'> {
    readonly BYTES_PER_ELEMENT: 2;
  }
}

export type TypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

export interface TypedArrayConstructor {
  readonly name: string;
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): TypedArray;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): TypedArray;
}

export const DType = {
  INT8: 1,
  UINT8: 2,
  UINT8_CLAMPED: 3,
  INT16: 4,
  UINT16: 5,
  INT32: 6,
  UINT32: 7,
  FLOAT32: 8,
  FLOAT64: 9,
  BIGINT64: 10,
  BIGUINT64: 11,
  FLOAT16: 12,
} as const;
export type DType = (typeof DType)[keyof typeof DType];

const float16 = (globalThis as { Float16Array?: TypedArrayConstructor }).Float16Array;

/** Indexed by {@link DType}; a hole where this Node.js has no such array (Float16Array before Node 24). */
const CONSTRUCTORS: readonly (TypedArrayConstructor | undefined)[] = [
  undefined,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  float16,
] as (TypedArrayConstructor | undefined)[];

const CODES = new Map<unknown, DType>(
  CONSTRUCTORS.flatMap((Elements, code) => (Elements ? [[Elements.prototype, code as DType]] : [])),
);

/** The dtype of an array, also of subclasses such as Buffer; 0 for what is no TypedArray. HOT (bench: latency). */
export function dtypeOf(value: unknown): DType | 0 {
  if (!ArrayBuffer.isView(value)) return 0;
  for (let prototype = Object.getPrototypeOf(value); prototype !== null; prototype = Object.getPrototypeOf(prototype)) {
    const code = CODES.get(prototype);
    if (code !== undefined) return code;
  }
  return 0;
}

export function isTypedArray(value: unknown): value is TypedArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

/** Its `byteLength`, which is a call of 20 ns in V8. HOT (bench: latency). */
export function bytesIn(array: TypedArray): number {
  return array.length * array.BYTES_PER_ELEMENT;
}

/** The array class of a dtype code, or undefined for a code that this process does not know. */
export function constructorOf(dtype: number): TypedArrayConstructor | undefined {
  return CONSTRUCTORS[dtype];
}

/** For messages: `Float64Array`. */
export function dtypeName(dtype: number): string {
  return CONSTRUCTORS[dtype]?.name ?? (dtype === DType.FLOAT16 ? 'Float16Array' : `dtype ${dtype}`);
}
