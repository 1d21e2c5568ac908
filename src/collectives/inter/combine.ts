/** Reductions within one group, for the other one. */
import type { Packet } from '../../wire/packet.ts';
import { encode } from '../../wire/value.ts';
import type { CallChannel } from '../channel.ts';
import { operandOf } from '../operands/operandOf.ts';
import { targetOf } from '../operands/target.ts';
import { type OpLike, resolveOp } from '../ops.ts';
import { algorithmFor, copyOperand, segmentOf } from '../reduction.ts';
import { ownValue, reduceValues } from '../values.ts';
import type { InterContext } from './context.ts';

/** This rank's part of a reduction, its arguments checked. */
export interface Contribution {
  /** What the ranks must agree on. */
  readonly traits: { readonly op: number; readonly dtype: number; readonly count: number };
  /** Combines the values of our group, in rank order, at its rank 0: the result there, `undefined` elsewhere. */
  combine(local: CallChannel): Promise<Packet | undefined>;
}

export function contributionOf(context: InterContext, value: unknown, op: OpLike, call: string): Contribution {
  const resolved = resolveOp(op, call);
  const operand = operandOf(value, resolved, call);
  if (operand.as === 'value') {
    const own = encode(operand.value, call);
    const combine = async (local: CallChannel) => {
      const alone = local.size === 1;
      const result = alone ? ownValue(own, undefined, call) : await reduceValues(local, operand, own, 0, call);
      return local.rank === 0 ? encode(result, call) : undefined;
    };
    return { traits: { op: resolved.code, dtype: operand.kind, count: operand.count }, combine };
  }

  const { input, reducer } = operand;
  const { run } = algorithmFor(context.local, 'reduce', resolved, operand, undefined);
  const combine = async (local: CallChannel) => {
    const target = local.rank === 0 ? targetOf(operand, undefined, call) : undefined;
    if (local.size > 1) {
      const segment = segmentOf(context.local, operand);
      await run(local, input, target?.work, reducer, 0, resolved.commutative, segment);
    } else if (target !== undefined) copyOperand(target);
    return target && encode(target.finish(), call);
  };
  return { traits: { op: resolved.code, dtype: operand.kind, count: input.length }, combine };
}
