import ndarray from 'ndarray';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { describeFingerprint, UNKNOWN } from '../../src/collectives/calls.ts';
import * as ops from '../../src/collectives/ops.ts';
import { COLLECTIVES } from '../../src/collectives/registry.ts';
import { DType } from '../../src/wire/dtype.ts';
import { type LocalComm, runLocal } from './helpers/local.ts';

/** The outcome of a call on the only rank there is, and whether it was opened. */
async function alone(
  call: (comm: LocalComm) => Promise<unknown>,
): Promise<{ code: string; message: string; opened: number }> {
  const [outcome] = await runLocal(1, async (comm) => {
    const error = await call(comm).then(
      () => ({ code: 'none', message: '' }),
      (reason: Error & { code: string }) => ({ code: reason.code, message: reason.message }),
    );
    return { ...error, opened: comm.opened };
  });
  if (outcome === undefined) throw new Error('no rank');
  return outcome;
}

function detachedArray(): Float64Array {
  const array = new Float64Array(4);
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
}

describe('wrong arguments are refused before a byte is sent', () => {
  const cases: [string, (comm: LocalComm) => Promise<unknown>, string, RegExp][] = [
    ['a root that is no rank', (c) => c.bcast(1, 1), 'ERR_ROOT', /bcast: root must be a rank from 0 to 0, not 1/],
    ['a negative root', (c) => c.reduce(1, ops.SUM, -1), 'ERR_ROOT', /reduce: root/],
    ['half a root', (c) => c.gather(1, 0.5), 'ERR_ROOT', /not 0\.5/],
    [
      'too many values',
      (c) => c.scatter([1, 2]),
      'ERR_COUNT',
      /the number of values must be 1, one for each rank, not 2/,
    ],
    ['values that are no array', (c) => c.alltoall('ab' as never), 'ERR_TYPE', /values must be an array/],
    ['an op that is none', (c) => c.allreduce(1, 'SUM' as never), 'ERR_OP', /the op must be SUM.*not 'SUM'/],
    ['createOp of nothing', async () => ops.createOp(undefined as never), 'ERR_OP', /createOp/],
    ['text under SUM', (c) => c.allreduce('text'), 'ERR_TYPE', /SUM works on numbers.*not on 'text'.*pass a function/],
    ['a Map under SUM', (c) => c.allreduce(new Map()), 'ERR_TYPE', /an object of class Map/],
    ['an array with text', (c) => c.allreduce([1, 'x']), 'ERR_TYPE', /'x' \(element 1 of an array\)/],
    ['an array with a hole', (c) => c.allreduce([1, undefined]), 'ERR_TYPE', /element 1/],
    ['nested arrays', (c) => c.allreduce([[1], [2]]), 'ERR_TYPE', /element 0/],
    ['numbers and bigints', (c) => c.allreduce([1, 2n]), 'ERR_TYPE', /2n \(element 1/],
    ['a DataView', (c) => c.allreduce(new DataView(new ArrayBuffer(8))), 'ERR_TYPE', /a DataView of 8/],
    [
      'bits of floats',
      (c) => c.allreduce(new Float32Array(2), ops.BAND),
      'ERR_OP',
      /BAND takes integers, not Float32Array/,
    ],
    ['bits of fractions', (c) => c.allreduce([1, 0.5], ops.BOR), 'ERR_OP', /BOR takes integers, not 0\.5/],
    [
      'half a pair',
      (c) => c.scan(new Int32Array(3), ops.MINLOC),
      'ERR_COUNT',
      /\[value, location\] pairs, must be even, not 3/,
    ],
    ['a number for a pair', (c) => c.scan(3, ops.MAXLOC), 'ERR_TYPE', /a \[value, location\] pair/],
    ['triples for pairs', (c) => c.scan([[1, 2, 3]], ops.MAXLOC), 'ERR_TYPE', /element 0/],
    ['a detached array', (c) => c.allreduce(detachedArray()), 'ERR_BUFFER', /detached/],
    ['a detached out', (c) => c.allreduce(new Float64Array(4), ops.SUM, { out: detachedArray() }), 'ERR_BUFFER', /out/],
    ['an out that is no array', (c) => c.bcast(1, 0, { out: {} }), 'ERR_TYPE', /out must be/],
    [
      'no flat array',
      (c) => c.allgatherv([1, 2]),
      'ERR_TYPE',
      /allgatherv: array must be a TypedArray, not an array of 2/,
    ],
    ['too few counts', (c) => c.scatterv(new Int8Array(2), []), 'ERR_COUNT', /the length of counts must be 1/],
    [
      'counts beyond the array',
      (c) => c.scatterv(new Int8Array(2), [3]),
      'ERR_COUNT',
      /the sum of counts must be at most 2/,
    ],
    [
      'displs beyond it',
      (c) => c.scatterv(new Int8Array(2), [2], 0, { displs: [1] }),
      'ERR_COUNT',
      /counts and displs/,
    ],
    [
      'a negative count',
      (c) => c.alltoallv(new Int8Array(2), [-1]),
      'ERR_COUNT',
      /sendCounts\[0\] must be a number of elements, not -1/,
    ],
    ['no counts', (c) => c.scatterv(new Int8Array(2), undefined), 'ERR_TYPE', /counts must be an array of 1 numbers/],
    [
      'counts of another sum',
      (c) => c.reduceScatter(new Int8Array(4), [3]),
      'ERR_COUNT',
      /the sum of counts must be 4.*not 3/,
    ],
    ['a function', (c) => c.allgather(() => 1), 'ERR_TYPE', /function/],
    ['an unknown algorithm', (c) => c.allgather(1, { algorithm: 'star' }), 'ERR_ARG', /one of bruck, ring/],
    ['an unknown algorithm for values', (c) => c.allreduce(1n, ops.SUM, { algorithm: 'star' }), 'ERR_ARG', /star/],
  ];

  it.each(cases)('%s', async (_, call, code, message) => {
    const outcome = await alone(call);
    expect(outcome).toMatchObject({ code, opened: 0 });
    expect(outcome.message).toMatch(message);
  });

  it('parts that can not be equal', async () => {
    await runLocal(3, async (comm) => {
      await expect(comm.reduceScatterBlock(new Int8Array(4))).rejects.toMatchObject({ code: 'ERR_COUNT' });
      await expect(comm.reduceScatter(new Int8Array(4), [1, 2, 1], ops.MINLOC)).rejects.toMatchObject({
        code: 'ERR_COUNT',
      });
      expect(comm.opened).toBe(0);
    });
  });
});

describe('allreduce', () => {
  it.each(['recursiveDoubling', 'rabenseifner', 'ring'])(
    'by %s gives all ranks the same bits, every time',
    async (algorithm) => {
      for (const size of [2, 3, 5, 6, 7, 8, 13]) {
        const bits = async (seed: number) => {
          const results = await runLocal(
            size,
            async (comm) => {
              const random = seededRandom(comm.rank);
              const input = Float64Array.from(
                { length: 501 },
                () => (random() - 0.5) * 10 ** Math.floor(random() * 30),
              );
              return Buffer.from((await comm.allreduce(input, ops.SUM, { algorithm })).buffer).toString('hex');
            },
            { seed },
          );
          expect(new Set(results).size).toBe(1);
          return results[0];
        };
        expect(await bits(1)).toBe(await bits(2));
      }
    },
  );

  it('of a large vector by an elementwise op gets its elements in rank order', async () => {
    const op = ops.createOp((a: number, b: number) => (a === 0 ? b : a), { elementwise: true });
    const results = await runLocal(4, async (comm) => {
      const input = new Float64Array(100_000).fill(comm.rank === 0 ? 0 : comm.rank);
      return (await comm.allreduce(input, op)).every((element) => element === 1);
    });
    expect(results).toEqual([true, true, true, true]);
  });

  it('gives class instances as plain objects on every rank, and never the same object', async () => {
    class Box {
      readonly value: number;
      constructor(value: number) {
        this.value = value;
      }
    }
    for (const size of [1, 3]) {
      await runLocal(size, async (comm) => {
        const box = new Box(comm.rank);
        const best = await comm.allreduce(box, (a: Box, b: Box) => (b.value > a.value ? b : a));
        expect(best).toEqual({ value: size - 1 });
        expect(best).not.toBe(box);
      });
    }
  });

  it('keeps a Buffer a Buffer and an ndarray of no elements its shape', async () => {
    await runLocal(3, async (comm) => {
      const buffer = await comm.allreduce(Buffer.from([comm.rank, 200]));
      expect(Buffer.isBuffer(buffer)).toBe(true);
      expect([...buffer]).toEqual([3, 88]);
      const empty = await comm.allreduce(ndarray(new Float32Array(0), [2, 0, 3]));
      expect(empty.shape).toEqual([2, 0, 3]);
    });
  });

  it('reads a strided ndarray in C order', async () => {
    await runLocal(2, async (comm) => {
      const transposed = ndarray(Int32Array.of(1, 2, 3, 4, 5, 6), [2, 3]).transpose(1, 0);
      const sum = await comm.allreduce(transposed);
      expect(sum.shape).toEqual([3, 2]);
      expect(sum.data).toEqual(Int32Array.of(2, 8, 4, 10, 6, 12));
      await comm.allreduce(transposed, ops.SUM, { out: transposed });
      expect(transposed.data).toEqual(Int32Array.of(2, 4, 6, 8, 10, 12));
    });
  });

  it('into an out that overlaps the input in part reads the operands first', async () => {
    await runLocal(4, async (comm) => {
      for (const shift of [-3, 1, 5]) {
        const memory = new Float64Array(40);
        const input = memory.subarray(8, 24).fill(comm.rank);
        const out = memory.subarray(8 + shift, 24 + shift);
        for (const algorithm of Object.keys(COLLECTIVES.allreduce.algorithms)) {
          input.fill(comm.rank);
          await comm.allreduce(input, ops.SUM, { out, algorithm });
          expect(out.every((element) => element === 6)).toBe(true);
        }
      }
    });
  });

  it('under an elementwise op that returns no number rejects, and says so', async () => {
    const forgetful = ops.createOp((() => {}) as never, { elementwise: true, name: 'forgetful' });
    const call = runLocal(2, (comm) => comm.allreduce(new Float64Array(3), forgetful));
    await expect(call).rejects.toThrow(
      'forgetful: an elementwise op must return a number for elements of this kind, not undefined',
    );
  });

  it('under an op that throws rejects with what it has thrown, half-way', async () => {
    const failing = ops.createOp(() => raise('no such pair'), { elementwise: true });
    const array = runLocal(2, (comm) => comm.allreduce(new Float64Array(3), failing));
    await expect(array).rejects.toThrow('no such pair');
    const value = runLocal(2, (comm) => comm.allreduce('text', () => raise('no such text')));
    await expect(value).rejects.toThrow('no such text');
  });
});

function raise(message: string): never {
  throw new Error(message);
}

describe('collectives in flight', () => {
  it('at the same time finish with their own values, whatever the order of delivery', async () => {
    for (let seed = 0; seed < 20; seed++) {
      await runLocal(
        5,
        async (comm) => {
          const results = await Promise.all([
            comm.allreduce(comm.rank),
            comm.bcast(comm.rank === 3 ? new Float64Array(50).fill(3) : undefined, 3),
            comm.barrier(),
            comm.gather(`rank ${comm.rank}`, 1),
            comm.allreduce(new Int32Array(100).fill(comm.rank), ops.MAX, { algorithm: 'ring' }),
            comm.scan(1n),
          ]);
          expect(results).toEqual([
            10,
            new Float64Array(50).fill(3),
            undefined,
            comm.rank === 1 ? [0, 1, 2, 3, 4].map((rank) => `rank ${rank}`) : undefined,
            new Int32Array(100).fill(4),
            BigInt(comm.rank + 1),
          ]);
        },
        { seed, segmentBytes: 64 },
      );
    }
  });

  it('take their numbers in the order of the calls, each closed once', async () => {
    await runLocal(3, async (comm) => {
      const first = comm.allreduce(1);
      expect(comm.opened).toBe(1);
      const second = comm.bcast(comm.rank, 0);
      expect(comm.opened).toBe(2);
      await Promise.all([first, second]);
      expect(comm.closed).toBe(2);
    });
  });

  it('on one rank open and close a call too', async () => {
    await runLocal(1, async (comm) => {
      await comm.barrier();
      await comm.allreduce(1);
      await comm.alltoall([1]);
      expect([comm.opened, comm.closed]).toEqual([3, 3]);
    });
  });
});

describe('values', () => {
  it('a rank gives itself arrive as copies', async () => {
    for (const size of [1, 2]) {
      await runLocal(size, async (comm) => {
        const value = { rank: comm.rank };
        const gathered = await comm.allgather(value);
        expect((gathered as object[])[comm.rank]).toEqual(value);
        expect((gathered as object[])[comm.rank]).not.toBe(value);
        const array = new Float64Array(3).fill(comm.rank);
        const all = (await comm.alltoall(Array.from({ length: size }, () => array))) as Float64Array[];
        array.fill(-1);
        expect(all[comm.rank]).toEqual(new Float64Array(3).fill(comm.rank));
        const part = (await comm.scatter(
          comm.rank === 0 ? Array.from({ length: size }, () => array) : undefined,
        )) as Float64Array;
        expect(part.buffer).not.toBe(array.buffer);
      });
    }
  });

  it('that do not fit out leave it as it is and the ranks together', async () => {
    await runLocal(3, async (comm) => {
      const short = new Float64Array(4).fill(7);
      await expect(comm.allgather(new Float64Array(2), { out: short })).rejects.toMatchObject({ code: 'ERR_TRUNCATE' });
      await expect(comm.allgather('text', { out: short })).rejects.toMatchObject({ code: 'ERR_TYPE' });
      await expect(comm.allgatherv(new Int8Array(9), { out: short })).rejects.toMatchObject({ code: 'ERR_TYPE' });
      const parts = comm.rank === 0 ? [1, 2, 3].map(() => new Float64Array(5)) : undefined;
      await expect(comm.scatter(parts, 0, { out: short })).rejects.toMatchObject({ code: 'ERR_TRUNCATE' });
      await expect(comm.allreduce(1n, ops.SUM, { out: short })).rejects.toMatchObject({ code: 'ERR_TYPE' });
      expect(short).toEqual(new Float64Array(4).fill(7));
      expect(comm.closed).toBe(comm.opened);
      expect(await comm.allreduce(1)).toBe(3);
    });
  });

  it.each([2, 3, 4])('of unequal lengths find their places in out, on %i ranks', async (size) => {
    // Also where what came first had landed where another's belongs.
    const lengthOf = (rank: number) => [3, 3, 5, 2][rank] ?? 0;
    const expected = Array.from({ length: size }, (_, rank) => new Array<number>(lengthOf(rank)).fill(rank)).flat();
    for (let first = 0; first < size; first++) {
      await runLocal(size, async (comm) => {
        const turned = (comm.rank + first) % size;
        const out = new Float64Array(expected.length + 1).fill(-1);
        const parts = Array.from({ length: size }, (_, source) => lengthOf((source + first) % size));
        const gathered = parts.flatMap((length, source) => new Array<number>(length).fill((source + first) % size));
        const own = new Float64Array(lengthOf(turned)).fill(turned);
        for (const algorithm of ['ring', 'bruck']) {
          await comm.allgather(own, { out, algorithm });
          expect([...out]).toEqual([...gathered, -1]);
        }
        for (const algorithm of ['pairwise', 'bruck']) {
          await comm.alltoall(new Array(size).fill(own), { out: out.fill(-1), algorithm });
          expect([...out]).toEqual([...gathered, -1]);
        }
        const displs = parts.map((_, source) => parts.slice(source + 1).reduce((sum, length) => sum + length, 0));
        await comm.allgatherv(own, { out: out.fill(-1), counts: parts, displs, algorithm: 'ring' });
        const backwards = parts.map((length, source) => new Array<number>(length).fill((source + first) % size));
        expect([...out]).toEqual([...backwards.reverse().flat(), -1]);
      });
    }
  });

  it('counted otherwise than they were sent are a mismatch', async () => {
    await runLocal(2, async (comm) => {
      const gathered = comm.allgatherv(new Int8Array(2), { counts: [2, 3] });
      await expect(gathered).rejects.toMatchObject({ code: 'ERR_MISMATCH', peer: 1, expected: 3, actual: 2 });
    });
  });

  it('gathered into a strided out leave its gaps alone', async () => {
    await runLocal(2, async (comm) => {
      const out = ndarray(new Float64Array(8).fill(-1), [2, 2], [4, 2], 0);
      await comm.allgatherv(Float64Array.of(comm.rank, 5), { out, displs: [2, 0] });
      expect(out.data).toEqual(Float64Array.of(1, -1, 5, -1, 0, -1, 5, -1));
    });
  });
});

it('a fingerprint tells what was called', () => {
  const { SUM } = ops.OpCode;
  const fingerprint = {
    collective: COLLECTIVES.allreduce.code,
    op: SUM,
    algorithm: 3,
    dtype: DType.FLOAT64,
    root: UNKNOWN,
    count: 1000,
  };
  expect(describeFingerprint(fingerprint)).toBe('allreduce(SUM, Float64Array, count 1000, algorithm ring)');
  const bcast = { collective: COLLECTIVES.bcast.code, op: 0, algorithm: 0, dtype: 0, root: 2, count: UNKNOWN };
  expect(describeFingerprint(bcast)).toBe('bcast(root 2)');
});
