/** What is wrong with the arguments of a collective: all but disagreements is thrown before a byte is sent. */
import { MpiError } from './mpi-error.ts';

/** What a value is, in few words: `a Float64Array of 3`, `'abc'`, `an object of class Map`. */
function inWords(value: unknown): string {
  if (ArrayBuffer.isView(value))
    return `a ${value.constructor.name} of ${(value as Uint8Array).length ?? value.byteLength}`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'string') return value.length > 40 ? `a string of ${value.length}` : `'${value}'`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'symbol') return 'a symbol';
  if (typeof value !== 'object' || value === null) return String(value);
  const name = (value.constructor as { name?: string } | undefined)?.name ?? 'Object';
  return name === 'Object' ? 'an object' : `an object of class ${name}`;
}

export function opInvalid(call: string, op: unknown): MpiError {
  const sentence = `${call}: the op must be SUM, MAX or another of the ops, createOp(…), or a function (a, b) => c, not ${inWords(op)}`;
  return new MpiError('ERR_OP', sentence, { op: call, actual: op });
}

/** An op that can't work on such operands: `BAND takes integers, not Float64Array elements`. */
export function opUnsuited(call: string, op: string, takes: string, operand: unknown): MpiError {
  const what = typeof operand === 'string' ? operand : inWords(operand);
  return new MpiError('ERR_OP', `${call}: ${op} takes ${takes}, not ${what}`, { op: call });
}

/** What a user's elementwise op returned for two numbers is none. */
export function opResultInvalid(op: string, expected: string, result: unknown): MpiError {
  const sentence = `${op}: an elementwise op must return a ${expected} for elements of this kind, not ${inWords(result)}`;
  return new MpiError('ERR_OP', sentence, { op, expected, actual: result });
}

export function opAsync(call: string, op: string): MpiError {
  const sentence = `${call}: ${op} returned a promise; an op must return its result at once, so make the function not async`;
  return new MpiError('ERR_OP', sentence, { op: call });
}

/** A value that no built-in op reduces. `where` says which element of the value, if it is one. */
export function operandInvalid(call: string, op: string, value: unknown, where = ''): MpiError {
  const sentence =
    `${call}: ${op} works on numbers, bigints, booleans, arrays of these, TypedArrays and ndarrays, not on ${inWords(value)}${where}; ` +
    'for anything else pass a function (a, b) => c';
  return new MpiError('ERR_TYPE', sentence, { op: call });
}

/** The ranks' values have different lengths: seen only where elements are combined one by one. */
export function lengthsDiffer(call: string, left: number, right: number): MpiError {
  const sentence = `${call}: all ranks must give the same number of elements, but one has ${left} and another ${right}`;
  return new MpiError('ERR_MISMATCH', sentence, { op: call, expected: left, actual: right });
}

export function rootInvalid(call: string, root: unknown, size: number): MpiError {
  // Its constant stands above this layer.
  const what = root === -3 ? 'ROOT, which is for intercommunicators' : inWords(root);
  const sentence = `${call}: root must be a rank from 0 to ${size - 1}, not ${what}`;
  return new MpiError('ERR_ROOT', sentence, { op: call, actual: root });
}

/** A wrong number of values, counts or elements; `what` was expected to be `expected`. */
export function countInvalid(call: string, what: string, expected: unknown, actual: unknown): MpiError {
  const said = typeof actual === 'string' ? actual : inWords(actual);
  return new MpiError('ERR_COUNT', `${call}: ${what} must be ${String(expected)}, not ${said}`, {
    op: call,
    expected,
    actual,
  });
}

/** An argument of a wrong type; `what` was expected to be `expected`. */
export function typeInvalid(call: string, what: string, expected: string, actual: unknown): MpiError {
  const sentence = `${call}: ${what} must be ${expected}, not ${inWords(actual)}`;
  return new MpiError('ERR_TYPE', sentence, { op: call, expected, actual });
}

/** Elements of another type than fits; both are described in words. */
export function elementsUnlike(call: string, what: string, expected: string, actual: string): MpiError {
  const sentence = `${call}: ${what} must be of ${expected}, not ${actual}`;
  return new MpiError('ERR_TYPE', sentence, { op: call, expected, actual });
}

export function detached(call: string, what: string): MpiError {
  const sentence = `${call}: the memory of ${what} is detached (it was transferred to another thread); pass an array that still owns its memory`;
  return new MpiError('ERR_BUFFER', sentence, { op: call });
}

/** The result is longer than `out`. */
export function outTooShort(call: string, expected: number, actual: number): MpiError {
  const sentence = `${call}: the result has ${expected} elements, but out only ${actual}; out is unchanged`;
  return new MpiError('ERR_TRUNCATE', sentence, { op: call, expected, actual });
}

/** A call that takes `algorithm` by name got one that does not exist. */
export function algorithmUnknown(collective: string, name: unknown, names: readonly string[]): MpiError {
  const choice = names.length > 0 ? `one of ${names.join(', ')}` : 'left out';
  const sentence = `${collective}: the algorithm must be ${choice}, not ${inWords(name)}`;
  return new MpiError('ERR_ARG', sentence, { op: collective, expected: names, actual: name });
}

/** An algorithm that reorders operands was asked for with an op that does not commute. */
export function algorithmReorders(collective: string, name: string, op: string, names: readonly string[]): MpiError {
  const sentence = `${collective}: ${name} reorders the operands, and ${op} does not commute; use one of ${names.join(', ')}`;
  return new MpiError('ERR_ARG', sentence, { op: collective, expected: names, actual: name });
}

/** Calls that were over on both ranks when they met again. */
export function differedBefore(name: string, peer: number, call: string): MpiError {
  const sentence = `rank ${peer} has made other collectives on ${name} than this rank before ${call}; ranks must make the same ones`;
  return new MpiError('ERR_MISMATCH', sentence, { peer });
}

/** Shared memory was asked for where there is none. */
export function nothingShared(collective: string, why: string): MpiError {
  const sentence = `${collective}: the algorithm can't be sharedMemory here: ${why}`;
  return new MpiError('ERR_ARG', sentence, { op: collective, actual: 'sharedMemory' });
}

export function collectiveUnknown(name: string, names: readonly string[]): MpiError {
  const sentence = `algorithms: the collective must be one of ${names.join(', ')}, not '${name}'`;
  return new MpiError('ERR_ARG', sentence, { expected: names, actual: name });
}

/** A rank has sent another number of elements than this rank's counts say. */
export function countsDiffer(call: string, peer: number, expected: number, actual: number, index = peer): MpiError {
  const name = call === 'alltoallv' || call === 'neighborAlltoallv' ? 'recvCounts' : 'counts';
  const sentence = `${call}: rank ${peer} sent ${actual} elements, but ${name}[${index}] is ${expected} here; ranks must agree`;
  return new MpiError('ERR_MISMATCH', sentence, { op: call, peer, expected, actual });
}
