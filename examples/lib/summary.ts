/**
 * Sum, least and greatest of an array, without losing a digit of an integer.
 *
 * Integers of every width are summed exactly, as bigint; floating-point numbers with Neumaier's compensated summation,
 * whose error does not grow with the length of the array.
 */
import type { NpyArray } from './npy.ts';

export interface Summary {
  /** A bigint for integers and booleans, a number for floating point. So are `min` and `max`. */
  readonly sum: number | bigint;
  /** Above every possible element if the array is empty, so that the least of several summaries is right. */
  readonly min: number | bigint;
  readonly max: number | bigint;
}

/** So many 32-bit integers can be added in a double before one digit could be lost. */
const EXACT_BLOCK = 2 ** 20;
/** Beyond every 64-bit integer, signed or not. */
const BEYOND = 2n ** 64n;

export function summarise(array: NpyArray): Summary {
  if (array instanceof BigInt64Array || array instanceof BigUint64Array) return summariseLong(array);
  if (array instanceof Float32Array || array instanceof Float64Array) return summariseFloat(array);
  return summariseInteger(array);
}

function summariseLong(array: BigInt64Array | BigUint64Array): Summary {
  let sum = 0n;
  let min = BEYOND;
  let max = -BEYOND;
  for (const x of array) {
    sum += x;
    if (x < min) min = x;
    if (x > max) max = x;
  }
  return { sum, min, max };
}

function summariseInteger(array: Exclude<NpyArray, BigInt64Array | BigUint64Array>): Summary {
  let sum = 0n;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let from = 0; from < array.length; from += EXACT_BLOCK) {
    const to = Math.min(from + EXACT_BLOCK, array.length);
    let block = 0;
    for (let i = from; i < to; i++) {
      const x = array[i]!;
      block += x;
      if (x < min) min = x;
      if (x > max) max = x;
    }
    sum += BigInt(block);
  }
  return array.length === 0 ? { sum, min: BEYOND, max: -BEYOND } : { sum, min: BigInt(min), max: BigInt(max) };
}

function summariseFloat(array: Float32Array | Float64Array): Summary {
  let sum = 0;
  let lost = 0; // the low digits that `sum` had no room for
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < array.length; i++) {
    const x = array[i]!;
    const next = sum + x;
    lost += Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum;
    sum = next;
    min = Math.min(min, x);
    max = Math.max(max, x);
  }
  return { sum: Number.isFinite(sum) ? sum + lost : sum, min, max };
}
