/** Errors on their way: which of their properties travel, and the classes that they come back in. */
import { isNativeError } from 'node:util/types';
import { ERROR_CODES, type ErrorCode, MpiError } from '../../errors.ts';

/** What stands before the properties of every error. */
const HEAD: readonly string[] = ['name', 'message', 'stack'];
/** Properties of errors that are not listed among their keys. */
const HIDDEN: readonly string[] = ['cause', 'errors'];

const CLASSES: ReadonlyMap<unknown, ErrorConstructor> = new Map<string, ErrorConstructor>([
  ['EvalError', EvalError],
  ['RangeError', RangeError],
  ['ReferenceError', ReferenceError],
  ['SyntaxError', SyntaxError],
  ['TypeError', TypeError],
  ['URIError', URIError],
]);

export function isError(object: object): object is Error {
  return isNativeError(object) || object instanceof Error;
}

export function errorKeys(error: Error): readonly string[] {
  const keys = Object.keys(error).filter((key) => !HEAD.includes(key));
  for (const key of HIDDEN) if (Object.hasOwn(error, key) && !keys.includes(key)) keys.push(key);
  return keys;
}

/** An error of the right class with its name, message and stack. `code` is that of an MpiError. */
export function makeError(name: string, message: string, stack: string | undefined, code: unknown): Error {
  const error = errorOf(name, message, code);
  if (error.name !== name) define(error, 'name', name, false);
  if (error.message !== message) define(error, 'message', message, false);
  define(error, 'stack', stack, false);
  return error;
}

function errorOf(name: string, message: string, code: unknown): Error {
  if (name === 'AggregateError') return new AggregateError([], message);
  if (name === 'MpiError' && ERROR_CODES.includes(code as ErrorCode)) return new MpiError(code as ErrorCode, message);
  return new (CLASSES.get(name) ?? Error)(message);
}

export function setErrorProperty(error: Error, key: string, value: unknown): void {
  define(error, key, value, !HIDDEN.includes(key));
}

/** Like an assignment, but also where the name means something to the engine. */
export function define(object: object, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(object, key, { value, enumerable, configurable: true, writable: true });
}
