import type { CollectiveContext, CollectiveOptions } from '../context.ts';
import { onEveryRank } from '../onEveryRank.ts';
import { type OpLike, SUM } from '../ops.ts';
import type { Plan } from '../plan.ts';
import { COLLECTIVES } from '../registry.ts';
import { allreduceValues } from '../values.ts';

const CODE = COLLECTIVES.allreduce.code;

/**
 * The values of all ranks combined by `op`, on every rank, the same bits on each (MPI 4.1, 6.9.6).
 *
 * @throws MpiError ERR_OP, ERR_TYPE, ERR_COUNT, ERR_BUFFER, ERR_ARG; ERR_TRUNCATE where the result does not fit `out`.
 */
export function allreduce<T>(
  context: CollectiveContext,
  value: T,
  op: OpLike = SUM,
  options: CollectiveOptions = {},
): Plan<T> {
  return context.recent.plan(context, CODE, value, op, options, () =>
    onEveryRank(context, 'allreduce', value, op, options, allreduceValues),
  );
}
