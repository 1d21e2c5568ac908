import { checkOut, encode } from '../../wire/value.ts';
import type { CollectiveContext, CollectiveOptions } from '../context.ts';
import { type OpLike, SUM } from '../ops.ts';
import { algorithmFor, deliver, openReduction, reductionOf, segmentOf, targetFor } from '../reduction.ts';
import { scanValues } from '../values.ts';

/**
 * The values of the ranks below this one combined by `op`; undefined on rank 0, where `out` stays as it is (MPI 4.1, 6.11.2).
 *
 * @throws MpiError ERR_OP, ERR_TYPE, ERR_COUNT, ERR_BUFFER, ERR_ARG; ERR_TRUNCATE where the result does not fit `out`.
 */
export async function exscan<T>(
  context: CollectiveContext,
  value: T,
  op: OpLike = SUM,
  options: CollectiveOptions = {},
): Promise<T | undefined> {
  const { rank, size } = context;
  const reduction = reductionOf(context, 'exscan', value, op, options);
  const { operand } = reduction;
  const out = rank === 0 ? undefined : options.out;
  const { code, run } = algorithmFor(context, 'exscan', reduction.op, operand, options.algorithm);
  if (operand.as === 'array') {
    const target = targetFor({ ...reduction, options: { out } }, operand);
    const channel = openReduction(reduction, code);
    if (size > 1) await run(channel, target.input, target.work, operand.reducer, segmentOf(context, operand));
    context.close(channel);
    return (rank === 0 ? undefined : target.finish()) as T | undefined;
  }

  if (out !== undefined) checkOut(out, 'exscan');
  const own = encode(operand.value, 'exscan');
  const channel = openReduction(reduction, code);
  const result = size > 1 ? await scanValues(channel, operand, own, true, 'exscan') : undefined;
  context.close(channel);
  return (rank === 0 ? undefined : deliver(result, out, 'exscan')) as T | undefined;
}
