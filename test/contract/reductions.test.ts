/** The reductions of section 4 by example: the numbers and corners that a reader would try first. The matrix holds the rest. */
import ndarray, { type NdArray } from 'ndarray';
import { describe, expect, it } from 'vitest';
import * as ops from '../../src/collectives/ops.ts';
import { runs } from '../helpers/runs.ts';

const { SUM, PROD, MIN, MAX, LAND, LOR, LXOR, BAND, BOR, BXOR, MINLOC, MAXLOC, REPLACE, NO_OP } = ops;
const code = (value: string) => expect.objectContaining({ code: value });
const INT_MAX = 2 ** 31 - 1;

/** What three ranks give, the op, and what it makes of them. */
const reductions: [what: string, values: [unknown, unknown, unknown], op: ops.Op, result: unknown][] = [
  ['MIN passes NaN on', [1, Number.NaN, -1], MIN, Number.NaN],
  [
    'MAX passes NaN on',
    [Float32Array.of(1), Float32Array.of(Number.NaN), Float32Array.of(2)],
    MAX,
    Float32Array.of(Number.NaN),
  ],
  ['MIN orders -0 below 0', [0, -0, 0], MIN, -0],
  ['MAX orders -0 below 0', [Float64Array.of(-0), Float64Array.of(0), Float64Array.of(-0)], MAX, Float64Array.of(0)],
  [
    'Int32 products beyond 2^53 are those of Math.imul',
    [Int32Array.of(INT_MAX), Int32Array.of(INT_MAX), Int32Array.of(3)],
    PROD,
    Int32Array.of(3),
  ],
  [
    'Uint32 products wrap',
    [Uint32Array.of(0xffffffff), Uint32Array.of(0xfffffffe), Uint32Array.of(1)],
    PROD,
    Uint32Array.of(2),
  ],
  ['Int8 sums wrap', [Int8Array.of(127), Int8Array.of(1), Int8Array.of(0)], SUM, Int8Array.of(-128)],
  ['Uint8 sums wrap', [Uint8Array.of(200), Uint8Array.of(100), Uint8Array.of(1)], SUM, Uint8Array.of(45)],
  [
    'Uint8Clamped sums saturate',
    [Uint8ClampedArray.of(200), Uint8ClampedArray.of(100), Uint8ClampedArray.of(1)],
    SUM,
    Uint8ClampedArray.of(255),
  ],
  ['Int16 products wrap', [Int16Array.of(300), Int16Array.of(300), Int16Array.of(1)], PROD, Int16Array.of(24464)],
  [
    'BigInt64 sums wrap',
    [BigInt64Array.of(2n ** 63n - 1n), BigInt64Array.of(1n), BigInt64Array.of(0n)],
    SUM,
    BigInt64Array.of(-(2n ** 63n)),
  ],
  [
    'BigUint64 sums wrap',
    [BigUint64Array.of(2n ** 64n - 1n), BigUint64Array.of(2n), BigUint64Array.of(0n)],
    SUM,
    BigUint64Array.of(1n),
  ],
  [
    'BigUint64 products wrap',
    [BigUint64Array.of(2n ** 63n), BigUint64Array.of(2n), BigUint64Array.of(5n)],
    PROD,
    BigUint64Array.of(0n),
  ],
  ['single bigints do not wrap', [2n ** 63n, 2n ** 63n, 1n], SUM, 2n ** 64n + 1n],
  [
    'BXOR works on BigInt64',
    [BigInt64Array.of(-1n), BigInt64Array.of(5n), BigInt64Array.of(8n)],
    BXOR,
    BigInt64Array.of(-14n),
  ],
  [
    'BAND and BOR take numbers',
    [
      [6, 1],
      [3, 2],
      [7, 4],
    ],
    BAND,
    [2, 0],
  ],
  ['BOR takes single numbers', [1, 2, 8], BOR, 11],
  [
    'LAND makes numbers of numbers',
    [
      [5, 0],
      [-1, 1],
      [Number.NaN, 2],
    ],
    LAND,
    [0, 0],
  ],
  [
    'LOR',
    [
      [0, 0],
      [0, 7],
      [0, 0],
    ],
    LOR,
    [0, 1],
  ],
  ['LXOR', [Uint8Array.of(1, 1), Uint8Array.of(2, 0), Uint8Array.of(4, 9)], LXOR, Uint8Array.of(1, 0)],
  ['LAND on booleans gives a boolean', [true, true, true], LAND, true],
  ['LXOR on booleans', [true, true, true], LXOR, true],
  [
    'MINLOC ties take the lower location',
    [
      [2, 9],
      [2, 4],
      [2, 7],
    ],
    MINLOC,
    [2, 4],
  ],
  [
    'MAXLOC ties take the lower location',
    [
      [2, 9],
      [5, 8],
      [5, 6],
    ],
    MAXLOC,
    [5, 6],
  ],
  [
    'MAXLOC on interleaved pairs',
    [Int32Array.of(1, 0, 9, 0), Int32Array.of(4, 1, 9, 1), Int32Array.of(4, 2, 3, 2)],
    MAXLOC,
    Int32Array.of(4, 1, 9, 0),
  ],
  [
    'MINLOC on a list of pairs',
    [
      [
        [3, 0],
        [1, 0],
      ],
      [
        [2, 1],
        [1, 1],
      ],
      [
        [2, 2],
        [0, 2],
      ],
    ],
    MINLOC,
    [
      [2, 1],
      [0, 2],
    ],
  ],
  [
    'MINLOC on a matrix of pairs',
    [
      ndarray(Float64Array.of(3, 0), [1, 2]),
      ndarray(Float64Array.of(1, 1), [1, 2]),
      ndarray(Float64Array.of(1, 2), [1, 2]),
    ],
    MINLOC,
    ndarray(Float64Array.of(1, 1), [1, 2]),
  ],
  ['REPLACE takes the last rank', [[1], [2], [3]], REPLACE, [3]],
  ['NO_OP takes the first rank', ['a', 'b', 'c'], NO_OP, 'a'],
  ['empty arrays stay empty', [new Int8Array(0), new Int8Array(0), new Int8Array(0)], SUM, new Int8Array(0)],
  [
    'an ndarray of no dimension is one number',
    [ndarray(Float64Array.of(1), []), ndarray(Float64Array.of(2), []), ndarray(Float64Array.of(3), [])],
    SUM,
    ndarray(Float64Array.of(6), []),
  ],
];

/** ndarrays compare by shape and elements. */
const plain = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'stride' in value
    ? { shape: (value as unknown as NdArray).shape, data: (value as unknown as NdArray).data }
    : value;

describe.each(runs)('reductions over %s', (_name, run) => {
  it('give on every rank what the contract says of each op and type', async () => {
    const results = await run(3, async (comm) => {
      const got: unknown[][] = [];
      for (const [, values, op] of reductions) {
        const value = values[comm.rank];
        const all = await comm.allreduce(value, op);
        const rooted = await comm.reduce(value, op, 1);
        got.push([all, rooted, await comm.scan(value, op), await comm.exscan(value, op)].map(plain));
      }
      return got;
    });
    for (const [i, [what, values, , result]] of reductions.entries()) {
      const expected = plain(result);
      for (const rank of [0, 1, 2]) expect(results[rank]?.[i]?.[0], what).toStrictEqual(expected);
      expect(
        results.map((rank) => rank[i]?.[1]),
        what,
      ).toStrictEqual([undefined, expected, undefined]);
      expect(results[2]?.[i]?.[2], what).toStrictEqual(expected);
      // `exscan` is undefined on rank 0, and what rank 0 gave on rank 1.
      expect(results[0]?.[i]?.[3], what).toBe(undefined);
      expect(results[1]?.[i]?.[3], what).toStrictEqual(plain(values[0]));
    }
  });

  it('by a function get whole values in rank order, whatever the root', async () => {
    const join = (a: unknown[], b: unknown[]) => [...a, ...b];
    const results = await run(5, async (comm) => {
      const rooted: unknown[] = [];
      for (let root = 0; root < 5; root++) rooted.push((await comm.reduce([comm.rank], join, root)) ?? null);
      const matrix = await comm.allreduce(ndarray(Float64Array.of(comm.rank), [1, 1]), (a: { shape: number[] }) => a);
      return { rooted, all: await comm.allreduce(`${comm.rank}`, (a: string, b: string) => a + b), matrix };
    });
    for (const [rank, { rooted, all, matrix }] of results.entries()) {
      expect(rooted).toEqual([0, 1, 2, 3, 4].map((root) => (root === rank ? [0, 1, 2, 3, 4] : null)));
      expect(all).toBe('01234');
      expect(matrix.shape).toEqual([1, 1]);
    }
  });

  it('by an op of createOp keep order over a hundred thousand elements in pieces, or take any order if it commutes', async () => {
    const LENGTH = 100_000;
    // Affine maps x → a·x + b modulo 256, packed: associative, and f∘g is seldom g∘f.
    const compose = (f: number, g: number) =>
      ((((f >> 8) * (g >> 8)) & 255) << 8) | (((g >> 8) * (f & 255) + (g & 255)) & 255);
    const element = (rank: number, i: number) => ((i * 7 + rank * 13) & 0xffff) | 256;
    const input = (rank: number) => Int32Array.from({ length: LENGTH }, (_, i) => element(rank, i));
    const op = ops.createOp(compose, { elementwise: true, name: 'compose' });
    const largest = ops.createOp(Math.max, { elementwise: true, commutative: true });
    const results = await run(4, async (comm) => [
      await comm.allreduce(input(comm.rank), op),
      await comm.allreduce(input(comm.rank), largest),
      await comm.scan(input(comm.rank), op),
    ]);
    const expected = input(0);
    for (const rank of [1, 2, 3]) for (const [i, f] of expected.entries()) expected[i] = compose(f, element(rank, i));
    for (const [all, , prefix] of results) {
      expect(Buffer.compare(bytesOf(all), bytesOf(expected))).toBe(0);
      expect(prefix?.length).toBe(LENGTH);
    }
    expect(Buffer.compare(bytesOf(results[3]?.[2]), bytesOf(expected))).toBe(0);
    expect(results[1]?.[1]?.[0]).toBe(element(3, 0));
  });

  it('refuse an op that returns a promise, on however many ranks: ERR_OP', async () => {
    for (const size of [2, 4]) {
      const later = async (a: string, b: string) => a + b;
      const errors = await run(size, (comm) => comm.allreduce('x', later).catch((error: unknown) => error as Error));
      expect(errors.map((error) => (error as { code?: string }).code)).toContain('ERR_OP');
      expect(errors.every((error) => error instanceof Error)).toBe(true);
    }
  });

  it('refuse what they cannot reduce with ERR_TYPE, and go on: holes, strings, mixtures, objects, null', async () => {
    const sums = await run(2, async (comm) => {
      const wrong = [
        Object.assign(new Array(3), { 0: 1, 2: 3 }),
        ['1', '2'],
        [1, '2'],
        [1, 2n],
        [null],
        [[1]],
        'text',
        null,
        undefined,
        { a: 1 },
        new Date(0),
      ];
      for (const value of wrong) {
        for (const call of [comm.allreduce(value), comm.reduce(value, MAX), comm.scan(value), comm.exscan(value)])
          await expect(call).rejects.toEqual(code('ERR_TYPE'));
        await expect(comm.reduceScatterBlock(value)).rejects.toEqual(code('ERR_TYPE'));
      }
      return comm.allreduce(1);
    });
    expect(sums).toEqual([2, 2]);
  });
});

function bytesOf(array: Int32Array | undefined): Buffer {
  return Buffer.from((array as Int32Array).buffer);
}
