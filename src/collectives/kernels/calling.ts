/** Loops that call the operator for each element: for programs that may not make code of text, and slower by far. */
import { DType, type TypedArray } from '../../wire/dtype.ts';
import { type Op, OpCode } from '../ops.ts';
import { PLAIN_NUMBERS } from './expressions.ts';
import type { Combine } from './reducer.ts';

type Apply = (left: unknown, right: unknown) => unknown;

export function callingElements(op: Op, dtype: number): Combine {
  const apply = exactly(op, dtype);
  return (left, right, into) => {
    for (let i = 0; i < into.length; i++) into[i] = apply(left[i], right[i]) as number;
  };
}

export function callingPairs(op: Op): Combine {
  const apply = op.apply as Apply;
  return (left, right, into) => {
    for (let i = 0; i < into.length; i += 2) {
      const pair = apply([left[i], left[i + 1]], [right[i], right[i + 1]]) as TypedArray;
      into[i] = pair[0]!;
      into[i + 1] = pair[1]!;
    }
  };
}

/** The operator as the compiled loops have it: exact where plain JavaScript is not. */
function exactly(op: Op, dtype: number): Apply {
  const apply = op.apply as Apply;
  if (op.code === OpCode.PROD && (dtype === DType.INT32 || dtype === DType.UINT32)) return Math.imul as Apply;
  const bitwise = op.code === OpCode.BAND || op.code === OpCode.BOR || op.code === OpCode.BXOR;
  if (!bitwise || dtype !== PLAIN_NUMBERS) return apply;
  return (left, right) => Number(apply(BigInt(left as number), BigInt(right as number)));
}
