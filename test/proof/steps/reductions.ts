/** Every reduction, with every operator, on everything that can be reduced. */
import fc from 'fast-check';
import * as ops from '../../../src/collectives/ops.ts';
import { COLLECTIVES } from '../../../src/collectives/registry.ts';
import { messageNamesOf } from '../../../src/collectives/selection.ts';
import { combine, compose, FLOATS, flat, INTEGERS, matmul, OVER, SCALAR, storedIn } from '../reference.ts';
import { expecting, type Kind, type Place, ranksOf } from '../step.ts';
import { again } from './again.ts';

type Call = 'reduce' | 'allreduce' | 'scan' | 'exscan' | 'reduceScatter' | 'reduceScatterBlock';

interface Reduction {
  readonly call: Call;
  /** The name of a TypedArray, or of another {@link FORMS | form}. */
  readonly form: string;
  readonly op: string;
  /** Elements (of each rank's part, where results are parts). */
  readonly length: number;
  readonly root: number;
  readonly salt: number;
  /** Which of the collective's algorithms; 0: the one that is selected. */
  readonly algorithm: number;
  readonly inPlace: boolean;
  /** Prepared, and started so often; nought: called. */
  readonly starts: number;
}

const plus = ops.createOp((a: number, b: number) => a + b, { elementwise: true, commutative: true });
const bigPlus = ops.createOp((a: bigint, b: bigint) => a + b, { elementwise: true, commutative: true });
const bigCompose = ops.createOp((a: bigint, b: bigint) => BigInt(compose(Number(a), Number(b))), { elementwise: true });
const USER: Record<string, [forNumbers: ops.OpLike, forBigints: ops.OpLike]> = {
  plus: [plus, bigPlus],
  compose: [ops.createOp(compose, { elementwise: true }), bigCompose],
  matmul: [matmul, matmul],
  join: [(a: string, b: string) => a + b, (a: string, b: string) => a + b],
};

const FOR_FLOATS = [
  'SUM',
  'PROD',
  'MIN',
  'MAX',
  'LAND',
  'LOR',
  'LXOR',
  'MINLOC',
  'MAXLOC',
  'REPLACE',
  'NO_OP',
  'plus',
  'compose',
];
const FOR_INTEGERS = [...FOR_FLOATS, 'BAND', 'BOR', 'BXOR'];
const ORDERED = ['REPLACE', 'NO_OP', 'compose', 'matmul', 'join'];
const LOCATING = ['MINLOC', 'MAXLOC'];

/** What is no TypedArray: made from numbers, of which a single value takes one. */
const FORMS: Record<string, { readonly single?: true; from(list: readonly number[]): unknown }> = {
  number: { single: true, from: ([x]) => x },
  bigint: { single: true, from: ([x = 0]) => BigInt(x) },
  numbers: { from: (list) => [...list] },
  bigints: { from: (list) => list.map(BigInt) },
};

const isBig = (form: string) => form.toLowerCase().startsWith('big');
const valueFrom = (form: string, list: readonly number[]) => FORMS[form]?.from(list) ?? flat(form, list);

/** The numbers of one rank, so small that no grouping of them loses a bit. */
function numbersOf({ op, form, length, salt }: Reduction, rank: number, parts: number): number[] {
  const count = FORMS[form]?.single ? 1 : length * parts * (LOCATING.includes(op) ? 2 : 1);
  const mix = (i: number) => (i * 7 + rank * 13 + salt * 5 + ((i * rank) % 3)) % 23;
  if (op === 'matmul') return Array.from({ length: 4 }, (_, i) => mix(i));
  if (LOCATING.includes(op))
    return Array.from({ length: count }, (_, i) => (i % 2 === 0 ? mix(i) % 4 : (mix(i) + rank * 7) % 11));
  if (op === 'compose') return Array.from({ length: count }, (_, i) => (1 + (mix(i) % 6)) * 8 + ((mix(i) + rank) % 7));
  if (op === 'PROD') return Array.from({ length: count }, (_, i) => 1 + (mix(i) % 2));
  return Array.from({ length: count }, (_, i) => (op.startsWith('L') ? mix(i) % 2 : mix(i)));
}

function textOf({ length, salt }: Reduction, rank: number): string {
  return `<${salt} ${'ab'.repeat(length)} ${rank}>`;
}

const isPart = (call: Call): call is 'reduceScatter' | 'reduceScatterBlock' => call.startsWith('reduceScatter');

/** Elements of each rank's part. */
function countsOf({ call, length, op, salt }: Reduction, size: number): number[] {
  const grain = LOCATING.includes(op) ? 2 : 1;
  if (call === 'reduceScatterBlock') return ranksOf(size).map(() => length * grain);
  const uneven = ranksOf(size).map((rank) => ((rank * 3 + salt) % 3) * length * grain);
  // All parts together are as long as equal ones.
  const left = length * grain * size - uneven.reduce((a, b) => a + b, 0);
  return left >= 0
    ? uneven.with(salt % size, (uneven[salt % size] as number) + left)
    : ranksOf(size).map(() => length * grain);
}

function valueOfRank(data: Reduction, rank: number, size: number): unknown {
  if (data.op === 'join') return textOf(data, rank);
  const numbers = numbersOf(data, rank, isPart(data.call) ? size : 1);
  return data.op === 'matmul' ? numbers : valueFrom(data.form, numbers);
}

function expected(data: Reduction, size: number): unknown[] {
  const { call, form, op, root } = data;
  const store = form in FORMS ? (x: number) => x : storedIn(form);
  const over = (from: number, to: number) => ranksOf(size).slice(from, to);
  const combined = (ranks: readonly number[]): unknown => {
    if (ranks.length === 0) return undefined;
    if (op === 'join') return ranks.map((rank) => textOf(data, rank)).join('');
    const lists = ranks.map((rank) => numbersOf(data, rank, isPart(call) ? size : 1));
    return op === 'matmul' ? lists.reduce(matmul) : combine(op, lists, store);
  };
  const asResult = (list: unknown) =>
    op === 'join' || op === 'matmul' || list === undefined ? list : valueFrom(form, list as number[]);
  if (!isPart(call))
    return ranksOf(size).map((rank) =>
      asResult(combined(over(...(OVER[call] as (typeof OVER)[string])(rank, size, root % size)))),
    );
  const all = combined(ranksOf(size)) as number[];
  const counts = countsOf(data, size);
  return counts.map((count, rank) => {
    const from = counts.slice(0, rank).reduce((a, b) => a + b, 0);
    return asResult(all.slice(from, from + count));
  });
}

async function run(place: Place, data: Reduction): Promise<unknown> {
  const { call, form, op, root, algorithm, inPlace, starts } = data;
  const { rank, size } = place.comm;
  const value = valueOfRank(data, rank, size);
  const comm = again(place.comm, starts, () => renew(value, data, rank, size));
  const { algorithms } = COLLECTIVES[call];
  const names = messageNamesOf(call).filter((name) => {
    const keeps = Object.hasOwn(algorithms, name) && !algorithms[name]?.reorders;
    return keeps || !ORDERED.includes(op);
  });
  const operator = USER[op]?.[isBig(form) ? 1 : 0] ?? (ops as unknown as Record<string, ops.Op>)[op];
  const options = {
    algorithm: algorithm === 0 ? undefined : names[algorithm % names.length],
    out: inPlace && ArrayBuffer.isView(value) ? value : undefined,
  };
  switch (call) {
    case 'reduce':
      return comm.reduce(value, operator, root % size, options);
    case 'reduceScatter':
      return head(await comm.reduceScatter(value, countsOf(data, size), operator, options), data, comm);
    case 'reduceScatterBlock':
      return head(await comm.reduceScatterBlock(value, operator, options), data, comm);
    case 'allreduce':
    case 'scan':
    case 'exscan':
      return comm[call](value, operator, options);
  }
}

/** Puts back what a reduction in place has overwritten. */
function renew(value: unknown, data: Reduction, rank: number, size: number): void {
  if (ArrayBuffer.isView(value)) (value as Uint8Array).set(valueOfRank(data, rank, size) as Uint8Array);
}

/** The part of an `out` that was filled. */
function head(value: unknown, data: Reduction, { rank, size }: Place['comm']): unknown {
  return ArrayBuffer.isView(value) ? (value as Uint8Array).slice(0, countsOf(data, size)[rank]) : value;
}

const whole = fc.constantFrom<Call>('reduce', 'allreduce', 'scan', 'exscan');
const anyCall = fc.constantFrom<Call>('reduce', 'allreduce', 'scan', 'exscan', 'reduceScatter', 'reduceScatterBlock');
const rest = {
  length: fc.constantFrom(0, 1, 2, 3, 5, 16, 17, 40, 300),
  root: fc.nat(8),
  salt: fc.nat(20),
  algorithm: fc.nat(4),
  inPlace: fc.boolean(),
  starts: fc.constantFrom(0, 0, 1, 3),
};

export const reduction: Kind<Reduction, unknown> = {
  data: fc.oneof(
    fc.record({ call: anyCall, form: fc.constantFrom(...INTEGERS), op: fc.constantFrom(...FOR_INTEGERS), ...rest }),
    fc.record({ call: anyCall, form: fc.constantFrom(...FLOATS), op: fc.constantFrom(...FOR_FLOATS), ...rest }),
    fc.record({
      call: whole,
      form: fc.constantFrom(...Object.keys(FORMS)),
      op: fc.constantFrom(...Object.keys(SCALAR).filter((op) => op !== 'plus' && op !== 'compose')),
      ...rest,
    }),
    fc.record({ call: whole, form: fc.constant('numbers'), op: fc.constantFrom('matmul', 'join'), ...rest }),
  ),
  run,
  verify: expecting(expected),
  inRow: ({ starts }) => starts > 1,
};
