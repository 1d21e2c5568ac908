/** From an operator and a dtype to what the algorithms work with. */
import { opResultInvalid } from '../../errors.ts';
import { DType, type TypedArray } from '../../wire/dtype.ts';
import { isBuiltin, type Op, OpCode } from '../ops.ts';
import { loopFor } from './compile.ts';
import { expressionFor } from './expressions.ts';
import type { Reducer } from './reducer.ts';

const PAIR = 2;

/** Elements that belong together under an operator. */
export function grainOf(op: Op): number {
  return op.code === OpCode.MINLOC || op.code === OpCode.MAXLOC ? PAIR : 1;
}

/** Whether a built-in operator works on elements of `dtype`: all do on integers, the bitwise ones do not on floats. */
export function isDefined(op: Op, dtype: number): boolean {
  if (op.code === OpCode.NO_OP || op.code === OpCode.REPLACE || grainOf(op) === PAIR) return true;
  return expressionFor(op.code, dtype) !== undefined;
}

/** `dtype` is a `DType` or PLAIN_NUMBERS. */
export function reducerFor(op: Op, dtype: number): Reducer {
  if (isBuiltin(op)) return { combine: loopFor(op, dtype), grain: grainOf(op) };
  const apply = op.apply as (left: unknown, right: unknown) => unknown;
  const expected = dtype === DType.BIGINT64 || dtype === DType.BIGUINT64 ? 'bigint' : 'number';
  const combine = (left: TypedArray, right: TypedArray, into: TypedArray): void => {
    for (let i = 0; i < into.length; i++) {
      const element = apply(left[i], right[i]);
      // Typed arrays take anything and make NaN or 0 of it.
      if (typeof element !== expected) throw opResultInvalid(op.name, expected, element);
      into[i] = element as number;
    }
  };
  return { combine, grain: 1 };
}
