/**
 * Waiting for an operation.
 *
 * The error of a failed operation is made where it fails, deep in a callback of a socket. It gets its stack here, after the
 * `await`, because here V8 still knows the chain of async functions that wait for us: the stack ends at the user's line.
 * For the same reason a waiting operation can be asked at any time where it waits ({@link locate}): that costs nothing until
 * somebody asks.
 */
import type { MpiError } from '../errors.ts';
import { type Locate, type Operation, OpState } from '../matching/operation.ts';

/** Resolves with `op.value` when it has ended well (done or cancelled), rejects with its error. HOT (bench: latency). */
export async function wait<T = void>(op: Operation): Promise<T> {
  while (op.state === OpState.PENDING) {
    const locate = await new Promise<Locate | undefined>((resolve) => {
      op.wake = resolve;
    });
    if (locate !== undefined) locate(stackHere());
  }
  if (op.state === OpState.FAILED) throw relocated(op.error as MpiError);
  return op.value as T;
}

/** Asks for the stack of whoever waits for `op`. False: nobody does, the operation is only under way. */
export function locate(op: Operation, tell: Locate): boolean {
  const { wake } = op;
  if (wake === null) return false;
  op.wake = null;
  wake(tell);
  return true;
}

function stackHere(): string {
  const place: { stack?: string } = {};
  Error.captureStackTrace(place, wait);
  return place.stack ?? '';
}

/** The same error with the stack of here and now. */
export function relocated(error: MpiError): MpiError {
  Error.captureStackTrace(error, relocated);
  return error;
}
