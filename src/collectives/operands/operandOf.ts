/** From the values that users reduce to operands: which elements they have, and how the result becomes such a value again. */
import { isPromise } from 'node:util/types';
import { countInvalid, detached, opAsync, operandInvalid, opUnsuited, typeInvalid } from '../../errors.ts';
import { DType, dtypeName, dtypeOf, isTypedArray, type TypedArray } from '../../wire/dtype.ts';
import {
  elementsOf,
  gather,
  isContiguous,
  isNdArray,
  type NdArray,
  numericNdArray,
  packedNdArray,
} from '../../wire/ndarray.ts';
import { isDetached } from '../../wire/raw.ts';
import { UNKNOWN } from '../context.ts';
import { PLAIN_NUMBERS } from '../kernels/expressions.ts';
import { grainOf, isDefined, reducerFor } from '../kernels/reducer-for.ts';
import { isBuiltin, type Op, OpCode } from '../ops.ts';
import { scratchLike } from '../scratch.ts';
import { elementwise, takesAnything } from './elementwise.ts';
import { OperandKind } from './kind.ts';
import type { ArrayOperand, Operand, ValueOperand } from './operand.ts';

/**
 * The operand that `value` is for `op` in the call named `call`.
 *
 * @throws MpiError ERR_TYPE, ERR_OP, ERR_COUNT or ERR_BUFFER, naming what would be right.
 */
export function operandOf(value: unknown, op: Op, call: string): Operand {
  if (!op.elementwise)
    return { as: 'value', kind: OperandKind.VALUE, count: UNKNOWN, value, combine: wholeValues(op, call) };
  if (isTypedArray(value)) return typedOperand(value, op, call);
  if (Array.isArray(value)) return listOperand(value, op, call);
  if (isNdArray(value)) return ndarrayOperand(value, op, call);
  return scalarOperand(value, op, call);
}

function wholeValues(op: Op, call: string): ValueOperand['combine'] {
  const apply = op.apply as (left: unknown, right: unknown) => unknown;
  return (left, right) => {
    const result = apply(left, right);
    // Where it is the last one an `await` would take it apart unseen, elsewhere it can't travel.
    if (isPromise(result)) throw opAsync(call, op.name);
    return result;
  };
}

function typedOperand(array: TypedArray, op: Op, call: string): ArrayOperand {
  if (isDetached(array)) throw detached(call, 'value');
  const dtype = dtypeOf(array);
  checkElements(array, dtype, op, call);
  return {
    as: 'array',
    kind: dtype,
    input: array,
    steady: true,
    reducer: reducerFor(op, dtype),
    width: 1,
    numeric: true,
    rebuild: Buffer.isBuffer(array) ? asBuffer : same,
    rebuildPart: Buffer.isBuffer(array) ? asBuffer : same,
  };
}

function ndarrayOperand(value: NdArray, op: Op, call: string): ArrayOperand {
  const view = numericNdArray(value, call, () => 'value');
  const { data, shape, offset } = view;
  if (isDetached(data)) throw detached(call, 'value');
  const dtype = dtypeOf(data);
  const count = elementsOf(shape);
  const steady = isContiguous(view);
  let input: TypedArray;
  if (steady) input = data.subarray(offset, offset + count);
  else gather(view, (input = scratchLike(data, count)));
  checkElements(input, dtype, op, call);
  return {
    as: 'array',
    kind: dtype,
    input,
    steady,
    reducer: reducerFor(op, dtype),
    width: 1,
    numeric: true,
    rebuild: (elements) => packedNdArray(elements, shape),
    rebuildPart: same,
  };
}

function checkElements(array: TypedArray, dtype: number, op: Op, call: string): void {
  if (isBuiltin(op) && !isDefined(op, dtype)) {
    throw opUnsuited(call, op.name, 'integers', `${dtypeName(dtype)} elements`);
  }
  checkPairs(array.length, op, call);
}

/** [value, location] pairs come in twos. */
function checkPairs(count: number, op: Op, call: string): void {
  if (count % grainOf(op) === 0) return;
  throw countInvalid(
    call,
    `the number of elements for ${op.name}, which takes [value, location] pairs,`,
    'even',
    count,
  );
}

function listOperand(list: readonly unknown[], op: Op, call: string): Operand {
  if (isBuiltin(op) && takesAnything(op)) return elementwise(list, OperandKind.ELEMENTS, op, call);
  const grain = grainOf(op);
  const [first] = list;
  if (grain === 2 && Array.isArray(first)) return pairsOperand(list, op, call);
  if (every(list, 'number')) {
    checkPairs(list.length, op, call);
    return numbersOperand(Float64Array.from(list), OperandKind.NUMBERS, op, call, toList);
  }
  if (every(list, 'bigint') || (grain === 2 && list.every(isNumeric))) {
    checkPairs(list.length, op, call);
    return elementwise(list, OperandKind.BIGINTS, op, call);
  }
  if (!isBuiltin(op)) return elementwise(list, OperandKind.ELEMENTS, op, call);
  if (grain === 1 && every(list, 'boolean')) return booleansOperand(list, OperandKind.BOOLEANS, op, call);
  const index = list.findIndex((element) => typeof element !== typeof first || !isElement(element));
  throw operandInvalid(call, op.name, list[index], ` (element ${index} of an array)`);
}

function isNumeric(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

function isElement(value: unknown): boolean {
  return isNumeric(value) || typeof value === 'boolean';
}

interface ElementTypes {
  number: number;
  bigint: bigint;
  boolean: boolean;
}

function every<Name extends keyof ElementTypes>(list: readonly unknown[], type: Name): list is ElementTypes[Name][] {
  for (let i = 0; i < list.length; i++) if (typeof list[i] !== type) return false;
  return true;
}

/** An array of [value, location] pairs. */
function pairsOperand(list: readonly unknown[], op: Op, call: string): Operand {
  const flat: unknown[] = [];
  for (const [index, pair] of list.entries()) {
    if (!Array.isArray(pair) || pair.length !== 2 || !pair.every(isNumeric)) {
      throw typeInvalid(call, `element ${index} of value for ${op.name}`, 'a [value, location] pair of numbers', pair);
    }
    flat.push(...pair);
  }
  if (every(flat, 'number')) return numbersOperand(Float64Array.from(flat), OperandKind.PAIRS, op, call, toPairs);
  const combine = wholeValues(op, call);
  return {
    ...elementwise(list, OperandKind.BIGINTS, op, call),
    combine: (left, right) => (left as unknown[]).map((pair, index) => combine(pair, (right as unknown[])[index])),
  };
}

function scalarOperand(value: unknown, op: Op, call: string): Operand {
  if (isBuiltin(op) && grainOf(op) === 2) {
    throw typeInvalid(call, `value for ${op.name}`, 'a [value, location] pair, or an array of such', value);
  }
  const whole = (kind: number): ValueOperand => ({
    as: 'value',
    kind,
    count: UNKNOWN,
    value,
    combine: wholeValues(op, call),
  });
  if (typeof value === 'number') return numbersOperand(Float64Array.of(value), OperandKind.NUMBER, op, call, first);
  if (typeof value === 'bigint') return whole(OperandKind.BIGINT);
  if (!isBuiltin(op) || takesAnything(op)) return whole(OperandKind.VALUE);
  if (typeof value === 'boolean') return booleansOperand([value], OperandKind.BOOLEAN, op, call);
  throw operandInvalid(call, op.name, value);
}

type Rebuild = (elements: TypedArray) => unknown;

function numbersOperand(numbers: Float64Array, kind: number, op: Op, call: string, rebuild: Rebuild): ArrayOperand {
  const bitwise = isBuiltin(op) && !isDefined(op, DType.FLOAT64);
  if (bitwise) {
    for (const number of numbers)
      if (!Number.isSafeInteger(number)) throw opUnsuited(call, op.name, 'integers', number);
  }
  const reducer = reducerFor(op, bitwise ? PLAIN_NUMBERS : DType.FLOAT64);
  const width = kind === OperandKind.PAIRS ? 2 : 1;
  const steady = kind === OperandKind.NUMBER || kind === OperandKind.BOOLEAN;
  return { as: 'array', kind, input: numbers, steady, reducer, width, numeric: true, rebuild, rebuildPart: rebuild };
}

/** Booleans are counted by SUM and PROD; under every other operator they stay booleans. */
function booleansOperand(list: readonly boolean[], kind: number, op: Op, call: string): ArrayOperand {
  const single = kind === OperandKind.BOOLEAN;
  if (op.code === OpCode.SUM || op.code === OpCode.PROD) {
    return numbersOperand(Float64Array.from(list, Number), kind, op, call, single ? first : toList);
  }
  const rebuild: Rebuild = (elements) =>
    single ? elements[0] === 1 : Array.from(elements as Uint8Array, (bit) => bit === 1);
  const input = Uint8Array.from(list, Number);
  const reducer = reducerFor(op, DType.UINT8);
  return {
    as: 'array',
    kind,
    input,
    steady: single,
    reducer,
    width: 1,
    numeric: false,
    rebuild,
    rebuildPart: rebuild,
  };
}

function same(elements: TypedArray): TypedArray {
  return elements;
}

function asBuffer(elements: TypedArray): Buffer {
  return Buffer.from(elements.buffer as ArrayBuffer, elements.byteOffset, elements.byteLength);
}

function first(elements: TypedArray): unknown {
  return elements[0];
}

function toList(elements: TypedArray): unknown[] {
  return Array.from(elements as Float64Array);
}

function toPairs(elements: TypedArray): unknown[] {
  const pairs: unknown[] = [];
  for (let i = 0; i < elements.length; i += 2) pairs.push([elements[i], elements[i + 1]]);
  return pairs;
}
