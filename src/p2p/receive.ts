/** Receiving one value. */

import * as errors from '../errors.ts';
import type { Context } from '../matching/context.ts';
import { PROC_NULL } from '../matching/envelope.ts';
import { OpState, ReceiveOperation, type Receiver } from '../matching/operation.ts';
import { fewInto, fewOf } from '../wire/few.ts';
import { adopt, checkOut, receive } from '../wire/value.ts';
import { checkSource, checkTag } from './arguments.ts';
import { checkWaiting, guard, isLimited, type WaitOptions } from './guard.ts';
import { failureOf, refused } from './located.ts';
import { rankName, tagName } from './names.ts';
import { Status } from './status.ts';
import { look, relocated, wait } from './wait.ts';

/** Options of the receiving calls. */
export interface ReceiveOptions<T = unknown> extends WaitOptions {
  /** A TypedArray or ndarray that is filled in place and returned. */
  out?: T | undefined;
  /** Filled with source, tag and size of the message. */
  status?: Status | undefined;
}

/** The program receives. */
const PROGRAM: Receiver = {
  take(op, head, memory, at) {
    const { into } = op;
    if (into !== undefined && !fewInto(head, memory, at, into)) return false;
    op.value = into ?? fewOf(head, memory, at);
    return op.value !== undefined;
  },
  land: (op, head) => receive(head, op.into, op.call),
  adopt(op, head, payload) {
    op.value = adopt(head, payload, op.into, op.call);
    return op.into !== undefined;
  },
  title: (op) => `${op.call}(source ${rankName(op.source)}, tag ${tagName(op.tag)})`,
  work: (op) => op,
  explain: (error, op) => failureOf(error, op, op.actualSource, op.actualTag),
};

/** A receive of the program's, to be started. */
export function receiveInto(
  context: Context,
  call: string,
  source: number,
  tag: number,
  options: ReceiveOptions | undefined,
): ReceiveOperation {
  return new ReceiveOperation(context, PROGRAM, call, source, tag, options?.out, options?.status ?? null);
}

export function checkReceive(call: string, options: ReceiveOptions | undefined): void {
  checkWaiting(call, options);
  if (options === undefined) return;
  if (options.out !== undefined) checkOut(options.out, call);
  if (options.status !== undefined && !(options.status instanceof Status)) throw errors.badStatus(call, options.status);
}

/** Checks and starts a receive. `null`: there is nobody to receive from. Throws what is wrong with the arguments. */
export function startReceive(
  context: Context,
  call: string,
  source: number,
  tag: number,
  options: ReceiveOptions | undefined,
): ReceiveOperation | null {
  try {
    checkSource(call, source, context);
    checkTag(call, tag, true);
    checkReceive(call, options);
  } catch (error) {
    throw refused(error, context, call);
  }
  if (source === PROC_NULL) {
    options?.status?.set(PROC_NULL, tag, 0, 0);
    return null;
  }
  const op = receiveInto(context, call, source, tag, options);
  context.engine.receive(op);
  if (op.pending && isLimited(options)) guard(op, options, () => context.engine.withdraw(op));
  return op;
}

/** The promise of a receive that was started. */
export function received<T>(op: ReceiveOperation): Promise<T> {
  look(op);
  if (op.state === OpState.DONE) return Promise.resolve(op.value as T);
  if (op.state === OpState.FAILED && op.error !== undefined) return Promise.reject(relocated(op.error));
  return wait<T>(op);
}

/** HOT (bench: latency, rate). */
export function recv<T>(
  context: Context,
  call: string,
  source: number,
  tag: number,
  options: ReceiveOptions | undefined,
): Promise<T> {
  try {
    const op = startReceive(context, call, source, tag, options);
    return op === null ? Promise.resolve(undefined as T) : received<T>(op);
  } catch (error) {
    return Promise.reject(error);
  }
}
