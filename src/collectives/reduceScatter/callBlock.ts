import { countInvalid } from '../../errors.ts';
import type { CollectiveContext, CollectiveOptions } from '../context.ts';
import { type OpLike, SUM } from '../ops.ts';
import type { Plan } from '../plan.ts';
import { partsOf, reduceParts } from './parts.ts';

/**
 * As `reduceScatter`, with equal parts for all ranks (MPI 4.1, 6.10.1).
 *
 * @throws MpiError ERR_COUNT unless the length is a multiple of the number of ranks; else as `reduceScatter`.
 */
export function reduceScatterBlock<A>(
  context: CollectiveContext,
  array: A,
  op: OpLike = SUM,
  options: CollectiveOptions = {},
): Plan<A> {
  const { size } = context;
  const parts = partsOf(array, op, 'reduceScatterBlock');
  if (parts.length % size !== 0) {
    throw countInvalid(
      'reduceScatterBlock',
      'the length of array',
      `a multiple of ${size}, the number of ranks`,
      parts.length,
    );
  }
  const counts = new Array<number>(size).fill(parts.length / size);
  return reduceParts(context, 'reduceScatterBlock', parts, counts, options) as Plan<A>;
}
