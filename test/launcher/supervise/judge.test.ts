import { describe, expect, test } from 'vitest';
import type { RankExit } from '../../../launcher/agents/agent.ts';
import { Judge } from '../../../launcher/supervise/judge.ts';
import type { FromRank, SerializedError } from '../../../src/contract/control.ts';

const hello: FromRank = { type: 'hello', protocol: 1, version: '', pid: 1, local: 'x', remote: '' };

function error(values: Partial<SerializedError> = {}): FromRank {
  const plain: SerializedError = {
    name: 'Error',
    message: '',
    stack: '',
    code: undefined,
    peer: undefined,
    cause: undefined,
    errors: undefined,
    thrown: false,
  };
  return { type: 'error', error: { ...plain, ...values }, origin: 'uncaughtException' };
}

const consequence = (peer?: number): FromRank => error({ name: 'MpiError', code: 'ERR_PROC_FAILED', peer });

function ended(code: number | null, signal: NodeJS.Signals | null = null): RankExit {
  return { code, signal, outOfMemory: false };
}

/** Three ranks that have joined. */
function joined(): Judge {
  const judge = new Judge(3);
  for (let rank = 0; rank < 3; rank++) judge.heard(rank, hello);
  return judge;
}

const blamed = (judge: Judge, patience = true) => {
  const verdict = judge.verdict(patience);
  return verdict === undefined || verdict === 'wait' ? verdict : `${verdict.rank} ${verdict.cause.type}`;
};

test('nobody is to blame while all goes well', () => {
  const judge = joined();
  expect(blamed(judge)).toBeUndefined();
  for (let rank = 0; rank < 3; rank++) judge.heard(rank, { type: 'finalized' });
  for (let rank = 0; rank < 3; rank++) judge.exited(rank, ended(0));
  expect(blamed(judge)).toBeUndefined();
  expect(judge.finalVerdict()).toBeUndefined();
});

test.each<[string, FromRank]>([
  ['1 error', error()],
  ['1 code', { type: 'exit', code: 4, stack: '', pending: [] }],
  ['1 stuck', { type: 'stuck', pending: [] }],
  ['1 abort', { type: 'abort', code: 0, reason: undefined, stack: '' }],
])('a rank that says what is wrong with it is to blame at once: %s', (expected, message) => {
  const judge = joined();
  judge.heard(1, message);
  expect(blamed(judge)).toBe(expected);
  judge.exited(1, ended(1));
  expect(blamed(judge)).toBe(expected);
});

test('a rank that dies without a word is to blame at once', () => {
  const killed = joined();
  killed.exited(2, ended(null, 'SIGKILL'));
  expect(blamed(killed)).toBe('2 signal');
  const left = joined();
  left.exited(2, ended(9));
  expect(blamed(left)).toBe('2 code');
});

describe('a failure because of another rank', () => {
  test('waits for news of that rank', () => {
    const judge = joined();
    judge.heard(0, consequence(2));
    expect(blamed(judge)).toBe('wait');
    judge.exited(2, ended(null, 'SIGSEGV'));
    expect(blamed(judge)).toBe('2 signal');
  });

  test('is told by the causes of the error too', () => {
    const judge = joined();
    const { error: cause } = consequence(2) as Extract<FromRank, { type: 'error' }>;
    judge.heard(0, error({ cause }));
    expect(blamed(judge)).toBe('wait');
  });

  test('is any failure of a rank that had lost another before', () => {
    const judge = joined();
    judge.heard(0, { type: 'lost', peer: 1, detail: '' });
    judge.heard(0, { type: 'exit', code: 1, stack: '', pending: [] });
    expect(blamed(judge)).toBe('wait');
    judge.exited(1, ended(null, 'SIGKILL'));
    expect(blamed(judge)).toBe('1 signal');
  });

  test('is the cause itself when nothing is heard in time', () => {
    const judge = joined();
    judge.heard(0, consequence(2));
    judge.heard(1, consequence(0));
    expect(blamed(judge, false)).toBe('0 error');
  });

  test('is followed from rank to rank to the one who accuses nobody that failed', () => {
    const judge = joined();
    judge.heard(0, consequence(1));
    judge.heard(1, consequence(2));
    expect(blamed(judge, false)).toBe('1 error');
  });

  test('of nobody in particular waits for any other', () => {
    const judge = joined();
    judge.heard(0, consequence());
    expect(blamed(judge)).toBe('wait');
    judge.heard(2, error());
    expect(blamed(judge)).toBe('2 error');
  });

  test('that was done with the job is none', () => {
    const judge = joined();
    judge.heard(1, { type: 'finalized' });
    judge.heard(0, consequence(1));
    expect(blamed(judge)).toBe('0 error');
  });
});

describe('an exit with code 0', () => {
  test('is to blame when a rank fails for it', () => {
    const judge = joined();
    judge.heard(1, { type: 'exit', code: 0, stack: 'here', pending: [] });
    judge.exited(1, ended(0));
    expect(blamed(judge)).toBeUndefined();
    judge.heard(0, consequence(1));
    expect(judge.verdict(true)).toEqual({ rank: 1, cause: { type: 'early', stack: 'here' } });
  });

  test('is to blame when a rank that has lost it stays', () => {
    const judge = joined();
    judge.exited(1, ended(0));
    judge.heard(0, { type: 'lost', peer: 1, detail: '' });
    expect(blamed(judge)).toBe('wait');
    expect(blamed(judge, false)).toBe('1 early');
  });

  test('is fine when all the others leave in the same way', () => {
    const judge = joined();
    judge.exited(1, ended(0));
    judge.heard(0, { type: 'lost', peer: 1, detail: '' });
    judge.exited(0, ended(0));
    judge.exited(2, ended(0));
    expect(blamed(judge, false)).toBeUndefined();
    expect(judge.finalVerdict()).toBeUndefined();
  });

  test('before joining is to blame as soon as somebody has joined', () => {
    const judge = new Judge(3);
    judge.exited(1, ended(0));
    expect(blamed(judge)).toBeUndefined();
    judge.heard(0, hello);
    expect(blamed(judge)).toBe('1 absent');
  });
});

test('after its good-byes a rank may end as it likes: nobody is stopped, but its code counts', () => {
  const judge = joined();
  judge.heard(1, { type: 'finalized' });
  judge.exited(1, ended(6));
  expect(blamed(judge)).toBeUndefined();
  judge.exited(0, ended(0));
  judge.exited(2, ended(0));
  expect(judge.finalVerdict()).toMatchObject({ rank: 1, cause: { type: 'code', code: 6 } });
});

test('what is known of a rank can be told to others', () => {
  const judge = joined();
  expect(judge.knownEnd(1)).toBeUndefined();
  judge.heard(1, error({ name: 'TypeError', message: 'x is y' }));
  expect(judge.knownEnd(1)).toBe('rank 1 failed: TypeError: x is y');
  judge.exited(2, ended(null, 'SIGKILL'));
  expect(judge.knownEnd(2)).toBe('rank 2 was killed by SIGKILL');
});

test('a rank is missing when a link to it broke, until something is heard of its end', () => {
  const judge = joined();
  judge.heard(0, consequence(2));
  expect([...judge.missing()]).toEqual([]);
  judge.heard(0, { type: 'lost', peer: 2, detail: '' });
  judge.heard(1, { type: 'lost', peer: 0, detail: '' });
  expect([...judge.missing()]).toEqual([{ rank: 2, noticedBy: 0 }]);
  judge.exited(2, ended(0));
  expect([...judge.missing()]).toEqual([]);
});

test('between hosts there may have been no link that could break: who leaves early is missed by all other hosts', () => {
  const judge = new Judge(3, [0, 0, 1]);
  for (let rank = 0; rank < 3; rank++) judge.heard(rank, hello);
  judge.exited(2, ended(0));
  expect(blamed(judge)).toBe('wait');
  expect(blamed(judge, false)).toBe('2 early');
  judge.exited(0, ended(0));
  judge.exited(1, ended(0));
  expect(judge.finalVerdict()).toBeUndefined();
});

describe('a host that is gone', () => {
  test('is to blame, whatever its ranks and their peers had said of each other', () => {
    const judge = joined();
    judge.heard(0, consequence(2));
    expect(blamed(judge)).toBe('wait');
    judge.hostGone('b', [1, 2], 'no sign of life for 6 s');
    expect(judge.verdict(true)).toEqual({
      rank: 1,
      cause: { type: 'host', host: 'b', ranks: [1, 2], reason: 'no sign of life for 6 s' },
    });
    expect(judge.knownEnd(2)).toBe('host b was lost, and rank 2 with it');
  });

  test('is not, once its ranks have ended well or said their good-byes', () => {
    const judge = joined();
    judge.heard(1, { type: 'finalized' });
    judge.exited(1, ended(0));
    judge.heard(2, { type: 'finalized' });
    judge.hostGone('b', [1, 2], 'the connection was closed');
    expect(blamed(judge)).toBeUndefined();
  });
});
