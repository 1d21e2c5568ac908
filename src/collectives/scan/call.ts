import type { CollectiveContext, CollectiveOptions } from '../context.ts';
import { onEveryRank } from '../onEveryRank.ts';
import { type OpLike, SUM } from '../ops.ts';
import type { Plan } from '../plan.ts';
import { scanValues } from '../values.ts';

/**
 * The values of ranks 0 to this one combined by `op` (MPI 4.1, 6.11.1).
 *
 * @throws MpiError ERR_OP, ERR_TYPE, ERR_COUNT, ERR_BUFFER, ERR_ARG; ERR_TRUNCATE where the result does not fit `out`.
 */
export function scan<T>(
  context: CollectiveContext,
  value: T,
  op: OpLike = SUM,
  options: CollectiveOptions = {},
): Plan<T> {
  return onEveryRank(context, 'scan', value, op, options, scanValues);
}
