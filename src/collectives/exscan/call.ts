import { checkOut, encode } from '../../wire/value.ts';
import type { CollectiveContext, CollectiveOptions } from '../context.ts';
import { targetOf } from '../operands/target.ts';
import { type OpLike, SUM } from '../ops.ts';
import { never, type Plan } from '../plan.ts';
import { algorithmFor, deliver, fingerprintFor, reductionOf, segmentOf, stillThere } from '../reduction.ts';
import { scanValues } from '../values.ts';

/**
 * The values of the ranks below this one combined by `op`; undefined on rank 0, where `out` stays as it is (MPI 4.1, 6.11.2).
 *
 * @throws MpiError ERR_OP, ERR_TYPE, ERR_COUNT, ERR_BUFFER, ERR_ARG; ERR_TRUNCATE where the result does not fit `out`.
 */
export function exscan<T>(
  context: CollectiveContext,
  value: T,
  op: OpLike = SUM,
  options: CollectiveOptions = {},
): Plan<T | undefined> {
  const { rank, size } = context;
  const reduction = reductionOf(context, 'exscan', value, op, options);
  const { operand } = reduction;
  const out = rank === 0 ? undefined : options.out;
  const { code, run } = algorithmFor(context, 'exscan', reduction.op, operand, options.algorithm);
  const fingerprint = fingerprintFor(reduction, code);
  if (operand.as === 'array') {
    const { length } = operand.input;
    const segment = segmentOf(context, operand);
    const fixed = out === undefined ? undefined : targetOf(operand, out, 'exscan');
    return {
      lasting: () => stillThere(operand, length, fixed),
      async start() {
        const target = fixed ?? targetOf(operand, undefined, 'exscan');
        const channel = context.open(fingerprint);
        if (size > 1) await run(channel, target.input, target.work, operand.reducer, segment);
        context.close(channel);
        return (rank === 0 ? undefined : target.finish()) as T | undefined;
      },
    };
  }

  if (out !== undefined) checkOut(out, 'exscan');
  const own = encode(operand.value, 'exscan');
  return {
    lasting: never,
    async start() {
      const channel = context.open(fingerprint);
      const result = size > 1 ? await scanValues(channel, operand, own, 'exscan', true) : undefined;
      context.close(channel);
      return (rank === 0 ? undefined : deliver(result, out, 'exscan')) as T | undefined;
    },
  };
}
