/**
 * Reduction loops, compiled from their expressions: one function for each pair of operator and dtype.
 *
 * V8 keeps its type feedback per function. One loop that all dtypes share is an order of magnitude slower as soon as a program
 * has used more than four of them; one written loop for each pair would be more than a hundred copies of the same six lines.
 */
import { invariant } from '../../base/invariant.ts';
import type { TypedArray } from '../../wire/dtype.ts';
import { type Op, OpCode } from '../ops.ts';
import { callingElements, callingPairs } from './calling.ts';
import { expressionFor, locationExpressionFor } from './expressions.ts';
import type { Combine } from './reducer.ts';
import { vectorLoop } from './simd.ts';

/** A loop over elements, four at a time: half as much again in speed for what is cheap. HOT (bench: allreduce). */
function elementLoop(expression: string): Combine {
  const step = (at: string) => `{ const l = left[${at}], r = right[${at}]; into[${at}] = ${expression}; }`;
  return compile(`
    let i = 0;
    for (; i < count - 3; i += 4) {
      ${step('i')} ${step('i + 1')} ${step('i + 2')} ${step('i + 3')}
    }
    for (; i < count; i++) ${step('i')}`);
}

/** A loop over interleaved [value, location] pairs. HOT (bench: allreduce). */
function pairLoop(takesLeft: string): Combine {
  return compile(`
    for (let i = 0; i < count; i += 2) {
      const l = left[i], m = left[i + 1], r = right[i], s = right[i + 1];
      if (${takesLeft}) {
        into[i] = l;
        into[i + 1] = m;
      } else {
        into[i] = r;
        into[i + 1] = s;
      }
    }`);
}

/** Sources are ours alone: no value of a user gets into one. @throws EvalError where the program may not make code of text */
function compile(loop: string): Combine {
  return new Function('left', 'right', 'into', `'use strict'; const count = into.length; ${loop}`) as Combine;
}

function takeLeft(left: TypedArray, _right: TypedArray, into: TypedArray): void {
  if (into !== left) (into as Uint8Array).set(left as Uint8Array);
}

function takeRight(_left: TypedArray, right: TypedArray, into: TypedArray): void {
  if (into !== right) (into as Uint8Array).set(right as Uint8Array);
}

/** Loops made so far: pure functions, the same for every rank, so it does not matter who shares them. */
const loops = new Map<number, Combine>();

/** The loop of a built-in operator for a dtype. The operand layer has seen to it that there is one. */
export function loopFor(op: Op, dtype: number): Combine {
  const { code } = op;
  if (code === OpCode.NO_OP) return takeLeft;
  if (code === OpCode.REPLACE) return takeRight;
  const key = code * 64 + dtype;
  let loop = loops.get(key);
  if (loop === undefined) {
    const scalar = scalarLoop(op, dtype);
    loop = vectorLoop(code, dtype, scalar) ?? scalar;
    loops.set(key, loop);
  }
  return loop;
}

function scalarLoop(op: Op, dtype: number): Combine {
  const pairs = op.code === OpCode.MINLOC || op.code === OpCode.MAXLOC;
  const expression = pairs ? locationExpressionFor(op.code) : expressionFor(op.code, dtype);
  invariant(expression !== undefined, 'no such kernel', op, dtype);
  try {
    return pairs ? pairLoop(expression) : elementLoop(expression);
  } catch (error) {
    // node --disallow-code-generation-from-strings
    if (error instanceof EvalError) return pairs ? callingPairs(op) : callingElements(op, dtype);
    throw error;
  }
}
