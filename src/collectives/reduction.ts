/** What the calls that reduce have in common. */
import { decode, encode } from '../wire/value.ts';
import type { CollectiveContext, CollectiveOptions, Fingerprint } from './context.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { ArrayOperand, Operand } from './operands/operand.ts';
import { operandOf } from './operands/operandOf.ts';
import type { Target } from './operands/target.ts';
import { type Op, type OpLike, resolveOp } from './ops.ts';
import { hasLength } from './plan.ts';
import type { RunOf, SelectableName } from './registry.ts';
import { coincide, copyInto } from './scratch.ts';
import { type Choice, choose } from './selection.ts';

/** One call of a reduction, its arguments checked. */
export interface Reduction {
  readonly context: CollectiveContext;
  readonly call: 'reduce' | 'allreduce' | 'scan' | 'exscan';
  readonly op: Op;
  readonly operand: Operand;
  readonly options: CollectiveOptions;
}

export function reductionOf(
  context: CollectiveContext,
  call: Reduction['call'],
  value: unknown,
  op: OpLike,
  options: CollectiveOptions,
): Reduction {
  const resolved = resolveOp(op, call);
  return { context, call, op: resolved, operand: operandOf(value, resolved, call), options };
}

/** The algorithm for arrays: chosen by what all ranks know alike. */
export function algorithmFor<Name extends SelectableName>(
  context: CollectiveContext,
  name: Name,
  op: Op,
  operand: Operand,
  asked: unknown,
): Choice<RunOf<Name>> {
  const bytes = operand.as === 'array' ? operand.input.byteLength : 0;
  return choose(context, name, asked, { bytes, commutative: op.commutative, op: op.name });
}

/** What all ranks must agree on. Values have one algorithm only, code 0. */
export function fingerprintFor({ call, op, operand }: Reduction, algorithm: number, root?: number): Fingerprint {
  const array = operand.as === 'array';
  return fingerprintOf(call, {
    op: op.code,
    algorithm: array ? algorithm : 0,
    dtype: operand.kind,
    count: array ? operand.input.length : operand.count,
    ...(root === undefined ? undefined : { root }),
  });
}

/** Where there is one rank, its operand is the result. */
export function copyOperand({ input, work }: Target): void {
  if (!coincide(input, work)) copyInto(work, input);
}

/** Elements of one pipelined piece: whole grains, at least one. */
export function segmentOf(context: CollectiveContext, { input, reducer }: ArrayOperand): number {
  const grains = Math.floor(context.segmentBytes / (input.BYTES_PER_ELEMENT * reducer.grain));
  return Math.max(1, grains) * reducer.grain;
}

/**
 * Whether an array reduction can be started again as it is: its operand had `length` elements, and its target in `out`, where there is
 * one, has room for `room`.
 */
export function stillThere(operand: ArrayOperand, length: number, fixed: Target | undefined, room = length): boolean {
  if (!operand.steady || !hasLength(operand.input, length)) return false;
  return fixed === undefined || (fixed.lasting && hasLength(fixed.work, room));
}

/** A result that was made as a value, as the call returns it. @throws MpiError where it does not fit `out`. */
export function deliver(value: unknown, out: unknown, call: string): unknown {
  return out === undefined ? value : decode(encode(value, call), out, call);
}
