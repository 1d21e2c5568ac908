/** Values that no message can carry, and results that do not take a message. */
import { MpiError } from './mpi-error.ts';

/** A value, or a part of one, that no message can carry. `path` names it: `value.rows[2].callback`. */
export function notSendable(call: string, path: string, what: string, remedy: string): MpiError {
  return new MpiError('ERR_TYPE', `${call}: ${path} is ${what}, which can't be sent; ${remedy}`, { op: call });
}

/** A value that is more than the format of messages can hold. */
export function notEncodable(call: string, cause: unknown): MpiError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const sentence = `${call}: the value can't be encoded (${why}); send large data as TypedArrays, or in parts`;
  return new MpiError('ERR_BUFFER', sentence, { op: call, cause });
}

/** An ndarray whose shape and strides lead out of its data. */
export function beyondData(call: string, what: string, expected: number, actual: number): MpiError {
  const sentence = `${call}: ${what} reaches to element ${actual} of its data, which has only ${expected}; mend its shape, stride or offset`;
  return new MpiError('ERR_BUFFER', sentence, { op: call, expected, actual });
}

/** The message is of another type than `out`. */
export function outUnlike(call: string, message: string, out: string): MpiError {
  const sentence = `${call}: the message is ${message}, but out is ${out}; pass an out of the message's type, or none`;
  return new MpiError('ERR_TYPE', sentence, { op: call, expected: out, actual: message });
}

/** The message's elements are of a type that this version of Node.js doesn't have. */
export function dtypeUnknown(call: string, name: string): MpiError {
  const sentence = `${call}: the message is a ${name}, which Node.js ${process.versions.node} doesn't have; send it as another type`;
  return new MpiError('ERR_TYPE', sentence, { op: call, actual: name });
}

export function noMemory(call: string, bytes: number, cause: unknown): MpiError {
  return new MpiError('ERR_BUFFER', `${call}: there is no memory for a message of ${bytes} bytes`, {
    op: call,
    actual: bytes,
    cause,
  });
}
