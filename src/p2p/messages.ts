/** Messages as an endless loop: `for await (const { value, source, tag } of world.messages())`. */
import * as errors from '../errors.ts';
import { isMpiError } from '../errors.ts';
import type { Context } from '../matching/context.ts';
import { PROC_NULL } from '../matching/envelope.ts';
import { checkSource, checkTag } from './arguments.ts';
import { checkWaiting } from './guard.ts';
import { refused } from './located.ts';
import { recv } from './receive.ts';
import { Status } from './status.ts';

export interface ReceivedMessage<T> {
  value: T;
  source: number;
  tag: number;
}

export interface MessagesOptions {
  /** Ends the loop, without an error. A message that comes later goes to the next receive. */
  signal?: AbortSignal | undefined;
}

/** Receives one message after the other until the signal fires or the loop is left. Wrong arguments throw at once. */
export function messages<T>(
  context: Context,
  source: number,
  tag: number,
  options: MessagesOptions = {},
): AsyncIterableIterator<ReceivedMessage<T>> {
  try {
    checkSource('messages', source, context);
    checkTag('messages', tag, true);
    if (source === PROC_NULL)
      throw errors.badRank('messages', 'source', source, context.size, context.owner.name, 'ANY_SOURCE');
    if (!options.signal?.aborted) checkWaiting('messages', options);
  } catch (error) {
    throw refused(error, context, 'messages');
  }
  return new Messages<T>(context, source, tag, options.signal);
}

/** The loop, as an object: leaving it withdraws the receive that it waits in, so no message is lost with it. */
class Messages<T> implements AsyncIterableIterator<ReceivedMessage<T>> {
  readonly #context: Context;
  readonly #source: number;
  readonly #tag: number;
  readonly #left = new AbortController();
  readonly #signal: AbortSignal;

  constructor(context: Context, source: number, tag: number, signal: AbortSignal | undefined) {
    this.#context = context;
    this.#source = source;
    this.#tag = tag;
    this.#signal = signal === undefined ? this.#left.signal : AbortSignal.any([signal, this.#left.signal]);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<ReceivedMessage<T>, undefined>> {
    if (this.#signal.aborted) return { done: true, value: undefined };
    const status = new Status();
    try {
      const options = { status, signal: this.#signal };
      const value = await recv<T>(this.#context, 'messages', this.#source, this.#tag, options);
      return { done: false, value: { value, source: status.source, tag: status.tag } };
    } catch (error) {
      if (this.#signal.aborted && isMpiError(error, 'ERR_ABORTED')) return { done: true, value: undefined };
      throw error;
    }
  }

  async return(): Promise<IteratorResult<ReceivedMessage<T>, undefined>> {
    this.#left.abort();
    return { done: true, value: undefined };
  }
}
