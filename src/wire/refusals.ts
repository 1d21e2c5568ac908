/** What no message can carry, in words, and where in the user's value it was found. */
import {
  isBoxedPrimitive,
  isGeneratorObject,
  isMap,
  isPromise,
  isRegExp,
  isSet,
  isWeakMap,
  isWeakSet,
} from 'node:util/types';

interface Refusal {
  readonly what: string;
  readonly remedy: string;
}

const DATA_ONLY = 'send data only';

/** Why this value is refused, whatever surrounds it; undefined if it isn't. */
export function refusalOf(value: unknown): Refusal | undefined {
  if (typeof value === 'function') return { what: 'a function', remedy: DATA_ONLY };
  if (typeof value === 'symbol') return { what: 'a symbol', remedy: DATA_ONLY };
  if (typeof value !== 'object' || value === null) return undefined;
  if (isPromise(value)) return { what: 'a promise', remedy: 'await it first' };
  if (isRegExp(value)) return { what: 'a regular expression', remedy: 'send its source and flags' };
  if (isWeakMap(value)) return { what: 'a WeakMap', remedy: DATA_ONLY };
  if (isWeakSet(value)) return { what: 'a WeakSet', remedy: DATA_ONLY };
  if (value instanceof WeakRef) return { what: 'a WeakRef', remedy: 'send what it refers to' };
  if (isBoxedPrimitive(value)) return { what: 'a primitive in an object', remedy: 'send the primitive itself' };
  if (isGeneratorObject(value)) return { what: 'a generator', remedy: 'send an array of its values' };
  return undefined;
}

/** The way from an object to one that it holds: the place among its slots, or the name of a property. */
export type Step = string | number;

/** `.name`, `[3]`, `["a b"]`, `.get("key")`: appended to the name of `parent`. */
export function stepName(parent: unknown, step: Step): string {
  if (typeof step === 'string')
    return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
  if (isSet(parent)) return ` (element ${step})`;
  if (!isMap(parent)) return `[${step}]`;
  const entry = step >> 1;
  if (step % 2 === 0) return ` (key of entry ${entry})`;
  const key: unknown = [...parent.keys()][entry];
  if (typeof key === 'string') return `.get(${JSON.stringify(key)})`;
  return typeof key === 'number' ? `.get(${key})` : ` (value of entry ${entry})`;
}
