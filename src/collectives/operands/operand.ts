/** A value as reductions see it. */
import type { TypedArray } from '../../wire/dtype.ts';
import type { Reducer } from '../kernels/reducer.ts';

/** Elements in one dense array: what the array algorithms reduce. */
export interface ArrayOperand {
  readonly as: 'array';
  /** A `DType` or `OperandKind`: what the other ranks' values must be too. */
  readonly kind: number;
  /** The elements, packed in C order; the user's own memory wherever that is so already. Never written. */
  readonly input: TypedArray;
  /** `input` is what the user's value is, also when that changes: it is the same memory, or a value that can't change. */
  readonly steady: boolean;
  readonly reducer: Reducer;
  /** Elements of `input` for one element of the user's array: 2 for arrays of pairs, else 1. */
  readonly width: number;
  /** Whether `out` may take the elements as they are: numbers, not booleans. */
  readonly numeric: boolean;
  /** The result as a value of the operand's kind. May keep the array. */
  rebuild(elements: TypedArray): unknown;
  /** The result where only some of the elements are left: a flat array of the kind's elements. */
  rebuildPart(elements: TypedArray): unknown;
}

/** A value that travels encoded and is combined whole by the ranks. */
export interface ValueOperand {
  readonly as: 'value';
  readonly kind: number;
  /** Elements, where the operator takes them one by one; else UNKNOWN. */
  readonly count: number;
  readonly value: unknown;
  /** May change what it is given, and return it. */
  combine(left: unknown, right: unknown): unknown;
}

export type Operand = ArrayOperand | ValueOperand;
