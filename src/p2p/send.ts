/** Sending one value to one rank. */
import type { Context } from '../matching/context.ts';
import { PROC_NULL } from '../matching/envelope.ts';
import { type Caller, OpState, SendOperation } from '../matching/operation.ts';
import { encodeFew } from '../wire/few.ts';
import type { Packet } from '../wire/packet.ts';
import { encode } from '../wire/value.ts';
import { checkDest, checkTag } from './arguments.ts';
import { checkWaiting, guard, isLimited, type WaitOptions } from './guard.ts';
import { failureOf, refused } from './located.ts';
import { rankName, tagName } from './names.ts';
import { look, relocated, wait } from './wait.ts';

/** Options of the sending calls. */
export interface SendOptions extends WaitOptions {}

/** A resolved promise for everything that is done at once. */
export const DONE: Promise<void> = Promise.resolve();

/** The program sends. */
const PROGRAM: Caller<SendOperation> = {
  title: (op) => `${op.call}(dest ${rankName(op.dest)}, tag ${tagName(op.tag)})`,
  work: (op) => op,
  explain: (error, op) => failureOf(error, op, op.dest, op.tag),
};

/**
 * Checks, encodes and starts a send. `null`: there is nobody to send to. Throws what is wrong with the arguments before a byte
 * is sent.
 */
export function startSend(
  context: Context,
  call: string,
  value: unknown,
  dest: number,
  tag: number,
  synchronous: boolean,
  options: SendOptions | undefined,
): SendOperation | null {
  let packet: Packet;
  try {
    checkDest(call, dest, context);
    checkTag(call, tag, false);
    checkWaiting(call, options);
    packet = encodeFew(value) ?? encode(value, call);
  } catch (error) {
    throw refused(error, context, call);
  }
  if (dest === PROC_NULL) return null;
  const op = new SendOperation(context, PROGRAM, call, packet, dest, tag, synchronous, null);
  context.engine.send(op);
  if (op.pending && isLimited(options)) guard(op, options, () => context.engine.requestCancel(op));
  return op;
}

/** HOT (bench: latency, rate). */
export function send(
  context: Context,
  call: string,
  value: unknown,
  dest: number,
  tag: number,
  synchronous: boolean,
  options: SendOptions | undefined,
): Promise<void> {
  try {
    const op = startSend(context, call, value, dest, tag, synchronous, options);
    if (op === null) return DONE;
    look(op);
    if (op.state === OpState.DONE) return DONE;
    if (op.state === OpState.FAILED && op.error !== undefined) return Promise.reject(relocated(op.error));
    return wait(op);
  } catch (error) {
    return Promise.reject(error);
  }
}
