/** Time limits and abort signals: what ends a wait when nothing else does. */

import { type Clock, MAX_DELAY } from '../base/clock.ts';
import type { MpiError } from '../errors.ts';
import * as errors from '../errors.ts';
import type { Operation } from '../matching/operation.ts';

/** Options of every call that waits. */
export interface WaitOptions {
  /** Gives up when it fires: `ERR_ABORTED`, with the signal's reason as cause. */
  signal?: AbortSignal | undefined;
  /** Gives up after so many milliseconds: `ERR_TIMEOUT`. `Infinity`, the default, never does. */
  timeout?: number | undefined;
}

/** Throws for options of the wrong kind, and at once for a signal that has fired already. */
export function checkWaiting(call: string, options: WaitOptions | undefined): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null) throw errors.badOptions(call, options);
  const { timeout, signal } = options;
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout >= 0)) throw errors.badTimeout(call, timeout);
  if (signal === undefined) return;
  if (!(signal instanceof AbortSignal)) throw errors.badSignal(call, signal);
  if (signal.aborted) throw errors.aborted(call, signal.reason);
}

/** The same without the signal's state: where that it has fired is to be found out later. */
export function checkLimits(call: string, options: WaitOptions | undefined): void {
  try {
    checkWaiting(call, options);
  } catch (error) {
    if (!errors.isMpiError(error, 'ERR_ABORTED')) throw error;
  }
}

/** Whether anything but its own end can end the wait. HOT (bench: latency). */
export function isLimited(options: WaitOptions | undefined): options is WaitOptions {
  return options !== undefined && (options.signal !== undefined || isDeadline(options.timeout));
}

function isDeadline(timeout: number | undefined): timeout is number {
  return timeout !== undefined && timeout <= MAX_DELAY;
}

/** Calls `expire` once, when the time is over or the signal fires; `release()` ends the watch. */
export function watch(
  clock: Clock,
  { signal, timeout }: WaitOptions,
  call: () => string,
  expire: (error: MpiError) => void,
): { release(): void } {
  const onAbort = () => expire(errors.aborted(call(), signal?.reason));
  const timer = isDeadline(timeout) ? clock.after(timeout, () => expire(errors.timedOut(call(), timeout))) : undefined;
  signal?.addEventListener('abort', onAbort, { once: true });
  return {
    release() {
      timer?.cancel();
      signal?.removeEventListener('abort', onAbort);
    },
  };
}

/** Fails `op` when its options say so; `withdraw` takes it back from wherever it is queued. */
export function guard(op: Operation, options: WaitOptions, withdraw: () => void): void {
  op.guard = watch(
    op.context.engine.clock,
    options,
    () => op.describe(),
    (error) => {
      withdraw();
      op.fail(error);
    },
  );
}
