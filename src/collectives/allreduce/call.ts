import { checkOut, encode } from '../../wire/value.ts';
import type { CollectiveContext, CollectiveOptions } from '../context.ts';
import { type OpLike, SUM } from '../ops.ts';
import { algorithmFor, copyOperand, deliver, openReduction, reductionOf, segmentOf, targetFor } from '../reduction.ts';
import { allreduceValues, ownValue } from '../values.ts';

/**
 * The values of all ranks combined by `op`, on every rank, the same bits on each (MPI 4.1, 6.9.6).
 *
 * @throws MpiError ERR_OP, ERR_TYPE, ERR_COUNT, ERR_BUFFER, ERR_ARG; ERR_TRUNCATE where the result does not fit `out`.
 */
export async function allreduce<T>(
  context: CollectiveContext,
  value: T,
  op: OpLike = SUM,
  options: CollectiveOptions = {},
): Promise<T> {
  const reduction = reductionOf(context, 'allreduce', value, op, options);
  const { operand } = reduction;
  const { code, run } = algorithmFor(context, 'allreduce', reduction.op, operand, options.algorithm);
  if (operand.as === 'array') {
    const target = targetFor(reduction, operand);
    const channel = openReduction(reduction, code);
    if (context.size === 1) copyOperand(target);
    else await run(channel, target.input, target.work, operand.reducer, segmentOf(context, operand));
    context.close(channel);
    return target.finish() as T;
  }

  if (options.out !== undefined) checkOut(options.out, 'allreduce');
  const own = encode(operand.value, 'allreduce');
  const channel = openReduction(reduction, code);
  const result =
    context.size === 1
      ? ownValue(own, undefined, 'allreduce')
      : await allreduceValues(channel, operand, own, 'allreduce');
  context.close(channel);
  return deliver(result, options.out, 'allreduce') as T;
}
