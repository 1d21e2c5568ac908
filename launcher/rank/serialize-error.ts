/** Whatever was thrown, as data for the launcher's report. */
import { inspect } from 'node:util';
import type { SerializedError } from '../../src/contract/control.ts';

/** Causes of causes: deeper than this nobody reads. */
const DEEPEST = 8;
/** A message of megabytes is somebody's data. */
const LONGEST = 64 * 2 ** 10;

export function serializeError(thrown: unknown, depth = 0): SerializedError {
  if (!(thrown instanceof Error) && !looksLikeError(thrown)) return ofValue(thrown);
  const { code, peer, cause, errors } = thrown as { code?: unknown; peer?: unknown; cause?: unknown; errors?: unknown };
  const deeper = depth < DEEPEST;
  return {
    name: textOf(() => thrown.name) || 'Error',
    message: textOf(() => thrown.message),
    stack: textOf(() => thrown.stack),
    code: typeof code === 'string' ? code : undefined,
    peer: typeof peer === 'number' ? peer : undefined,
    cause: deeper && cause !== undefined ? serializeError(cause, depth + 1) : undefined,
    errors:
      deeper && Array.isArray(errors) ? errors.slice(0, 20).map((each) => serializeError(each, depth + 1)) : undefined,
    thrown: false,
  };
}

/** Errors of another realm (`vm`, jsdom) are no instances of our class. */
function looksLikeError(value: unknown): value is Error {
  return Object.prototype.toString.call(value) === '[object Error]';
}

function ofValue(value: unknown): SerializedError {
  return {
    name: value === null ? 'null' : typeof value,
    message: textOf(() => (typeof value === 'string' ? value : inspect(value, { breakLength: 100 }))),
    stack: '',
    code: undefined,
    peer: undefined,
    cause: undefined,
    errors: undefined,
    thrown: true,
  };
}

/** An error's properties may be getters that throw. */
function textOf(read: () => unknown): string {
  try {
    const value = read();
    return value === undefined ? '' : String(value).slice(0, LONGEST);
  } catch {
    return '';
  }
}
