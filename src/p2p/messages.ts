/** Messages as an endless loop: `for await (const { value, source, tag } of world.messages())`. */
import * as errors from '../errors.ts';
import { isMpiError } from '../errors.ts';
import type { Context } from '../matching/context.ts';
import { ANY_SOURCE, PROC_NULL } from '../matching/envelope.ts';
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
    checkSource('messages', source, context.size);
    checkTag('messages', tag, true);
    if (source === PROC_NULL) throw errors.badRank('messages', 'source', source, context.size, 'ANY_SOURCE');
    if (!options.signal?.aborted) checkWaiting('messages', options);
  } catch (error) {
    throw refused(error, context, 'messages');
  }
  return loop<T>(context, source ?? ANY_SOURCE, tag, options.signal);
}

async function* loop<T>(
  context: Context,
  source: number,
  tag: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<ReceivedMessage<T>, void, undefined> {
  const status = new Status();
  while (!signal?.aborted) {
    let value: T;
    try {
      value = await recv<T>(context, 'messages', source, tag, { status, signal });
    } catch (error) {
      if (signal?.aborted && isMpiError(error, 'ERR_ABORTED')) return;
      throw error;
    }
    yield { value, source: status.source, tag: status.tag };
  }
}
