/** The part of the matrix that combines values. */
import ndarray from 'ndarray';
import * as ops from '../../../src/collectives/ops.ts';
import { TWO_LEVEL } from '../../../src/collectives/registry.ts';
import { offsetsOf } from '../../../src/collectives/shapes/blocks.ts';
import { DType, type TypedArray } from '../../../src/wire/dtype.ts';
import type { Part, Run } from './checks.ts';
import type { Options } from './comm.ts';
import { arrayFor, compose, DTYPES, foldArrays, foldKind, INTEGERS, KINDS, mapsFor, pairsFor } from './oracle.ts';

const elementCompose = ops.createOp(compose, { elementwise: true, name: 'compose' });
const plus = ops.createOp((a: number, b: number) => a + b, { elementwise: true, commutative: true, name: 'plus' });
const join = (a: string, b: string): string => a + b;
/** Changes its operand, as many programs do. */
const addTo = (a: Float64Array, b: Float64Array): Float64Array => {
  for (let i = 0; i < a.length; i++) a[i] = (a[i] ?? 0) + (b[i] ?? 0);
  return a;
};

/** A reduction whose result every rank checks: the ranks whose values this one gets combined, or none. */
interface Case {
  /** The ranks whose values are combined here. */
  readonly over: readonly number[];
  call(value: unknown, op: ops.OpLike, options: Options): Promise<unknown>;
}

/** What holds for reduce, allreduce, scan and exscan alike. */
async function reduces(
  { comm, checks, lengths, scattered }: Run,
  label: string,
  algorithm: string | undefined,
  subject: Case,
  deep: boolean,
) {
  const { rank } = comm;
  const { over, call } = subject;
  const expect = (value: () => unknown): unknown => (over.length === 0 ? undefined : value());
  const reorders = algorithm === 'ring' || (algorithm === TWO_LEVEL && scattered);

  for (const length of lengths) {
    const sum = expect(() =>
      foldArrays(
        over.map((r) => arrayFor(DType.FLOAT64, length, r)),
        (a: number, b: number) => a + b,
      ),
    );
    const input = arrayFor(DType.FLOAT64, length, rank);
    checks.equal(`${label} SUM`, await call(input, ops.SUM, { algorithm }), sum);
    checks.equal(`${label} leaves its input`, input, arrayFor(DType.FLOAT64, length, rank));
    const out = new Float64Array(length + 3).fill(-1);
    const got = await call(input, plus, { algorithm, out });
    checks.equal(`${label} out`, got, over.length === 0 ? undefined : out);
    if (over.length > 0) checks.equal(`${label} fills out`, out.subarray(0, length), sum);
    checks.equal(`${label} tail`, out.subarray(length), new Float64Array(3).fill(-1));
    await call(input, ops.SUM, { algorithm, out: input });
    checks.equal(`${label} in place`, input, sum ?? arrayFor(DType.FLOAT64, length, rank));
    if (!reorders) {
      const maps = expect(() =>
        foldArrays(
          over.map((r) => mapsFor(length, r)),
          compose,
        ),
      );
      checks.equal(`${label} compose`, await call(mapsFor(length, rank), elementCompose, { algorithm }), maps);
      const own = mapsFor(length, rank);
      await call(own, elementCompose, { algorithm, out: own });
      checks.equal(`${label} compose in place`, own, maps ?? mapsFor(length, rank));
      const last = expect(() => mapsFor(length, over.at(-1) ?? 0));
      checks.equal(`${label} REPLACE`, await call(mapsFor(length, rank), ops.REPLACE, { algorithm }), last);
      const first = expect(() => mapsFor(length, over[0] ?? 0));
      checks.equal(`${label} NO_OP`, await call(mapsFor(length, rank), ops.NO_OP, { algorithm }), first);
    }
    const pairs = expect(() =>
      foldKind(
        over.map((r) => pairsFor(length, r)),
        ops.MINLOC,
      ),
    );
    checks.equal(`${label} MINLOC`, await call(pairsFor(length, rank), ops.MINLOC, { algorithm }), pairs);
  }
  if (!deep) return;

  const length = comm.size + 1;
  for (const dtype of DTYPES) {
    const inputs = over.map((r) => arrayFor(dtype, length, r));
    for (const op of [ops.SUM, ops.MIN, ops.MAX, ops.LAND, ops.LXOR]) {
      const got = await call(arrayFor(dtype, length, rank), op, { algorithm });
      checks.equal(
        `${label} ${op.name} of dtype ${dtype}`,
        got,
        expect(() => foldKind(inputs, op)),
      );
    }
    if (!INTEGERS.includes(dtype)) continue;
    // Products of floats depend on how they are grouped.
    for (const op of [ops.PROD, ops.BAND, ops.BOR, ops.BXOR]) {
      const got = await call(arrayFor(dtype, length, rank), op, { algorithm });
      checks.equal(
        `${label} ${op.name} of dtype ${dtype}`,
        got,
        expect(() => foldKind(inputs, op)),
      );
    }
  }

  const two = (r: number) => arrayFor(DType.INT32, 6, r) as Int32Array;
  const grid = expect(() => ndarray(foldKind(over.map(two), ops.MAX) as Int32Array, [2, 3]));
  checks.equal(`${label} ndarray`, await call(ndarray(two(rank), [2, 3]), ops.MAX, { algorithm }), grid);
  const gaps = ndarray(new Int32Array(24).fill(8), [2, 3], [12, 4], 1);
  await call(ndarray(two(rank), [2, 3]), ops.MAX, { algorithm, out: gaps });
  const spread = new Int32Array(24).fill(8);
  if (over.length > 0) {
    const elements = foldKind(over.map(two), ops.MAX) as Int32Array;
    for (let i = 0; i < 6; i++) spread[1 + Math.floor(i / 3) * 12 + (i % 3) * 4] = elements[i] ?? 0;
  }
  checks.equal(`${label} strided out`, gaps.data, spread);

  for (const { name, value, op, expected } of KINDS) {
    const got = await call(value(rank), op, { algorithm });
    checks.equal(
      `${label} ${op.name} of ${name}`,
      got,
      expect(() => expected(over)),
    );
  }
  if (reorders) {
    await checks.rejects(`${label} texts`, call(`<${rank}>`, join, { algorithm }), 'ERR_ARG');
  } else {
    const texts = expect(() => over.map((r) => `<${r}>`).join(''));
    checks.equal(`${label} texts`, await call(`<${rank}>`, join, { algorithm }), texts);
  }
  const whole = Float64Array.of(rank, 1);
  const added = await call(whole, ops.createOp(addTo, { commutative: true }), { algorithm });
  checks.equal(
    `${label} whole arrays`,
    added,
    expect(() =>
      Float64Array.of(
        over.reduce((a, b) => a + b, 0),
        over.length,
      ),
    ),
  );
  checks.equal(`${label} leaves what ops change`, whole, Float64Array.of(rank, 1));
  if (over.length === 0) return;
  const short = new Float64Array(2).fill(5);
  await checks.rejects(
    `${label} short out`,
    call(new Float64Array(9), ops.SUM, { algorithm, out: short }),
    'ERR_TRUNCATE',
  );
  checks.equal(`${label} short out is untouched`, short, new Float64Array(2).fill(5));
  await checks.rejects(
    `${label} other out`,
    call(new Float64Array(1), ops.SUM, { algorithm, out: new Int8Array(4) }),
    'ERR_TYPE',
  );
}

/** Ranks without a result must take part in what the others check. */
async function follows(subject: Case, algorithm: string | undefined, deep: boolean): Promise<void> {
  if (!deep || subject.over.length > 0) return;
  await subject.call(new Float64Array(9), ops.SUM, { algorithm });
  await subject.call(new Float64Array(1), ops.SUM, { algorithm });
}

async function both(
  run: Run,
  label: string,
  algorithm: string | undefined,
  subject: Case,
  deep: boolean,
): Promise<void> {
  await reduces(run, label, algorithm, subject, deep);
  await follows(subject, algorithm, deep);
}

/** For both reduce-scatters: the same arrays, and the part of this rank. */
async function scatters(
  { comm, checks, ranks }: Run,
  label: string,
  counts: readonly number[],
  call: (array: unknown, op: ops.OpLike, options: Options) => Promise<unknown>,
  algorithm: string | undefined,
): Promise<void> {
  const { rank } = comm;
  const reorders = algorithm === 'pairwise' || algorithm === 'recursiveHalving';
  const offsets = offsetsOf(counts);
  const from = offsets[rank] ?? 0;
  const to = offsets[rank + 1] ?? 0;
  const length = offsets.at(-1) ?? 0;
  const part = (whole: unknown) => (whole as TypedArray).slice(from, to);
  for (const dtype of DTYPES) {
    const sum = foldKind(
      ranks.map((r) => arrayFor(dtype, length, r)),
      ops.SUM,
    );
    const input = arrayFor(dtype, length, rank);
    checks.equal(`${label} SUM`, await call(input, ops.SUM, { algorithm }), part(sum));
    checks.equal(`${label} leaves its input`, input, arrayFor(dtype, length, rank));
    const got = await call(input, ops.SUM, { algorithm, out: input });
    checks.equal(`${label} in place`, (got as TypedArray).subarray(0, to - from), part(sum));
  }
  if (!reorders) {
    const maps = foldArrays(
      ranks.map((r) => mapsFor(length, r)),
      compose,
    );
    checks.equal(`${label} compose`, await call(mapsFor(length, rank), elementCompose, { algorithm }), part(maps));
    const own = mapsFor(length, rank);
    const got = await call(own, elementCompose, { algorithm, out: own });
    checks.equal(`${label} compose in place`, (got as TypedArray).subarray(0, to - from), part(maps));
  }
  const list = (r: number) => Array.from(mapsFor(length, r));
  const numbers = Array.from(
    foldKind(
      ranks.map((r) => mapsFor(length, r)),
      ops.SUM,
    ) as Float64Array,
  ).slice(from, to);
  checks.equal(`${label} numbers`, await call(list(rank), ops.SUM, { algorithm }), numbers);
  const bigints = await call(list(rank).map(BigInt), ops.SUM, { algorithm });
  checks.equal(`${label} bigints`, bigints, numbers.map(BigInt));
  const texts = await call(
    list(rank).map((x) => [x]),
    (a: number[][], b: number[][]) => a.map((x, i) => [...x, ...(b[i] ?? [])]),
    { algorithm: undefined },
  );
  checks.equal(
    `${label} whole parts`,
    texts,
    Array.from({ length: to - from }, (_, i) => ranks.map((r) => list(r)[from + i])),
  );
}

export const REDUCTIONS: Readonly<Record<string, Part>> = {
  async reduce(run, algorithm, label) {
    const { comm, ranks, roots } = run;
    for (const root of roots) {
      const subject: Case = {
        over: comm.rank === root ? ranks : [],
        call: (value, op, options) => comm.reduce(value, op, root, options),
      };
      await both(run, `${label} root ${root}`, algorithm, subject, root === roots.at(-1));
      if (algorithm === TWO_LEVEL && run.scattered) continue;
      // Values that travel whole take a tree of their own: in order whatever the root.
      const texts = await comm.reduce(`<${comm.rank}>`, join, root, { algorithm });
      const expected = comm.rank === root ? ranks.map((r) => `<${r}>`).join('') : undefined;
      run.checks.equal(`${label} root ${root} texts`, texts, expected);
    }
  },

  async allreduce(run, algorithm, label) {
    const { comm, ranks } = run;
    await both(
      run,
      label,
      algorithm,
      { over: ranks, call: (value, op, options) => comm.allreduce(value, op, options) },
      true,
    );
  },

  async scan(run, algorithm, label) {
    const { comm, ranks } = run;
    const over = ranks.slice(0, comm.rank + 1);
    await both(run, label, algorithm, { over, call: (value, op, options) => comm.scan(value, op, options) }, true);
  },

  async exscan(run, algorithm, label) {
    const { comm, ranks } = run;
    const over = ranks.slice(0, comm.rank);
    await both(run, label, algorithm, { over, call: (value, op, options) => comm.exscan(value, op, options) }, true);
  },

  async reduceScatter(run, algorithm, label) {
    const { comm, ranks } = run;
    for (const counts of [
      ranks.map((rank) => (rank * 3) % 4),
      ranks.map((rank) => (rank === 1 ? 0 : 5)),
      ranks.map((rank) => (rank === ranks.length - 1 ? 5 : 0)),
      ranks.map(() => 0),
    ]) {
      await scatters(
        run,
        label,
        counts,
        (array, op, options) => comm.reduceScatter(array, counts, op, options),
        algorithm,
      );
    }
  },

  async reduceScatterBlock(run, algorithm, label) {
    const { comm, ranks } = run;
    for (const count of [0, 1, 4]) {
      const counts = ranks.map(() => count);
      await scatters(
        run,
        label,
        counts,
        (array, op, options) => comm.reduceScatterBlock(array, op, options),
        algorithm,
      );
    }
  },
};
