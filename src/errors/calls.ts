/** What goes wrong with a point-to-point call: its arguments, its time, its peer. */
import { MpiError } from './mpi-error.ts';
import { shown } from './shown.ts';

/** For what is thrown where only typed errors may pass. */
export function asMpiError(error: unknown): MpiError {
  if (error instanceof MpiError) return error;
  const what = error instanceof Error ? error.message : String(error);
  return new MpiError('ERR_PROTOCOL', `the message can't be decoded: ${what}`, { cause: error });
}

export function withdrawnBySender(call: string, peer: number): MpiError {
  return new MpiError('ERR_ABORTED', `${call}: the sender gave the message up while it was being received`, { peer });
}

/** The other rank's script has ended, orderly, and this operation still needs it. */
export function peerLeft(call: string, peer: number, rank: number): MpiError {
  const sentence = `${call} can't complete: rank ${peer} has ended its script without the matching call`;
  return new MpiError('ERR_PROC_FAILED', sentence, { rank, peer });
}

/** The other rank's process is gone. */
export function peerFailed(call: string, peer: number, rank: number, cause: MpiError | null): MpiError {
  const why = cause === null ? '' : ` (${cause.message})`;
  return new MpiError('ERR_PROC_FAILED', `${call} can't complete: rank ${peer} is lost${why}`, {
    rank,
    peer,
    cause: cause ?? undefined,
  });
}

export function badRank(
  call: string,
  name: string,
  actual: unknown,
  size: number,
  communicator: string,
  also: string,
): MpiError {
  const range = size === 1 ? '0' : `0 to ${size - 1}`;
  const where = communicator === 'world' ? '' : ` of ${communicator}`;
  const sentence = `${call}: ${name} is ${shown(actual)}, but must be a rank${where} from ${range}, or ${also}`;
  return new MpiError('ERR_RANK', sentence, { op: call, actual, expected: range });
}

export function badTag(call: string, actual: unknown, wildcard: boolean): MpiError {
  const sentence = `${call}: tag is ${shown(actual)}, but must be an integer from 0 to 2147483647${wildcard ? ', or ANY_TAG' : ''}`;
  return new MpiError('ERR_TAG', sentence, { op: call, actual });
}

export function badOptions(call: string, actual: unknown): MpiError {
  const sentence = `${call}: the options are ${shown(actual)}, but must be an object such as { timeout: 1000 }`;
  return new MpiError('ERR_ARG', sentence, { op: call, actual });
}

export function badTimeout(call: string, actual: unknown): MpiError {
  const sentence = `${call}: timeout is ${shown(actual)}, but must be a number of milliseconds, 0 or more`;
  return new MpiError('ERR_ARG', sentence, { op: call, actual });
}

export function badSignal(call: string, actual: unknown): MpiError {
  return new MpiError('ERR_ARG', `${call}: signal is ${shown(actual)}, but must be an AbortSignal`, {
    op: call,
    actual,
  });
}

export function badStatus(call: string, actual: unknown): MpiError {
  return new MpiError('ERR_ARG', `${call}: status is ${shown(actual)}, but must be made with new Status()`, {
    op: call,
    actual,
  });
}

export function ownOut(call: string): MpiError {
  const sentence = `${call}: out can't be given, as the message replaces the contents of array; use sendrecv to receive elsewhere`;
  return new MpiError('ERR_ARG', sentence, { op: call });
}

export function timedOut(call: string, milliseconds: number): MpiError {
  return new MpiError('ERR_TIMEOUT', `${call} did not complete within ${milliseconds} ms`, { expected: milliseconds });
}

export function aborted(call: string, reason: unknown): MpiError {
  const why = reason instanceof Error && reason.name !== 'AbortError' ? `: ${reason.message}` : '';
  return new MpiError('ERR_ABORTED', `${call} was aborted by its signal${why}`, { cause: reason });
}

export function messageTaken(): MpiError {
  return new MpiError(
    'ERR_ARG',
    'message.recv: the message was received already; a matched message can be received once',
  );
}

export function badPersistent(actual: unknown): MpiError {
  const sentence = `startAll: expected an array of persistent requests (of sendInit, recvInit, allreduceInit, …), but got ${shown(actual)}`;
  return new MpiError('ERR_ARG', sentence, { op: 'startAll', actual });
}

export function badRequests(call: string, actual: unknown): MpiError {
  return new MpiError('ERR_ARG', `${call}: expected an array of requests, but got ${shown(actual)}`, {
    op: call,
    actual,
  });
}

export function alreadyStarted(): MpiError {
  const sentence =
    'start: this persistent request is still running; await the request of the last start before starting it again';
  return new MpiError('ERR_ARG', sentence, { op: 'start' });
}
