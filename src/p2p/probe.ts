/** Looking at messages before they are received, and taking one aside (MPI 4.1, section 3.8). */

import type { MpiError } from '../errors.ts';
import * as errors from '../errors.ts';
import type { Context } from '../matching/context.ts';
import { PROC_NULL } from '../matching/envelope.ts';
import type { Message as Queued } from '../matching/message.ts';
import { OpState, ProbeOperation } from '../matching/operation.ts';
import { elementCount } from '../wire/value.ts';
import { checkSource, checkTag } from './arguments.ts';
import { checkWaiting, guard, isLimited, type WaitOptions } from './guard.ts';
import { failureOf, refused } from './located.ts';
import { rankName, tagName } from './names.ts';
import { checkReceive, type ReceiveOptions, received, receiveInto } from './receive.ts';
import { Status } from './status.ts';
import { relocated, wait } from './wait.ts';

class Probe extends ProbeOperation {
  readonly call: string;
  constructor(context: Context, call: string, source: number, tag: number, matched: boolean) {
    super(context, source, tag, matched);
    this.call = call;
  }

  override found(message: Queued): void {
    this.value = this.matched ? new Message(this.context, message) : statusOf(message);
    this.complete();
  }

  override fail(error: MpiError): void {
    super.fail(failureOf(error, this, this.source, this.tag));
  }

  override describe(): string {
    return described(this.call, this.source, this.tag);
  }
}

function statusOf(message: Queued): Status {
  return new Status().set(message.source, message.tag, message.bytes, elementCount(message));
}

/** A message taken aside by `mprobe` or `improbe`: nobody else can receive it (MPI 4.1, section 3.8.2). */
export class Message {
  readonly status: Status;
  readonly #context: Context;
  /** `null` for the message from PROC_NULL. */
  readonly #queued: Queued | null;
  #taken = false;

  constructor(context: Context, queued: Queued | null) {
    this.#context = context;
    this.#queued = queued;
    this.status = queued === null ? new Status().set(PROC_NULL, -1, 0, 0) : statusOf(queued);
  }

  /** Receives it. Once only: `ERR_ARG` the second time. */
  recv<T = unknown>(options?: ReceiveOptions<T>): Promise<T> {
    const call = 'message.recv';
    try {
      checkReceive(call, options);
      if (this.#taken) throw errors.messageTaken();
      this.#taken = true;
      const { source, tag } = this.status;
      options?.status?.set(source, tag, this.status.bytes, this.status.count);
      if (this.#queued === null) return Promise.resolve(undefined as T);
      const op = receiveInto(this.#context, call, source, tag, options);
      this.#context.engine.receiveMessage(this.#queued, op);
      if (op.pending && isLimited(options)) guard(op, options, () => {});
      return received<T>(op);
    } catch (error) {
      return Promise.reject(refused(error, this.#context, call));
    }
  }
}

/** Waits for a message that fits: its status (`probe`), or the message itself (`mprobe`). */
export function probe<T extends Status | Message>(
  context: Context,
  call: string,
  source: number,
  tag: number,
  matched: boolean,
  options: WaitOptions | undefined,
): Promise<T> {
  try {
    checkSource(call, source, context);
    checkTag(call, tag, true);
    checkWaiting(call, options);
    if (source === PROC_NULL) return Promise.resolve(nobody(context, matched) as T);
    const op = new Probe(context, call, source, tag, matched);
    context.engine.probe(op);
    if (op.pending && isLimited(options)) guard(op, options, () => context.engine.withdraw(op));
    if (op.state === OpState.DONE) return Promise.resolve(op.value as T);
    if (op.state === OpState.FAILED && op.error !== undefined) return Promise.reject(relocated(op.error));
    return wait<T>(op);
  } catch (error) {
    return Promise.reject(refused(error, context, call));
  }
}

function nobody(context: Context, matched: boolean): Status | Message {
  return matched ? new Message(context, null) : new Status().set(PROC_NULL, -1, 0, 0);
}

/** Where nothing can come any more, "nothing yet" would be an answer to wait on for ever. */
function checkLook(context: Context, call: string, source: number, tag: number): void {
  try {
    checkSource(call, source, context);
    checkTag(call, tag, true);
  } catch (error) {
    throw refused(error, context, call);
  }
  if (context.broken === null) return;
  throw failureOf(context.broken, { context, call, describe: () => described(call, source, tag) }, source, tag);
}

function described(call: string, source: number, tag: number): string {
  return `${call}(source ${rankName(source)}, tag ${tagName(tag)})`;
}

/** @throws MpiError ERR_COMM on a communicator that does not work any more, ERR_FINALIZED after the end of the job. */
export function iprobe(context: Context, source: number, tag: number): Status | undefined {
  checkLook(context, 'iprobe', source, tag);
  if (source === PROC_NULL) return nobody(context, false) as Status;
  const message = context.engine.peek(context, source, tag);
  return message === null ? undefined : statusOf(message);
}

export function improbe(context: Context, source: number, tag: number): Message | undefined {
  checkLook(context, 'improbe', source, tag);
  if (source === PROC_NULL) return nobody(context, true) as Message;
  const message = context.engine.extract(context, source, tag);
  return message === null ? undefined : new Message(context, message);
}
