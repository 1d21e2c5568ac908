/** The reduction operators: what they are called, whether they commute, and what they do to two single values. */
import { opInvalid } from '../errors.ts';

/** Any `(a, b) => c`. Reductions call it with the value of the lower ranks first. */
export type OpFunction = (left: never, right: never) => unknown;

/** An operator of `reduce`, `allreduce`, `scan`, … Made by {@link createOp}, or one of the built-in ones (MPI 4.1, 6.9.2). */
export interface Op {
  readonly name: string;
  /** For fingerprints: one small integer for each built-in operator, one for each sort of user operator. */
  readonly code: number;
  /** Whether `op(a, b)` is `op(b, a)`: then the operands may meet in any order. All operators are taken as associative. */
  readonly commutative: boolean;
  /** Whether arrays are taken element by element. */
  readonly elementwise: boolean;
  /** The operator on two values: elements where it is elementwise, whole values where not. */
  readonly apply: OpFunction;
}

/** What every reduction takes as its operator. A bare function is associative, not commutative, and gets whole values. */
export type OpLike = Op | OpFunction;

export interface OpTraits {
  /** Default false. */
  readonly commutative?: boolean | undefined;
  /** Default false. */
  readonly elementwise?: boolean | undefined;
  /** For messages; default: the name of the function. */
  readonly name?: string | undefined;
}

/** The codes of the built-in operators, as fingerprints and kernels know them. */
export const OpCode = {
  SUM: 1,
  PROD: 2,
  MIN: 3,
  MAX: 4,
  LAND: 5,
  LOR: 6,
  LXOR: 7,
  BAND: 8,
  BOR: 9,
  BXOR: 10,
  MINLOC: 11,
  MAXLOC: 12,
  REPLACE: 13,
  NO_OP: 14,
} as const;

/** User operators: this, +1 where they commute, +2 where they are elementwise. What a function does is not compared. */
const USER = 64;

/** Marks operators, also those of another copy of this module in the same process. */
const OPERATOR: unique symbol = Symbol.for('tsmpi.op');

class Operator implements Op {
  readonly [OPERATOR] = true;
  readonly name: string;
  readonly code: number;
  readonly commutative: boolean;
  readonly elementwise: boolean;
  readonly apply: OpFunction;

  constructor(name: string, code: number, commutative: boolean, elementwise: boolean, apply: OpFunction) {
    this.name = name;
    this.code = code;
    this.commutative = commutative;
    this.elementwise = elementwise;
    this.apply = apply;
    Object.freeze(this);
  }

  toString(): string {
    return this.name;
  }
}

/** Numbers or bigints, never mixed: the operand layer has seen to it. */
type Numeric = number & bigint;
type Pair = readonly [value: Numeric, location: Numeric];

function builtin(name: keyof typeof OpCode, apply: OpFunction, commutative = true): Op {
  return new Operator(name, OpCode[name], commutative, true, apply);
}

/** 1 or 0, of the kind of `like`. */
function truth(condition: boolean, like: Numeric): number | bigint {
  if (typeof like === 'bigint') return condition ? 1n : 0n;
  return condition ? 1 : 0;
}

const lower = (a: Numeric, b: Numeric) => (typeof a === 'bigint' ? (b < a ? b : a) : Math.min(a, b));
const higher = (a: Numeric, b: Numeric) => (typeof a === 'bigint' ? (b > a ? b : a) : Math.max(a, b));

/** Sum (MPI_SUM). */
export const SUM: Op = builtin('SUM', (a: Numeric, b: Numeric) => a + b);
/** Product (MPI_PROD). */
export const PROD: Op = builtin('PROD', (a: Numeric, b: Numeric) => a * b);
/** Minimum; NaN wins, -0 is below 0 (MPI_MIN). */
export const MIN: Op = builtin('MIN', lower);
/** Maximum; NaN wins, -0 is below 0 (MPI_MAX). */
export const MAX: Op = builtin('MAX', higher);
/** Logical and: 1 where both are truthy, else 0 (MPI_LAND). */
export const LAND: Op = builtin('LAND', (a: Numeric, b: Numeric) => truth(Boolean(a) && Boolean(b), a));
/** Logical or (MPI_LOR). */
export const LOR: Op = builtin('LOR', (a: Numeric, b: Numeric) => truth(Boolean(a) || Boolean(b), a));
/** Logical exclusive or (MPI_LXOR). */
export const LXOR: Op = builtin('LXOR', (a: Numeric, b: Numeric) => truth(Boolean(a) !== Boolean(b), a));
/** Bitwise and, of integers (MPI_BAND). */
export const BAND: Op = builtin('BAND', (a: Numeric, b: Numeric) => a & b);
/** Bitwise or, of integers (MPI_BOR). */
export const BOR: Op = builtin('BOR', (a: Numeric, b: Numeric) => a | b);
/** Bitwise exclusive or, of integers (MPI_BXOR). */
export const BXOR: Op = builtin('BXOR', (a: Numeric, b: Numeric) => a ^ b);
/** The lower value with its location; ties take the lower location, NaN wins (MPI_MINLOC). */
export const MINLOC: Op = builtin('MINLOC', (a: Pair, b: Pair) => (takesLeft(a, b, a[0] < b[0]) ? a : b));
/** The higher value with its location; ties take the lower location, NaN wins (MPI_MAXLOC). */
export const MAXLOC: Op = builtin('MAXLOC', (a: Pair, b: Pair) => (takesLeft(a, b, a[0] > b[0]) ? a : b));
/** The value of the highest rank (MPI_REPLACE). */
export const REPLACE: Op = builtin('REPLACE', (_a: Numeric, b: Numeric) => b, false);
/** The value of the lowest rank (MPI_NO_OP). */
export const NO_OP: Op = builtin('NO_OP', (a: Numeric, _b: Numeric) => a, false);

function takesLeft(a: Pair, b: Pair, wins: boolean): boolean {
  if (Number.isNaN(a[0]) || Number.isNaN(b[0])) wins = Number.isNaN(a[0]) && !Number.isNaN(b[0]);
  const tie = Object.is(a[0], b[0]) || a[0] === b[0];
  return tie ? a[1] <= b[1] : wins;
}

/**
 * An operator from a function `(a, b) => c`, which must be associative: the way in which neighbours are grouped is open.
 * `a` always comes from lower ranks than `b` unless the operator is said to commute.
 *
 * @throws MpiError ERR_OP when `fn` is no function (MPI 4.1, 6.9.5, MPI_Op_create).
 */
export function createOp(fn: OpFunction, traits: OpTraits = {}): Op {
  if (typeof fn !== 'function') throw opInvalid('createOp', fn);
  const { commutative = false, elementwise = false, name = fn.name || 'user operator' } = traits;
  return new Operator(name, USER + (commutative ? 1 : 0) + (elementwise ? 2 : 0), commutative, elementwise, fn);
}

function isOperator(value: unknown): value is Op {
  return typeof value === 'object' && value !== null && OPERATOR in value;
}

/** The operator that a call was given, for the call named `call`. @throws MpiError ERR_OP for anything else. */
export function resolveOp(op: unknown, call: string): Op {
  if (isOperator(op)) return op;
  if (typeof op === 'function') return createOp(op as OpFunction);
  throw opInvalid(call, op);
}

export function isBuiltin(op: Op): boolean {
  return op.code < USER;
}

/** The name of an operator's code, for messages. */
export function opName(code: number): string {
  for (const [name, known] of Object.entries(OpCode)) if (known === code) return name;
  return 'a user operator';
}
