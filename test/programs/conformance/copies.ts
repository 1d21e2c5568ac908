/**
 * Values of the tests as bytes and back, without the code that is tested: structured cloning, and what that leaves bare (errors with
 * their properties, statuses, ndarrays) by hand. Arrays come back in tight memory of their own.
 */
import { deserialize, serialize } from 'node:v8';
import ndarray from 'ndarray';
import { type ErrorCode, MpiError } from '../../../src/errors.ts';
import { Status } from '../../../src/p2p/status.ts';
import { isNdArray } from '../../../src/wire/ndarray.ts';

export function pack(value: unknown): Uint8Array {
  return serialize(walked(value, bare));
}

export function unpack(bytes: Uint8Array): unknown {
  return walked(deserialize(bytes), dressed);
}

type Walk = (value: unknown) => unknown;
type Convert = (value: object, walk: Walk) => object | undefined;

/** A copy in which `convert` has replaced what it knows; cycles stay cycles. */
function walked(root: unknown, convert: Convert): unknown {
  const copies = new Map<object, object>();
  const kept = <T extends object>(value: object, copy: T): T => {
    copies.set(value, copy);
    return copy;
  };
  const walk: Walk = (value) => {
    if (typeof value !== 'object' || value === null) return value;
    const known = copies.get(value) ?? convert(value, walk);
    if (known !== undefined) return kept(value, known);
    if (Array.isArray(value)) {
      const copy = kept<unknown[]>(value, []);
      for (const element of value) copy.push(walk(element));
      return copy;
    }
    if (value instanceof Map) {
      const copy = kept(value, new Map<unknown, unknown>());
      for (const [key, element] of value) copy.set(walk(key), walk(element));
      return copy;
    }
    if (value instanceof Set) {
      const copy = kept(value, new Set<unknown>());
      for (const element of value) copy.add(walk(element));
      return copy;
    }
    if (Object.getPrototypeOf(value) !== Object.prototype) return value;
    const copy = kept<Record<string, unknown>>(value, {});
    for (const [key, element] of Object.entries(value)) copy[key] = walk(element);
    return copy;
  };
  return walk(root);
}

/** Marks an object that stands for one of a class. */
const CLASS = '\0class';

function bare(value: object, walk: Walk): object | undefined {
  if (value instanceof Error) {
    const fields = Object.fromEntries(Object.getOwnPropertyNames(value).map((key) => [key, value[key as 'message']]));
    return { [CLASS]: value instanceof MpiError ? 'MpiError' : value.name, ...(walk(fields) as object) };
  }
  if (value instanceof Status) return { [CLASS]: 'Status', ...value };
  if (isNdArray(value)) {
    const { data, shape, stride, offset } = value;
    return { [CLASS]: 'ndarray', data, shape, stride, offset };
  }
  return undefined;
}

function dressed(value: object, walk: Walk): object | undefined {
  if (ArrayBuffer.isView(value)) return tight(value);
  if (!(CLASS in value)) return undefined;
  const { [CLASS]: name, ...fields } = value;
  if (name === 'Status') return Object.assign(new Status(), fields);
  if (name === 'ndarray') {
    const { data, shape, stride, offset } = walk(fields) as ReturnType<typeof ndarray>;
    return ndarray(data, shape, stride, offset);
  }
  const native = { Error, RangeError, TypeError, SyntaxError }[name as 'Error'] ?? Error;
  const { message, stack, cause, ...own } = walk(fields) as Error & { code: ErrorCode };
  const error = name === 'MpiError' ? new MpiError(own.code, message) : new native(message);
  Object.assign(error, own).stack = stack ?? '';
  if (cause !== undefined) Object.defineProperty(error, 'cause', { value: cause, configurable: true, writable: true });
  return error;
}

/** Deserialized views look into the message; bytes of a test are its whole memory. */
function tight(view: ArrayBufferView): object {
  const memory = new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice().buffer;
  if (Buffer.isBuffer(view)) return Buffer.from(memory);
  return new (view.constructor as new (memory: ArrayBuffer) => object)(memory);
}
