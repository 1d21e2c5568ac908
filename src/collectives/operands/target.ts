/** Where the result of a reduction is made, and what is returned for it. */
import { elementsUnlike, outTooShort } from '../../errors.ts';
import { dtypeName, dtypeOf, type TypedArray } from '../../wire/dtype.ts';
import { elementsOf, isContiguous, isNdArray, type NdArray, numericNdArray, scatter } from '../../wire/ndarray.ts';
import { checkOut, decode, encode } from '../../wire/value.ts';
import { coincide, copyInto, overlap, scratchLike } from '../scratch.ts';
import type { ArrayOperand } from './operand.ts';

export interface Target {
  /** The operand's elements, to be read from here: copied where `work` lies over a part of them. */
  readonly input: TypedArray;
  /** Takes the result. Either the memory of `input`, or none of it. */
  readonly work: TypedArray;
  /** Another result can be made with it: neither is `work` what the user gets, nor `input` a copy. */
  readonly lasting: boolean;
  /**
   * The value to return, once `work` holds the result.
   *
   * @throws MpiError ERR_TRUNCATE or ERR_TYPE where it does not fit `out`. So late because the other ranks count on this one.
   */
  finish(): unknown;
}

/**
 * @param out the user's; undefined for none.
 * @param count elements of the result, where these are only a part of the operand's.
 * @throws MpiError ERR_TYPE or ERR_BUFFER for an `out` that can't take any result.
 */
export function targetOf(operand: ArrayOperand, out: unknown, call: string, count?: number): Target {
  const { input } = operand;
  const length = count ?? input.length;
  const rebuild = count === undefined ? operand.rebuild : operand.rebuildPart;
  if (out === undefined) {
    const work = scratchLike(input, length);
    return { input, work, lasting: false, finish: () => rebuild(work) };
  }
  checkOut(out, call);
  if (!operand.numeric) {
    const work = scratchLike(input, length);
    return { input, work, lasting: true, finish: () => decode(encode(rebuild(work), call), out, call) };
  }
  const whole = count === undefined;
  return isNdArray(out)
    ? strided(operand, out, length, whole, call)
    : flat(operand, out as TypedArray, length, whole, call);
}

function flat(operand: ArrayOperand, out: TypedArray, count: number, whole: boolean, call: string): Target {
  const { input } = operand;
  const misfit = misfitOf(operand, dtypeOf(out), out.length, count, call);
  if (misfit !== undefined) return misfit;
  return inPlace(input, out.length === count ? out : out.subarray(0, count), whole, out);
}

function strided(operand: ArrayOperand, out: NdArray, count: number, whole: boolean, call: string): Target {
  const { input } = operand;
  const view = numericNdArray(out, call, () => 'out');
  const { data, shape, offset } = view;
  const misfit = misfitOf(operand, dtypeOf(data), elementsOf(shape), count, call);
  if (misfit !== undefined) return misfit;
  if (isContiguous(view)) return inPlace(input, data.subarray(offset, offset + count), whole, out);
  const work = scratchLike(input, count);
  const finish = () => {
    scatter(work, view, count);
    return out;
  };
  return { input, work, lasting: true, finish };
}

/** The result is made in the memory of `out` itself, unless that would overwrite operands which are still to be read. */
function inPlace(input: TypedArray, work: TypedArray, whole: boolean, out: unknown): Target {
  if (!overlap(input, work) || (whole && coincide(input, work))) {
    return { input, work, lasting: true, finish: () => out };
  }
  const copy = scratchLike(input, input.length);
  copyInto(copy, input);
  return { input: copy, work, lasting: false, finish: () => out };
}

/** For an `out` that does not fit: the result is made, and dropped. */
function misfitOf(operand: ArrayOperand, dtype: number, room: number, count: number, call: string): Target | undefined {
  const { input } = operand;
  const needed = dtypeOf(input);
  if (dtype === needed && room >= count) return undefined;
  const finish = () => {
    if (dtype === needed) throw outTooShort(call, count, room);
    throw elementsUnlike(call, 'out', `${dtypeName(needed)} elements like the result`, dtypeName(dtype));
  };
  return { input, work: scratchLike(input, count), lasting: true, finish };
}
