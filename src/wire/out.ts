/** `out`: memory of the user's that a numeric message fills, as in NumPy. */
import { detached, outTooShort, outUnlike, typeInvalid } from '../errors.ts';
import { bytesIn, dtypeName, dtypeOf, isTypedArray, type TypedArray } from './dtype.ts';
import { Format } from './format.ts';
import { segmentsOf } from './memory.ts';
import { elementsOf, isContiguous, isNdArray, type NumericNdArray, numericNdArray, scatter } from './ndarray.ts';
import type { PacketHead, Reception } from './packet.ts';
import { article, describe, type Plan } from './plan.ts';
import { emptyArray, isDetached, isRaw } from './raw.ts';

/**
 * Throws ERR_TYPE if `out` is no TypedArray and no ndarray over one, ERR_BUFFER if its memory is detached or its shape leads
 * out of it. What message fits is seen when one arrives.
 */
export function checkOut(out: unknown, op: string): void {
  if (isTypedArray(out)) {
    if (isDetached(out)) throw detached(op, 'out');
  } else if (isNdArray(out)) {
    if (!isTypedArray(out.data)) throw typeInvalid(op, 'out', 'a TypedArray or an ndarray over one', out.data);
    if (isDetached(out.data)) throw detached(op, 'out');
    numericNdArray(out, op, () => 'out');
  } else {
    throw typeInvalid(op, 'out', 'a TypedArray or an ndarray', out);
  }
}

/** The most common case at once: an array into one of the same kind and length. All that a plan checks holds then. HOT (bench: latency). */
export function intoSame({ format, dtype, meta, bytes }: PacketHead, out: unknown): Reception | undefined {
  if (format !== Format.TYPED_ARRAY || bytes === 0 || meta.length > 0 || !isTypedArray(out)) return undefined;
  return bytesIn(out) === bytes && dtypeOf(out) === dtype ? new OutReception(out, segmentsOf(out, bytes)) : undefined;
}

/** How the message of a plan fills `out`. Throws ERR_TYPE and ERR_TRUNCATE before anything is touched. HOT (bench: latency). */
export function intoOut(plan: Plan, out: unknown, op: string): Reception {
  checkOut(out, op);
  const view = isTypedArray(out)
    ? undefined
    : numericNdArray(out as Parameters<typeof numericNdArray>[0], op, () => 'out');
  const array = view === undefined ? (out as TypedArray) : view.data;
  const dtype = dtypeOf(array);
  if (!(isRaw(plan.format) || plan.format === Format.NUMBER) || plan.dtype !== dtype) {
    throw outUnlike(op, describe(plan), `${view === undefined ? '' : 'an ndarray over '}${article(dtypeName(dtype))}`);
  }
  const itemsize = array.BYTES_PER_ELEMENT;
  const count = plan.bytes / itemsize;
  const room = view === undefined ? array.length : elementsOf(view.shape);
  if (count > room) throw outTooShort(op, count, room);
  if (view !== undefined && !isContiguous(view)) return new StridedReception(out, view, dtype, count);
  const start = array.byteOffset + (view === undefined ? 0 : view.offset * itemsize);
  const target =
    plan.bytes === array.byteLength && view === undefined
      ? array
      : windowOf(array.buffer, count === 0 ? 0 : start, plan.bytes);
  return new OutReception(out, segmentsOf(target));
}

function windowOf(buffer: ArrayBufferLike, start: number, bytes: number): DataView {
  return new DataView(buffer, start, bytes);
}

/** Bytes land where they belong. */
class OutReception implements Reception {
  readonly segments: readonly Uint8Array[];
  readonly #out: unknown;

  constructor(out: unknown, segments: readonly Uint8Array[]) {
    this.#out = out;
    this.segments = segments;
  }

  value(): unknown {
    return this.#out;
  }
}

/** Elements land packed, and go to their places when all are there. */
class StridedReception implements Reception {
  readonly segments: readonly Uint8Array[];
  readonly #out: unknown;
  readonly #view: NumericNdArray;
  readonly #packed: TypedArray;

  constructor(out: unknown, view: NumericNdArray, dtype: number, count: number) {
    this.#out = out;
    this.#view = view;
    this.#packed = emptyArray(dtype, count);
    this.segments = segmentsOf(this.#packed);
  }

  value(): unknown {
    scatter(this.#packed, this.#view, this.#packed.length);
    return this.#out;
  }
}
