/** Arrays of what no typed array holds, combined element by element. */
import { lengthsDiffer } from '../../errors.ts';
import { grainOf } from '../kernels/reducer-for.ts';
import { isBuiltin, type Op, OpCode } from '../ops.ts';
import type { ValueOperand } from './operand.ts';

/** REPLACE and NO_OP choose between values and never look into them. */
export function takesAnything(op: Op): boolean {
  return op.code === OpCode.REPLACE || op.code === OpCode.NO_OP;
}

export function elementwise(list: readonly unknown[], kind: number, op: Op, call: string): ValueOperand {
  const apply = op.apply as (left: unknown, right: unknown) => unknown;
  const pairs = isBuiltin(op) && grainOf(op) === 2;
  const combine = (left: unknown, right: unknown): unknown => {
    const a = left as unknown[];
    const b = right as unknown[];
    if (a.length !== b.length) throw lengthsDiffer(call, a.length, b.length);
    if (pairs) return combinePairs(a, b, apply);
    return a.map((element, index) => apply(element, b[index]));
  };
  return { as: 'value', kind, count: list.length, value: list, combine };
}

/** Interleaved [value, location] pairs. */
function combinePairs(a: unknown[], b: unknown[], apply: (left: unknown, right: unknown) => unknown): unknown[] {
  const combined: unknown[] = [];
  for (let i = 0; i < a.length; i += 2) {
    combined.push(...(apply([a[i], a[i + 1]], [b[i], b[i + 1]]) as unknown[]));
  }
  return combined;
}
