import { checkOut, encode } from '../../wire/value.ts';
import { checkRoot } from '../arguments.ts';
import type { CollectiveContext, CollectiveOptions } from '../context.ts';
import { targetOf } from '../operands/target.ts';
import { type OpLike, SUM } from '../ops.ts';
import { never, type Plan } from '../plan.ts';
import {
  algorithmFor,
  copyOperand,
  deliver,
  fingerprintFor,
  reductionOf,
  segmentOf,
  stillThere,
} from '../reduction.ts';
import { boardOf } from '../selection.ts';
import { ownValue, reduceValues } from '../values.ts';
import { sharedMemory } from './sharedMemory.ts';

/**
 * The values of all ranks combined by `op`, at the root; undefined elsewhere (MPI 4.1, 6.9.1). `out` matters at the root only.
 *
 * @throws MpiError ERR_ROOT, ERR_OP, ERR_TYPE, ERR_COUNT, ERR_BUFFER, ERR_ARG; ERR_TRUNCATE where the result does not fit `out`.
 */
export function reduce<T>(
  context: CollectiveContext,
  value: T,
  op: OpLike = SUM,
  root = 0,
  options: CollectiveOptions = {},
): Plan<T | undefined> {
  const { rank, size } = context;
  checkRoot(root, size, 'reduce');
  const reduction = reductionOf(context, 'reduce', value, op, options);
  const { operand } = reduction;
  const out = rank === root ? options.out : undefined;
  const choice = algorithmFor(context, 'reduce', reduction.op, operand, options.algorithm);
  const fingerprint = fingerprintFor(reduction, choice.code, root);
  if (operand.as === 'array') {
    const { commutative } = reduction.op;
    const { length } = operand.input;
    const segment = segmentOf(context, operand);
    const fixed = out === undefined ? undefined : targetOf(operand, out, 'reduce');
    return {
      lasting: () => stillThere(operand, length, fixed),
      async start() {
        const target = rank === root ? (fixed ?? targetOf(operand, undefined, 'reduce')) : undefined;
        const channel = context.open(fingerprint);
        const input = target?.input ?? operand.input;
        const board = await boardOf(channel, choice);
        if (board !== undefined) await sharedMemory(board, input, target?.work, operand.reducer);
        else if (target !== undefined && size === 1) copyOperand(target);
        else await choice.run(channel, input, target?.work, operand.reducer, root, commutative, segment);
        context.close(channel);
        return target?.finish() as T | undefined;
      },
    };
  }

  if (out !== undefined) checkOut(out, 'reduce');
  const own = encode(operand.value, 'reduce');
  return {
    lasting: never,
    async start() {
      const channel = context.open(fingerprint);
      const result =
        size === 1 ? ownValue(own, undefined, 'reduce') : await reduceValues(channel, operand, own, root, 'reduce');
      context.close(channel);
      return (rank === root ? deliver(result, out, 'reduce') : undefined) as T | undefined;
    },
  };
}
