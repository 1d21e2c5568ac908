import type { Packet } from '../wire/packet.ts';
import { checkOut, encode } from '../wire/value.ts';
import type { Channel } from './channel.ts';
import type { CollectiveContext, CollectiveOptions } from './context.ts';
import type { ValueOperand } from './operands/operand.ts';
import { targetOf } from './operands/target.ts';
import type { OpLike } from './ops.ts';
import { never, type Plan } from './plan.ts';
import {
  algorithmFor,
  copyOperand,
  deliver,
  fingerprintFor,
  reductionOf,
  segmentOf,
  whileInPlace,
} from './reduction.ts';
import { ownValue } from './values.ts';

/** Combines what is no array of numbers, value by value. */
type CombineValues = (channel: Channel, operand: ValueOperand, own: Packet) => Promise<unknown>;

/** A reduction that gives every rank a result, as allreduce and scan do. */
export function onEveryRank<T>(
  context: CollectiveContext,
  name: 'allreduce' | 'scan',
  value: T,
  op: OpLike,
  options: CollectiveOptions,
  combineValues: CombineValues,
): Plan<T> {
  const reduction = reductionOf(context, name, value, op, options);
  const { operand } = reduction;
  const { out } = options;
  const { code, run } = algorithmFor(context, name, reduction.op, operand, options.algorithm);
  const fingerprint = fingerprintFor(reduction, code);
  if (operand.as === 'array') {
    const segment = segmentOf(context, operand);
    const fixed = out === undefined ? undefined : targetOf(operand, out, name);
    return {
      lasting: whileInPlace(operand, fixed),
      async start() {
        const target = fixed ?? targetOf(operand, undefined, name);
        const channel = context.open(fingerprint);
        if (context.size === 1) copyOperand(target);
        else await run(channel, target.input, target.work, operand.reducer, segment);
        context.close(channel);
        return target.finish() as T;
      },
    };
  }

  if (out !== undefined) checkOut(out, name);
  const own = encode(operand.value, name);
  return {
    lasting: never,
    async start() {
      const channel = context.open(fingerprint);
      const result = context.size === 1 ? ownValue(own, undefined, name) : await combineValues(channel, operand, own);
      context.close(channel);
      return deliver(result, out, name) as T;
    },
  };
}
