/** What happens when a collective goes wrong: nobody hangs, everybody learns why (section 4 of the contract). */
import { describe, expect, it } from 'vitest';
import { createOp, MAX, SUM } from '../../src/collectives/ops.ts';
import type { Communicator } from '../../src/comm/communicator.ts';
import { MpiError } from '../../src/errors.ts';
import { runs } from '../helpers/runs.ts';

const code = (value: string) => expect.objectContaining({ code: value });

/** The error of a call, or what it gave instead. */
async function outcome(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    (value) => ({ value }),
    (error: unknown) => error,
  );
}

/** All ranks make their call and then, whatever came of it, barriers until one fails. */
async function untilFailure(comm: Communicator, call: () => Promise<unknown>): Promise<MpiError> {
  let failure = await outcome(call());
  for (let i = 0; i < 5 && !(failure instanceof MpiError); i++) failure = await outcome(comm.barrier());
  return failure as MpiError;
}

describe.each(runs)('a collective that goes wrong over %s', (_name, run) => {
  const array = (length = 8) => new Float64Array(length);
  const disagreements: [
    what: string,
    odd: (comm: Communicator) => Promise<unknown>,
    usual: (comm: Communicator) => Promise<unknown>,
  ][] = [
    ['another collective', (comm) => comm.barrier(), (comm) => comm.allreduce(array())],
    ['another op', (comm) => comm.allreduce(array(), MAX), (comm) => comm.allreduce(array(), SUM)],
    ['another count', (comm) => comm.allreduce(array(9)), (comm) => comm.allreduce(array())],
    ['another dtype', (comm) => comm.allreduce(new Float32Array(8)), (comm) => comm.allreduce(array())],
    ['another root', (comm) => comm.reduce(array(), SUM, 1), (comm) => comm.reduce(array(), SUM, 0)],
    ['another root of a bcast', (comm) => comm.bcast('mine', comm.rank), (comm) => comm.bcast('theirs', 0)],
    [
      'another algorithm',
      (comm) => comm.allreduce(array(), SUM, { algorithm: 'ring' }),
      (comm) => comm.allreduce(array()),
    ],
    ['a large array against a small one', (comm) => comm.allreduce(array(100_000)), (comm) => comm.allreduce(array(1))],
    ['a number against an array', (comm) => comm.allreduce(1), (comm) => comm.allreduce<unknown>(array(1))],
  ];

  describe.each([2, 3, 4])('on %i ranks', (size) => {
    it.each(disagreements)('gives ERR_MISMATCH for %s, and no rank hangs', async (_what, odd, usual) => {
      const failures = await run(size, (comm) =>
        untilFailure(comm, () => (comm.rank === size - 1 ? odd(comm) : usual(comm))),
      );
      for (const failure of failures) {
        expect(failure).toBeInstanceOf(MpiError);
        expect(['ERR_MISMATCH', 'ERR_COMM']).toContain(failure.code);
      }
      const mismatch = failures.find((failure) => failure.code === 'ERR_MISMATCH');
      expect(mismatch?.message).toMatch(/rank \d called \w+.*rank \d called \w+/);
    });
  });

  it('notices a rank that is one call behind', async () => {
    const failures = await run(3, (comm) =>
      untilFailure(comm, async () => {
        if (comm.rank !== 1) await comm.bcast(1);
        await comm.allgather(comm.rank);
        await comm.bcast(2);
      }),
    );
    expect(failures.map((failure) => failure.code)).toContain('ERR_MISMATCH');
  });

  it('rejects with the error of an op that throws, and fails the others', async () => {
    const failures = await run(4, async (comm) => {
      const op = createOp(
        (a: number, b: number) => {
          if (comm.rank === 2) throw new RangeError('no');
          return a + b;
        },
        { commutative: false, elementwise: true },
      );
      const first = await untilFailure(comm, () => comm.allreduce(array(), op));
      const second = await outcome(comm.send(1, 0));
      return [first, second];
    });
    expect(failures.some(([first]) => first instanceof RangeError || first instanceof MpiError)).toBe(true);
    expect(failures[2]?.[0]).toSatisfy(
      (error: Error) => error instanceof RangeError || (error as MpiError).code === 'ERR_COMM',
    );
    for (const [, second] of failures) expect(second).toEqual(code('ERR_COMM'));
  });

  it('ends a collective at its time limit or signal, on the other ranks too', async () => {
    const failures = await run(3, async (comm) => {
      if (comm.rank === 0) {
        const first = await outcome(comm.barrier({ timeout: 10 }));
        return [first, await outcome(comm.barrier()), await outcome(comm.recv(1))];
      }
      if (comm.rank === 1) return [await outcome(comm.recv(0)), await outcome(comm.bcast(1)), undefined];
      return [await outcome(comm.barrier()), await outcome(comm.recv()), undefined];
    });
    expect(failures[0]).toEqual([code('ERR_TIMEOUT'), code('ERR_COMM'), code('ERR_COMM')]);
    for (const rank of [1, 2]) expect(failures[rank]?.slice(0, 2)).toEqual([code('ERR_COMM'), code('ERR_COMM')]);
    const aborted = await run(2, async (comm) => {
      const controller = new AbortController();
      if (comm.rank === 0) {
        const call = outcome(comm.allreduce(1, SUM, { signal: controller.signal }));
        controller.abort();
        return call;
      }
      return outcome(comm.recv(0));
    });
    expect(aborted).toEqual([code('ERR_ABORTED'), code('ERR_COMM')]);
  });

  it('rejects wrong arguments before anything is sent, and the communicator stays usable', async () => {
    const sums = await run(2, async (comm) => {
      await expect(comm.bcast(1, 2)).rejects.toEqual(code('ERR_ROOT'));
      await expect(comm.reduce(1, SUM, -1)).rejects.toEqual(code('ERR_ROOT'));
      await expect(comm.allreduce(1, 'sum' as never)).rejects.toEqual(code('ERR_OP'));
      await expect(comm.allreduce('text')).rejects.toEqual(code('ERR_TYPE'));
      await expect(comm.scatter([1, 2, 3], comm.rank)).rejects.toEqual(code('ERR_COUNT'));
      await expect(comm.alltoall([1])).rejects.toEqual(code('ERR_COUNT'));
      await expect(comm.reduceScatter(array(), [1, 2])).rejects.toEqual(code('ERR_COUNT'));
      await expect(comm.reduceScatterBlock(array(3))).rejects.toEqual(code('ERR_COUNT'));
      await expect(comm.alltoallv(array(), [1, -1])).rejects.toEqual(code('ERR_COUNT'));
      await expect(comm.allreduce(1, SUM, { algorithm: 'magic' })).rejects.toEqual(code('ERR_ARG'));
      await expect(comm.allreduce(array(), SUM, { out: new Float64Array(7) })).rejects.toEqual(code('ERR_TRUNCATE'));
      await expect(comm.allreduce(array(), SUM, { out: new Int8Array(8) })).rejects.toEqual(code('ERR_TYPE'));
      await expect(comm.barrier({ timeout: Number.NaN })).rejects.toEqual(code('ERR_ARG'));
      await expect(comm.bcast(() => 1, comm.rank)).rejects.toEqual(code('ERR_TYPE'));
      return comm.allreduce(comm.rank + 1);
    });
    expect(sums).toEqual([3, 3]);
  });

  it('leaves the communicator usable when only the result did not fit', async () => {
    const results = await run(3, async (comm) => {
      const value = comm.rank === 0 ? new Float64Array([1, 2, 3]) : undefined;
      const out = comm.rank === 1 ? new Float64Array(2) : undefined;
      const got = await outcome(comm.bcast<Float64Array>(value, 0, out ? { out } : {}));
      return [got, await comm.allreduce(1)];
    });
    expect(results[1]?.[0]).toEqual(code('ERR_TRUNCATE'));
    expect(results.map(([, sum]) => sum)).toEqual([3, 3, 3]);
  });

  it('keeps several calls in flight apart, among point-to-point traffic', async () => {
    const results = await run(4, async (comm) => {
      const next = (comm.rank + 1) % 4;
      const calls = [
        comm.allreduce(new Float64Array(20_000).fill(comm.rank)),
        comm.bcast(comm.rank === 2 ? 'two' : undefined, 2),
        comm.allgather(comm.rank),
        comm.barrier(),
        comm.sendrecv(`from ${comm.rank}`, next, (comm.rank + 3) % 4),
        comm.exscan(comm.rank),
        comm.alltoall([0, 1, 2, 3].map((to) => [comm.rank, to])),
      ];
      return Promise.all(calls.reverse());
    });
    for (const [rank, [all, before, message, , ranks, two, sum]] of results.entries()) {
      expect(all).toEqual([0, 1, 2, 3].map((from) => [from, rank]));
      expect(before).toBe([undefined, 0, 1, 3][rank]);
      expect(message).toBe(`from ${(rank + 3) % 4}`);
      expect(ranks).toEqual([0, 1, 2, 3]);
      expect(two).toBe('two');
      expect((sum as Float64Array).every((x) => x === 6)).toBe(true);
    }
  });
});
