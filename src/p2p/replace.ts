/** What MPI_Sendrecv_replace needs beyond MPI_Sendrecv (MPI 4.1, section 3.10). */
import * as errors from '../errors.ts';
import type { Context } from '../matching/context.ts';
import { isTypedArray } from '../wire/dtype.ts';
import { isNdArray } from '../wire/ndarray.ts';
import { copyOf, decode, encode } from '../wire/value.ts';
import { refused } from './located.ts';
import type { ReceiveOptions } from './receive.ts';

/** A copy of what is to be sent: the message that comes may land in its place before it has left. */
export function contentsOf(context: Context, call: string, array: unknown): unknown {
  try {
    if (!isTypedArray(array) && !isNdArray(array)) {
      throw errors.typeInvalid(call, 'array', 'a TypedArray or an ndarray', array);
    }
    return decode(copyOf(encode(array, call, 'array')), undefined, call);
  } catch (error) {
    throw refused(error, context, call);
  }
}

/** The options of the receive. What is no object at all is refused there. */
export function receivingInto<A, O extends ReceiveOptions>(
  context: Context,
  call: string,
  array: A,
  options: O | undefined,
): O & ReceiveOptions<A> {
  if (options === undefined) return { out: array } as O & ReceiveOptions<A>;
  if (typeof options !== 'object' || options === null) return options;
  if (options.out !== undefined) throw refused(errors.ownOut(call), context, call);
  return { ...options, out: array };
}
