/** What reduction algorithms know of an operator: how to combine two arrays, and which elements belong together. */
import type { TypedArray } from '../../wire/dtype.ts';

/** `into[i] = op(left[i], right[i])` over all of `into`; `into` may be `left` or `right`. All three have one dtype and length. */
export type Combine = (left: TypedArray, right: TypedArray, into: TypedArray) => void;

export interface Reducer {
  readonly combine: Combine;
  /** Elements that must stay together: 2 for [value, location] pairs, else 1. Parts of arrays are multiples of it. */
  readonly grain: number;
}
