import { countInvalid } from '../../errors.ts';
import { checkCounts } from '../arguments.ts';
import type { CollectiveContext, CollectiveOptions } from '../context.ts';
import { type OpLike, SUM } from '../ops.ts';
import type { Plan } from '../plan.ts';
import { partsOf, reduceParts } from './parts.ts';

/**
 * The arrays of all ranks combined by `op`, of which rank i gets `counts[i]` elements: those behind the parts of the lower ranks
 * (MPI 4.1, 6.10.2). Takes TypedArrays, plain arrays and ndarrays (in C order; the part is a flat TypedArray). A function that
 * takes whole values gets whole parts.
 *
 * @throws MpiError ERR_COUNT unless the counts add up to the length; ERR_OP, ERR_TYPE, ERR_BUFFER, ERR_ARG; ERR_TRUNCATE where the
 *   part does not fit `out`.
 */
export function reduceScatter<A>(
  context: CollectiveContext,
  array: A,
  counts: readonly number[],
  op: OpLike = SUM,
  options: CollectiveOptions = {},
): Plan<A> {
  const parts = partsOf(array, op, 'reduceScatter');
  checkCounts(counts, context.size, 'reduceScatter', 'counts');
  const total = Array.from(counts).reduce((sum, count) => sum + count, 0);
  if (total !== parts.length) {
    throw countInvalid('reduceScatter', 'the sum of counts', `${parts.length}, the length of array`, total);
  }
  return reduceParts(context, 'reduceScatter', parts, Array.from(counts), options) as Plan<A>;
}
