import type { Packet } from '../wire/packet.ts';
import { checkOut, encode } from '../wire/value.ts';
import type { Channel } from './channel.ts';
import type { CollectiveContext, CollectiveOptions } from './context.ts';
import type { ValueOperand } from './operands/operand.ts';
import type { OpLike } from './ops.ts';
import { algorithmFor, copyOperand, deliver, openReduction, reductionOf, segmentOf, targetFor } from './reduction.ts';
import { ownValue } from './values.ts';

/** Combines what is no array of numbers, value by value. */
type CombineValues = (channel: Channel, operand: ValueOperand, own: Packet) => Promise<unknown>;

/** A reduction that gives every rank a result, as allreduce and scan do. */
export async function onEveryRank<T>(
  context: CollectiveContext,
  name: 'allreduce' | 'scan',
  value: T,
  op: OpLike,
  options: CollectiveOptions,
  combineValues: CombineValues,
): Promise<T> {
  const reduction = reductionOf(context, name, value, op, options);
  const { operand } = reduction;
  const { code, run } = algorithmFor(context, name, reduction.op, operand, options.algorithm);
  if (operand.as === 'array') {
    const target = targetFor(reduction, operand);
    const channel = openReduction(reduction, code);
    if (context.size === 1) copyOperand(target);
    else await run(channel, target.input, target.work, operand.reducer, segmentOf(context, operand));
    context.close(channel);
    return target.finish() as T;
  }

  if (options.out !== undefined) checkOut(options.out, name);
  const own = encode(operand.value, name);
  const channel = openReduction(reduction, code);
  const result = context.size === 1 ? ownValue(own, undefined, name) : await combineValues(channel, operand, own);
  context.close(channel);
  return deliver(result, options.out, name) as T;
}
