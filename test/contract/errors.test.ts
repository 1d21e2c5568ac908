/** Section 6 of the contract: every code, what the error knows, and a sentence that says what was called, what was wrong, what is right. */
import { describe, expect, it } from 'vitest';
import { createOp, MAX, SUM } from '../../src/collectives/ops.ts';
import type { Communicator } from '../../src/comm/communicator.ts';
import { ERROR_CODES, MpiError } from '../../src/errors.ts';
import { waitAny } from '../../src/p2p/completion.ts';
import { startAll } from '../../src/p2p/persistent.ts';
import type { Status } from '../../src/p2p/status.ts';
import { spmd } from '../../src/testing.ts';
import { overMemory, runs } from '../helpers/runs.ts';

/** Larger than every eager limit. */
const LARGE = 300_000;

async function failureOf(call: () => unknown): Promise<MpiError> {
  try {
    await call();
  } catch (error) {
    expect(error).toBeInstanceOf(MpiError);
    expect(error).toBeInstanceOf(Error);
    return error as MpiError;
  }
  return expect.unreachable('no error');
}

function detached(): Float64Array {
  const array = new Float64Array(4);
  structuredClone(array, { transfer: [array.buffer] });
  return array;
}

type Row = [call: string, run: (comm: Communicator) => unknown, details: Partial<MpiError>, sentence: RegExp];

/** On rank 1 of 2. Each is refused before a byte is sent. */
const refusals: Row[] = [
  [
    'send',
    (c) => c.send(1, 2),
    { code: 'ERR_RANK', actual: 2, expected: '0 to 1' },
    /dest is 2, but must be a rank from 0 to 1/,
  ],
  ['ssend', (c) => c.ssend(1, -5), { code: 'ERR_RANK', actual: -5 }, /dest is -5/],
  ['isend', (c) => c.isend(1, 1.5), { code: 'ERR_RANK', actual: 1.5 }, /dest is 1\.5/],
  ['issend', (c) => c.issend(1, Number.NaN), { code: 'ERR_RANK' }, /dest is NaN/],
  ['recv', (c) => c.recv(2), { code: 'ERR_RANK', actual: 2 }, /source is 2, .* or ANY_SOURCE or PROC_NULL/],
  ['irecv', (c) => c.irecv(9), { code: 'ERR_RANK' }, /source is 9/],
  ['sendrecv', (c) => c.sendrecv(1, 7, 0), { code: 'ERR_RANK', actual: 7 }, /dest is 7/],
  ['sendrecv', (c) => c.sendrecv(1, 0, 7), { code: 'ERR_RANK', actual: 7 }, /source is 7/],
  ['probe', (c) => c.probe(2), { code: 'ERR_RANK' }, /source is 2/],
  ['iprobe', (c) => c.iprobe(2), { code: 'ERR_RANK' }, /source is 2/],
  ['mprobe', (c) => c.mprobe(2), { code: 'ERR_RANK' }, /source is 2/],
  ['improbe', (c) => c.improbe(2), { code: 'ERR_RANK' }, /source is 2/],
  ['messages', (c) => c.messages(2), { code: 'ERR_RANK' }, /source is 2/],
  ['isend', (c) => c.sendInit(1, 2).start(), { code: 'ERR_RANK' }, /dest is 2/],
  [
    'send',
    (c) => c.send(1, 0, -1),
    { code: 'ERR_TAG', actual: -1 },
    /tag is -1, but must be an integer from 0 to 2147483647/,
  ],
  ['recv', (c) => c.recv(0, 2 ** 31), { code: 'ERR_TAG', actual: 2 ** 31 }, /tag is 2147483648, .* or ANY_TAG/],
  ['bcast', (c) => c.bcast(1, 2), { code: 'ERR_ROOT', actual: 2 }, /root must be a rank from 0 to 1, not 2/],
  ['gatherv', (c) => c.gatherv(new Int8Array(1), -1), { code: 'ERR_ROOT', actual: -1 }, /root must be/],
  [
    'scatter',
    (c) => c.scatter([1], 1),
    { code: 'ERR_COUNT', actual: 1 },
    /the number of values must be 2, one for each rank, not 1/,
  ],
  [
    'reduceScatter',
    (c) => c.reduceScatter(new Int8Array(3), [1, 1]),
    { code: 'ERR_COUNT', expected: expect.anything(), actual: 2 },
    /the sum of counts must be 3.*not 2/,
  ],
  [
    'send',
    (c) => c.send({ list: [() => 1] }, 0),
    { code: 'ERR_TYPE' },
    /value\.list\[0\] is a function, which can't be sent; send data only/,
  ],
  [
    'recv',
    (c) => c.recv(0, 0, { out: 'text' }),
    { code: 'ERR_TYPE', actual: 'text' },
    /out must be a TypedArray or an ndarray, not 'text'/,
  ],
  [
    'allreduce',
    (c) => c.allreduce({}),
    { code: 'ERR_TYPE' },
    /SUM works on numbers.*for anything else pass a function/,
  ],
  [
    'send',
    (c) => c.send(detached(), 0),
    { code: 'ERR_BUFFER' },
    /value is detached .*; pass an array that still owns its memory/,
  ],
  ['recv', (c) => c.recv(0, 0, { out: detached() }), { code: 'ERR_BUFFER' }, /the memory of out is detached/],
  [
    'allreduce',
    (c) => c.allreduce(1, 'SUM' as never),
    { code: 'ERR_OP', actual: 'SUM' },
    /the op must be SUM, MAX or another .*not 'SUM'/,
  ],
  ['scan', (c) => c.scan(new Float64Array(1), createOp(null as never)), { code: 'ERR_OP' }, /createOp: the op must be/],
  [
    'recv',
    (c) => c.recv(0, 0, { timeout: -1 }),
    { code: 'ERR_ARG', actual: -1 },
    /timeout is -1, but must be a number of milliseconds, 0 or more/,
  ],
  [
    'barrier',
    (c) => c.barrier({ signal: {} as AbortSignal }),
    { code: 'ERR_ARG' },
    /signal is .*must be an AbortSignal/,
  ],
  ['recv', (c) => c.recv(0, 0, { status: {} as Status }), { code: 'ERR_ARG' }, /must be made with new Status\(\)/],
  [
    'recv',
    (c) => c.recv(0, 0, 1000 as never),
    { code: 'ERR_ARG', actual: 1000 },
    /the options are 1000, but must be an object such as/,
  ],
  [
    'allreduce',
    (c) => c.allreduce(1, SUM, { algorithm: 'best' }),
    { code: 'ERR_ARG', actual: 'best' },
    /the algorithm must be one of/,
  ],
  [
    'abort',
    (c) => c.abort(256),
    { code: 'ERR_ARG', actual: 256 },
    /exit code is 256, but must be an integer from 0 to 255/,
  ],
];

describe('arguments that are wrong', () => {
  it.each(refusals)(
    '%s: refused before a byte is sent, with rank, call and what would be right',
    async (call, act, details, sentence) => {
      await overMemory(2, async (comm) => {
        if (comm.rank === 1) {
          const error = await failureOf(() => act(comm));
          const op = sentence.source.startsWith('createOp') ? {} : { op: call, rank: 1 };
          expect(error).toMatchObject({ name: 'MpiError', ...details, ...op });
          expect(error.message).toMatch(sentence);
          if (!sentence.source.startsWith('createOp')) expect(error.message).toMatch(new RegExp(`^${call}: `));
          await comm.send('the only message', 0);
        } else {
          expect(await comm.recv()).toBe('the only message');
          expect(comm.iprobe()).toBe(undefined);
        }
        expect(await comm.allreduce(1)).toBe(2);
      });
    },
  );

  it('are refused by functions over requests too', async () => {
    expect(await failureOf(() => waitAny([Promise.resolve()] as never))).toMatchObject({
      code: 'ERR_ARG',
      op: 'waitAny',
    });
    expect(await failureOf(() => startAll([{}] as never))).toMatchObject({ code: 'ERR_ARG', op: 'startAll' });
  });
});

describe.each(runs)('failures of communication over %s', (_name, run) => {
  it('know rank, peer, call, tag, what fits and what came', async () => {
    await run(2, async (comm) => {
      if (comm.rank === 1) {
        for (const length of [9, LARGE, 9, LARGE]) await comm.send(new Float64Array(length), 0, 4);
        await comm.recv(0, 1);
        return;
      }
      const common = { rank: 0, peer: 1, tag: 4, op: 'recv' };
      for (const length of [9, LARGE]) {
        const error = await failureOf(() => comm.recv(undefined, undefined, { out: new Float64Array(8) }));
        expect(error).toMatchObject({ ...common, code: 'ERR_TRUNCATE', expected: length, actual: 8 });
        expect(error.message).toMatch(new RegExp(`^recv: .*${length} elements, but out only 8`));
      }
      const other = await failureOf(() => comm.irecv<unknown>(1, 4, { out: new Int8Array(8) }));
      expect(other).toMatchObject({ ...common, op: 'irecv', code: 'ERR_TYPE' });
      expect(other.message).toMatch(/^irecv: the message is a Float64Array.*, but out is an Int8Array; pass/);
      const probed = await comm.mprobe(1);
      const short = await failureOf(() => probed.recv({ out: new Float64Array(1) }));
      expect(short).toMatchObject({ ...common, op: 'message.recv', code: 'ERR_TRUNCATE' });
      expect(await failureOf(() => probed.recv())).toMatchObject({ code: 'ERR_ARG', op: 'message.recv', rank: 0 });
      await comm.send('done', 1, 1);
    });
  });

  it('by time and signal know the call, the limit and the reason', async () => {
    await run(2, async (comm) => {
      if (comm.rank === 1) {
        await comm.recv(0, 9);
        return;
      }
      const late = await failureOf(() => comm.recv(1, 3, { timeout: 2 }));
      expect(late).toMatchObject({ code: 'ERR_TIMEOUT', rank: 0, peer: 1, tag: 3, op: 'recv', expected: 2 });
      expect(late.message).toBe('recv(source 1, tag 3) did not complete within 2 ms');
      const sent = await failureOf(() => comm.ssend('x', 1, 5, { timeout: 0 }));
      expect(sent).toMatchObject({ code: 'ERR_TIMEOUT', rank: 0, peer: 1, tag: 5, op: 'ssend' });
      const reason = new Error('enough');
      const probing = await failureOf(() => comm.probe(1, 8, { signal: AbortSignal.abort(reason) }));
      expect(probing).toMatchObject({ code: 'ERR_ABORTED', rank: 0, op: 'probe', cause: reason });
      const controller = new AbortController();
      const receiving = failureOf(() => comm.irecv(1, 8, { signal: controller.signal }));
      controller.abort(reason);
      expect(await receiving).toMatchObject({
        code: 'ERR_ABORTED',
        rank: 0,
        peer: 1,
        tag: 8,
        op: 'irecv',
        cause: reason,
      });
      await comm.send('done', 1, 9);
    });
  });

  it('of ranks that disagree name both calls: ERR_MISMATCH', async () => {
    const errors = await run(2, async (comm) => {
      const call = comm.rank === 0 ? comm.allreduce(1, MAX) : comm.bcast('x', 1);
      const first = await call.then(() => comm.barrier()).catch((error: unknown) => error as MpiError);
      return first as MpiError;
    });
    const noticed = errors.find((error) => error.rank !== undefined && error.expected !== undefined);
    expect(noticed?.code).toBe('ERR_MISMATCH');
    expect(noticed?.message).toMatch(
      /ranks disagree about collective number 1 on world: rank \d called \w+\(.*\), rank \d called \w+\(/,
    );
    expect([noticed?.expected, noticed?.actual].map(String).sort().join()).toMatch(/^allreduce\(MAX.*bcast\(root 1/);
    expect(noticed?.op).toMatch(/^(allreduce|bcast)$/);
    expect(noticed?.peer).toBe(1 - (noticed?.rank ?? -1));
  });

  it('leave a communicator on which every later call says what had happened: ERR_COMM', async () => {
    const outcomes = await run(2, async (comm) => {
      if (comm.rank === 0) await failureOf(() => comm.barrier({ timeout: 1 }));
      else await failureOf(() => comm.recv(0, 6));
      const pending = await failureOf(() => comm.recv(1 - comm.rank, 2));
      const call = await failureOf(() => comm.gather(1));
      return { pending, call };
    });
    for (const [rank, { pending, call }] of outcomes.entries()) {
      expect(pending).toMatchObject({ code: 'ERR_COMM', rank, op: 'recv', peer: 1 - rank, tag: 2 });
      expect(pending.message).toMatch(/^recv\(source \d, tag 2\): communicator world can't be used any more/);
      expect(call).toMatchObject({ code: 'ERR_COMM', rank, op: 'gather' });
      expect(call.message).toMatch(
        /^gather: communicator world can't be used any more since .*did not complete within 1 ms/,
      );
      expect(call.cause).toBeInstanceOf(MpiError);
    }
  });

  it('of an op that throws are its own error on that rank, and ERR_COMM on the others', async () => {
    const failures = await run(3, async (comm) => {
      const sum = (a: number, b: number) => {
        if (comm.rank === 0) throw new RangeError('no sum today');
        return a + b;
      };
      return comm.allreduce(1, sum).catch((error: unknown) => error as Error);
    });
    expect(failures[0]).toEqual(new RangeError('no sum today'));
    for (const rank of [1, 2]) {
      const failure = failures[rank] as MpiError;
      expect(failure).toMatchObject({ code: 'ERR_COMM', rank, op: 'allreduce' });
      expect(failure.message).toContain('no sum today');
      // The news may be there before the call is made.
      expect(failure.cause ?? failure).toMatchObject({ code: 'ERR_COMM', peer: 0 });
    }
  });
});

describe('ranks that are gone', () => {
  it('fail the calls that need them: ERR_PROC_FAILED with the peer and its error', async () => {
    const seen: MpiError[] = [];
    const job = spmd(3, async (comm) => {
      if (comm.rank === 1) throw new TypeError('bad row');
      seen.push(await failureOf(() => (comm.rank === 0 ? comm.recv(1, 7) : comm.barrier())));
    });
    await expect(job).rejects.toThrow('bad row');
    const [recv] = seen.filter(({ rank }) => rank === 0);
    expect(recv).toMatchObject({ code: 'ERR_PROC_FAILED', rank: 0, peer: 1, tag: 7, op: 'recv' });
    expect(recv?.message).toMatch(/^recv\(source 1, tag 7\) can't complete: rank 1 is lost/);
    expect(recv?.cause).toBeInstanceOf(MpiError);
    const [barrier] = seen.filter(({ rank }) => rank === 2);
    expect(barrier).toMatchObject({ rank: 2, op: 'barrier' });
  });

  it('in a deadlock are told with what they wait for: ERR_DEADLOCK', async () => {
    const error = await failureOf(() => spmd(2, (comm) => comm.recv(comm.rank, 3)));
    expect(error.code).toBe('ERR_DEADLOCK');
    expect(error.message).toMatch(/rank 0 waits in recv\(source 0, tag 3\)\n.*rank 1 waits in recv\(source 1, tag 3\)/);
  });
});

it('the codes are those of the contract', () => {
  expect([...ERROR_CODES].sort()).toEqual(
    'ERR_RANK ERR_ROOT ERR_TAG ERR_COUNT ERR_TYPE ERR_BUFFER ERR_OP ERR_ARG ERR_TRUNCATE ERR_MISMATCH ERR_TIMEOUT ERR_ABORTED ERR_DEADLOCK ERR_PROC_FAILED ERR_REVOKED ERR_COMM ERR_FINALIZED ERR_LAUNCH ERR_PROTOCOL ERR_AUTH'
      .split(' ')
      .sort(),
  );
});
