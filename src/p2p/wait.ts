/**
 * Waiting for an operation, or for a whole collective.
 *
 * The error of what has failed is made where it fails, deep in a callback of a socket. It gets its stack here, after the
 * `await`, because here V8 still knows the chain of async functions that wait for us: the stack ends at the user's line.
 * For the same reason what is waited for can be asked at any time where it waits ({@link locate}): that costs nothing until
 * somebody asks.
 */
import { isMpiError, type MpiError } from '../errors.ts';
import { type Locate, type Operation, OpState, type Work } from '../matching/operation.ts';

/** Resolves with the value of what has ended well (done or cancelled), rejects with its error. HOT (bench: latency). */
export async function wait<T = void>(work: Work): Promise<T> {
  while (work.state === OpState.PENDING) {
    const locate = await woken(work);
    if (locate !== undefined) locate(stackHere(wait));
  }
  if (work.state === OpState.FAILED) throw here(work.error);
  return work.value as T;
}

/** An operation that somebody waits for from here on: it may be over at once. HOT (bench: latency). */
export function look(op: Operation): void {
  if (op.state === OpState.PENDING) op.context.engine.liveness.look?.(op);
}

/** Asks for the stack of whoever waits for `work`, if anybody does. */
export function locate(work: Work, tell: Locate): void {
  const { waiter } = work;
  if (waiter === null) return;
  work.waiter = null;
  waiter.woken(tell);
}

/** Of our errors the stack says who waits; what an op of the user's has thrown is left as it is. */
export function here(error: unknown): unknown {
  return isMpiError(error) ? relocated(error) : error;
}

/** The next reason to look at `work` again: its end, or somebody who asks where it is waited for, who gets {@link stackHere}. */
export function woken(work: Work): Promise<Locate | undefined> {
  return new Promise((resolve) => {
    work.waiter = { woken: resolve };
  });
}

/** Where the async function `waiting`, which calls this, is awaited. */
export function stackHere(waiting: (...args: never[]) => unknown): string {
  const place: { stack?: string } = {};
  Error.captureStackTrace(place, waiting);
  return place.stack ?? '';
}

/** The same error with the stack of here and now. */
export function relocated(error: MpiError): MpiError {
  Error.captureStackTrace(error, relocated);
  return error;
}
