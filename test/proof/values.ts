/** The values that random programs send: each is made from its kind, a size and a number that it carries. */
import { isDeepStrictEqual } from 'node:util';
import ndarray, { type NdArray } from 'ndarray';

type Maker = (length: number, id: number) => unknown;

const padding = (length: number) => Array.from({ length }, (_, i) => (i * 7) % 100);

function bytes(length: number, id: number): Uint8Array {
  const array = new Uint8Array(4 + length).map((_, i) => i * 3);
  new DataView(array.buffer).setInt32(0, id);
  return array;
}

/** Values that carry their number. */
const NUMBERED = {
  number: (_length, id) => id + 0.5,
  integer: (_length, id) => id,
  bigint: (_length, id) => BigInt(id) * 10n ** 12n,
  text: (length, id) => `${id}:${'äx'.repeat(length)}`,
  bytes,
  buffer: (length, id) => Buffer.from(bytes(length, id)),
  ints: (length, id) => Int32Array.from([id, ...padding(length)]),
  doubles: (length, id) => Float64Array.from([id, ...padding(length)]),
  bigints: (length, id) => BigInt64Array.from([id, ...padding(length)].map(BigInt)),
  list: (length, id) => [id, ...padding(length), 'end', null],
  object: (length, id) => ({
    id,
    at: new Date(id),
    inner: { list: padding(length) },
    raw: Int16Array.from(padding(3)),
  }),
  map: (length, id) =>
    new Map<unknown, unknown>([
      ['id', id],
      [id, new Set(padding(length % 100))],
    ]),
  grid: (length, id) => ndarray(Int32Array.from([id, ...padding(2 * length + 1)]), [2, length + 1]),
  columns: (length, id) => ndarray(Int32Array.from([id, ...padding(2 * length + 1)]), [length + 1, 2], [1, length + 1]),
} satisfies Record<string, Maker>;

/** Values that carry nothing: one like the other. */
const BARE = {
  null: () => null,
  undefined: () => undefined,
  true: () => true,
  'no bytes': () => new Uint8Array(0),
  'no doubles': () => new Float64Array(0),
} satisfies Record<string, Maker>;

const MAKERS: Record<string, Maker> = { ...NUMBERED, ...BARE };

export const KINDS: readonly string[] = Object.keys(MAKERS);
/** Kinds that can be scribbled over, and received into an `out`. */
export const FLAT: readonly string[] = ['bytes', 'ints', 'doubles', 'bigints'];

export const isBare = (kind: string): boolean => kind in BARE;

/** The value of this kind that carries `id`; of about `length` elements, where the kind has a length. */
export function valueFor(kind: string, length: number, id: number): unknown {
  const make = MAKERS[kind];
  if (make === undefined) throw new Error(`no values of kind ${kind}`);
  return make(length, id);
}

/** Overwrites the memory of a value that can be, as programs do once a send has returned. */
export function scribble(value: unknown): void {
  if (value instanceof BigInt64Array) value.fill(-1n);
  else if (ArrayBuffer.isView(value) && !(value instanceof DataView)) (value as Uint8Array).fill(77);
}

/** Whether two values are alike: kind, shape and contents; the strides of an ndarray are its own affair. */
export function alike(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(plain(a), plain(b));
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!isGrid(value)) return value;
  const [rows = 0, columns = 0] = value.shape;
  const rowOf = (i: number) => Array.from({ length: columns }, (_, j) => value.get(i, j));
  return { grid: Array.from({ length: rows }, (_, i) => rowOf(i)), dtype: value.dtype };
}

function isGrid(value: unknown): value is NdArray {
  return typeof value === 'object' && value !== null && 'stride' in value && 'data' in value;
}

/** For reports. */
export function show(value: unknown): string {
  if (value instanceof Error) return String(value);
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} [${String(value).slice(0, 80)}]`;
  const text = JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === 'bigint') return `${part}n`;
    if (part instanceof Map || part instanceof Set) return [...(part as Set<unknown>)];
    return ArrayBuffer.isView(part) ? `${part.constructor.name} [${String(part).slice(0, 80)}]` : part;
  });
  return String(text).slice(0, 300);
}
