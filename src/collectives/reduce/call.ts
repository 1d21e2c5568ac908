import { checkOut, encode } from '../../wire/value.ts';
import { checkRoot } from '../arguments.ts';
import type { CollectiveContext, CollectiveOptions } from '../context.ts';
import { type OpLike, SUM } from '../ops.ts';
import { algorithmFor, copyOperand, deliver, openReduction, reductionOf, segmentOf, targetFor } from '../reduction.ts';
import { ownValue, reduceValues } from '../values.ts';

/**
 * The values of all ranks combined by `op`, at the root; undefined elsewhere (MPI 4.1, 6.9.1). `out` matters at the root only.
 *
 * @throws MpiError ERR_ROOT, ERR_OP, ERR_TYPE, ERR_COUNT, ERR_BUFFER, ERR_ARG; ERR_TRUNCATE where the result does not fit `out`.
 */
export async function reduce<T>(
  context: CollectiveContext,
  value: T,
  op: OpLike = SUM,
  root = 0,
  options: CollectiveOptions = {},
): Promise<T | undefined> {
  const { rank, size } = context;
  checkRoot(root, size, 'reduce');
  const reduction = reductionOf(context, 'reduce', value, op, options);
  const { operand } = reduction;
  const { code, run } = algorithmFor(context, 'reduce', reduction.op, operand, options.algorithm);
  if (operand.as === 'array') {
    const target = rank === root ? targetFor(reduction, operand) : undefined;
    const channel = openReduction(reduction, code, root);
    if (target !== undefined && size === 1) copyOperand(target);
    else {
      const input = target?.input ?? operand.input;
      const { commutative } = reduction.op;
      const segment = segmentOf(context, operand);
      await run(channel, input, target?.work, operand.reducer, root, commutative, segment);
    }
    context.close(channel);
    return target?.finish() as T | undefined;
  }

  if (rank === root && options.out !== undefined) checkOut(options.out, 'reduce');
  const own = encode(operand.value, 'reduce');
  const channel = openReduction(reduction, code, root);
  const result =
    size === 1 ? ownValue(own, undefined, 'reduce') : await reduceValues(channel, operand, own, root, 'reduce');
  context.close(channel);
  return (rank === root ? deliver(result, options.out, 'reduce') : undefined) as T | undefined;
}
