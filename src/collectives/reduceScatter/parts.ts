/** What `reduceScatter` and `reduceScatterBlock` share once the counts are known. */
import { countInvalid, typeInvalid } from '../../errors.ts';
import { isTypedArray, type TypedArray } from '../../wire/dtype.ts';
import { isNdArray } from '../../wire/ndarray.ts';
import { checkOut, copyOf, encode } from '../../wire/value.ts';
import { pairwise } from '../alltoall/pairwise.ts';
import type { CollectiveContext, CollectiveOptions } from '../context.ts';
import { fingerprintOf } from '../fingerprint.ts';
import type { ArrayOperand, Operand, ValueOperand } from '../operands/operand.ts';
import { operandOf } from '../operands/operandOf.ts';
import { targetOf } from '../operands/target.ts';
import { type Op, type OpLike, resolveOp } from '../ops.ts';
import { never, type Plan } from '../plan.ts';
import { algorithmFor, deliver, stillThere } from '../reduction.ts';
import { copyInto } from '../scratch.ts';
import { offsetsOf } from '../shapes/blocks.ts';
import { foldValues } from '../values.ts';

type Call = 'reduceScatter' | 'reduceScatterBlock';

export interface Parts {
  readonly op: Op;
  readonly operand: Operand;
  /** The user's elements, as `counts` counts them. */
  readonly length: number;
}

export function partsOf(array: unknown, op: OpLike, call: Call): Parts {
  const resolved = resolveOp(op, call);
  const divisible = isTypedArray(array) || Array.isArray(array) || (resolved.elementwise && isNdArray(array));
  if (!divisible) throw typeInvalid(call, 'array', 'a TypedArray, an array or (for elementwise ops) an ndarray', array);
  const operand = operandOf(array, resolved, call);
  const length =
    operand.as === 'array' ? operand.input.length / operand.width : (array as TypedArray | unknown[]).length;
  return { op: resolved, operand, length };
}

export function reduceParts(
  context: CollectiveContext,
  call: Call,
  { op, operand }: Parts,
  counts: readonly number[],
  options: CollectiveOptions,
): Plan<unknown> {
  return operand.as === 'array'
    ? reduceArray(context, call, op, operand, counts, options)
    : reduceValues(context, call, op, operand, counts, options);
}

function reduceArray(
  context: CollectiveContext,
  call: Call,
  op: Op,
  operand: ArrayOperand,
  counts: readonly number[],
  options: CollectiveOptions,
): Plan<unknown> {
  const { rank, size } = context;
  const { grain } = operand.reducer;
  const lengths = counts.map((count) => count * operand.width);
  const odd = lengths.findIndex((length) => length % grain !== 0);
  if (odd >= 0) {
    throw countInvalid(
      call,
      `the elements for rank ${odd}, [value, location] pairs for ${op.name},`,
      'even',
      counts[odd],
    );
  }
  const offsets = offsetsOf(lengths);
  const own = lengths[rank] ?? 0;
  const { out } = options;
  const fixed = out === undefined ? undefined : targetOf(operand, out, call, own);
  const { code, run } = algorithmFor(context, call, op, operand, options.algorithm);
  const count = operand.input.length;
  const fingerprint = fingerprintOf(call, { op: op.code, algorithm: code, dtype: operand.kind, count });
  return {
    lasting: () => stillThere(operand, count, fixed, own),
    async start() {
      const target = fixed ?? targetOf(operand, undefined, call, own);
      const channel = context.open(fingerprint);
      if (size === 1) copyInto(target.work, target.input);
      else await run(channel, target.input, target.work, operand.reducer, offsets);
      context.close(channel);
      return target.finish();
    },
  };
}

/** Parts travel to their ranks as values, where they are combined in rank order. */
function reduceValues(
  context: CollectiveContext,
  call: Call,
  op: Op,
  operand: ValueOperand,
  counts: readonly number[],
  { out, algorithm }: CollectiveOptions,
): Plan<unknown> {
  if (out !== undefined) checkOut(out, call);
  const offsets = offsetsOf(counts);
  const packets = counts.map((_, dest) =>
    encode(sliceOf(operand.value, offsets[dest] ?? 0, offsets[dest + 1] ?? 0), call),
  );
  algorithmFor(context, call, op, operand, algorithm);
  const fingerprint = fingerprintOf(call, { op: op.code, dtype: operand.kind, count: operand.count });
  return {
    lasting: never,
    async start() {
      const { rank } = context;
      const channel = context.open(fingerprint);
      const arrived = await pairwise(channel, packets);
      const own = packets[rank];
      if (own !== undefined) arrived[rank] = copyOf(own);
      const result = foldValues(operand, arrived, call);
      context.close(channel);
      return deliver(result, out, call);
    },
  };
}

/** Elements [from, to) of a list. */
export function sliceOf(value: unknown, from: number, to: number): unknown {
  if (isTypedArray(value)) return value.subarray(from, to);
  return (value as readonly unknown[]).slice(from, to);
}
