/** Errors of point-to-point calls learn here what they were about: which call, on which rank, with whom. */
import * as errors from '../errors.ts';
import { isMpiError, type MpiError } from '../errors.ts';
import type { Context } from '../matching/context.ts';
import { ANY_TAG } from '../matching/envelope.ts';

/** What a call throws before it has started anything: its arguments were wrong, or its signal had fired. */
export function refused(error: unknown, context: Context, call: string): unknown {
  return isMpiError(error) ? errors.located(error, { rank: context.rank, op: call }) : error;
}

/** What an operation fails with. `peer` and `tag` may be wildcards. */
export function failureOf(
  error: MpiError,
  op: { readonly context: Context; readonly call: string; describe(): string },
  peer: number,
  tag: number,
): MpiError {
  const { context, call } = op;
  // These end all operations of a communicator at once: one error for all of them, or one each that names its call.
  if (error.code === 'ERR_FINALIZED' || error.code === 'ERR_DEADLOCK') return error;
  let own = error;
  if (error.code === 'ERR_COMM' && isMpiError(error.cause)) {
    own = errors.unusable(op.describe(), context.owner.name, error.cause, call);
  } else if (error.code === 'ERR_COMM' && error === context.broken) {
    own = errors.freed(op.describe(), context.owner.name);
  }
  return errors.located(own, {
    rank: context.rank,
    op: call,
    peer: peer < 0 ? undefined : peer,
    tag: tag === ANY_TAG ? undefined : tag,
  });
}
