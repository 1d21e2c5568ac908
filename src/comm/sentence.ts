/** What a REVOKE carries: why a communicator is unusable, for the ranks that did not see it themselves. */
import * as errors from '../errors.ts';
import { isMpiError, MpiError } from '../errors.ts';

/** Longer sentences are cut: a REVOKE is small. In characters. */
const MAX_LENGTH = 2000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

interface Sentence {
  readonly code: string;
  readonly call: string;
  readonly message: string;
  readonly expected?: unknown;
  readonly actual?: unknown;
}

/** @param call - the collective that failed with `cause`. */
export function encodeSentence(call: string, cause: MpiError): Uint8Array {
  const { code, message } = cause;
  const sentence: Sentence = { code, call, message: message.slice(0, MAX_LENGTH) };
  // Both calls, in words.
  const calls = isMpiError(cause, 'ERR_MISMATCH') ? { expected: cause.expected, actual: cause.actual } : {};
  return encoder.encode(JSON.stringify({ ...sentence, ...calls }));
}

/** The error that it means on the rank that hears it from `source`; `of` says of which group that is, where there are two. */
export function decodeSentence(source: number, payload: Uint8Array, of = ''): MpiError {
  const { code, call, message, expected, actual } = parse(payload);
  return code === 'ERR_MISMATCH'
    ? new MpiError('ERR_MISMATCH', message, { peer: source, expected, actual })
    : errors.failedElsewhere(source, of, call, message);
}

function parse(payload: Uint8Array): Sentence {
  try {
    const sentence = JSON.parse(decoder.decode(payload)) as Partial<Sentence>;
    return { ...sentence, code: String(sentence.code), call: String(sentence.call), message: String(sentence.message) };
  } catch {
    throw errors.protocol('a REVOKE that is no sentence');
  }
}
