/** Receiving one value. */

import type { MpiError } from '../errors.ts';
import * as errors from '../errors.ts';
import type { Context } from '../matching/context.ts';
import { PROC_NULL } from '../matching/envelope.ts';
import { OpState, ReceiveOperation } from '../matching/operation.ts';
import type { PacketHead, Reception } from '../wire/packet.ts';
import { adopt, checkOut, elementCount, receive } from '../wire/value.ts';
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

export class Receive extends ReceiveOperation {
  readonly call: string;
  readonly out: unknown;
  #status: Status | undefined;
  /** Of the message once it is matched; what was asked for before. */
  #from: number;
  #fromTag: number;
  /** Of the message: 0 before. */
  #format = 0;
  #dtype = 0;
  #bytes = 0;

  constructor(context: Context, call: string, source: number, tag: number, out: unknown, status: Status | undefined) {
    super(context, source, tag);
    this.call = call;
    this.out = out;
    this.#status = status;
    this.#from = source;
    this.#fromTag = tag;
  }

  override land(head: PacketHead, source: number, tag: number): Reception {
    this.#match(head, source, tag);
    return receive(head, this.out, this.call);
  }

  override adopt(head: PacketHead, source: number, tag: number, payload: Uint8Array): boolean {
    this.#match(head, source, tag);
    this.value = adopt(head, payload, this.out, this.call);
    return this.out !== undefined;
  }

  override landed(reception: Reception): void {
    this.value = reception.value();
  }

  /** Fills `status` with what is known of the message: now, or once there is one. */
  tell(status: Status): void {
    this.#status = status;
    if (this.#format === 0) return;
    const head = { format: this.#format, dtype: this.#dtype, bytes: this.#bytes };
    status.set(this.#from, this.#fromTag, this.#bytes, elementCount(head));
  }

  #match(head: PacketHead, source: number, tag: number): void {
    this.#from = source;
    this.#fromTag = tag;
    this.#format = head.format;
    this.#dtype = head.dtype;
    this.#bytes = head.bytes;
    if (this.#status !== undefined) this.tell(this.#status);
  }

  override fail(error: MpiError): void {
    super.fail(failureOf(error, this, this.#from, this.#fromTag));
  }

  override describe(): string {
    return `${this.call}(source ${rankName(this.source)}, tag ${tagName(this.tag)})`;
  }
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
): Receive | null {
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
  const op = new Receive(context, call, source, tag, options?.out, options?.status);
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
