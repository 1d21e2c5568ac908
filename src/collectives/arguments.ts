/** The arguments of collectives, checked before a byte is sent. */
import { countInvalid, detached, rootInvalid, typeInvalid } from '../errors.ts';
import { isTypedArray, type TypedArray } from '../wire/dtype.ts';
import { isDetached } from '../wire/raw.ts';
import { offsetsOf } from './shapes/blocks.ts';

export function checkRoot(root: number, size: number, call: string): void {
  if (!(Number.isInteger(root) && root >= 0 && root < size)) throw rootInvalid(call, root, size);
}

/** One value for each rank, or for each of what `each` says. */
export function checkValues(
  values: unknown,
  size: number,
  call: string,
  each = 'rank',
): asserts values is readonly unknown[] {
  if (!Array.isArray(values))
    throw typeInvalid(call, 'values', `an array of ${size} values, one for each ${each}`, values);
  if (values.length !== size)
    throw countInvalid(call, 'the number of values', `${size}, one for each ${each}`, values.length);
}

export function checkFlat(array: unknown, call: string): asserts array is TypedArray {
  if (!isTypedArray(array)) throw typeInvalid(call, 'array', 'a TypedArray', array);
  if (isDetached(array)) throw detached(call, 'array');
}

/** Elements for each rank, or for each of what `each` says; `what` is the argument's name. */
export function checkCounts(
  counts: unknown,
  size: number,
  call: string,
  what: string,
  each = 'rank',
): asserts counts is readonly number[] {
  checkNumbers(counts, size, call, what, each);
}

export interface Placement {
  readonly counts: readonly number[];
  /** Where each rank's part begins. */
  readonly displs: readonly number[];
  /** Where the last part ends. */
  readonly length: number;
}

/** Where parts lie: at `displs`, or packed in rank order where these are left out. */
export function placementOf(counts: readonly number[], displs: readonly number[] | undefined): Placement {
  if (displs === undefined) {
    const offsets = offsetsOf(counts);
    return { counts, displs: offsets, length: offsets.at(-1) ?? 0 };
  }
  let length = 0;
  for (const [rank, count] of counts.entries()) if (count > 0) length = Math.max(length, (displs[rank] ?? 0) + count);
  return { counts, displs, length };
}

/** The placement of an outgoing array's parts, all of which must lie in it. */
export function checkPlacement(
  array: TypedArray,
  counts: unknown,
  displs: unknown,
  size: number,
  call: string,
  names: { counts: string; displs: string; each?: string },
): Placement {
  checkCounts(counts, size, call, names.counts, names.each);
  checkDispls(displs, size, call, names.displs, names.each);
  const placement = placementOf(counts, displs);
  if (placement.length > array.length) {
    throw countInvalid(
      call,
      displs === undefined
        ? `the sum of ${names.counts}`
        : `the end of the last part by ${names.counts} and ${names.displs}`,
      `at most ${array.length}, the length of array`,
      placement.length,
    );
  }
  return placement;
}

export function checkDispls(
  displs: unknown,
  size: number,
  call: string,
  what: string,
  each = 'rank',
): asserts displs is readonly number[] | undefined {
  if (displs !== undefined) checkNumbers(displs, size, call, what, each);
}

function checkNumbers(numbers: unknown, size: number, call: string, what: string, each: string): void {
  if (!Array.isArray(numbers) && !isTypedArray(numbers)) {
    throw typeInvalid(call, what, `an array of ${size} numbers, one for each ${each}`, numbers);
  }
  if (numbers.length !== size)
    throw countInvalid(call, `the length of ${what}`, `${size}, one for each ${each}`, numbers.length);
  for (let rank = 0; rank < size; rank++) {
    const number: unknown = numbers[rank];
    if (!(Number.isSafeInteger(number) && (number as number) >= 0)) {
      throw countInvalid(call, `${what}[${rank}]`, 'a number of elements', number);
    }
  }
}
