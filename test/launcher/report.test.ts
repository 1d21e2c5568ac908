import { expect, test } from 'vitest';
import { failureReport, type ReportContext, signalReport, timeoutReport } from '../../launcher/report.ts';
import type { Cause } from '../../launcher/supervise/verdict.ts';
import type { SerializedError } from '../../src/contract/control.ts';

const context: ReportContext = {
  cwd: '/home/u',
  hidden: ['/pkg/dist/'],
  compiled: ['/tmp/job'],
  size: 4,
  host: 'node7',
  pid: 4711,
  stopped: 3,
  exitCode: 1,
};

const error: SerializedError = {
  name: 'TypeError',
  message: 'rows is not iterable',
  stack:
    'TypeError: rows is not iterable\n    at partialSum (/home/u/sum.ts:14:21)\n    at call (/pkg/dist/src/x.js:1:1)\n' +
    '    at async file:///home/u/sum.ts:22:17\n    at node:internal/x:1:1',
  code: undefined,
  peer: undefined,
  cause: undefined,
  errors: undefined,
  thrown: false,
};

const report = (cause: Cause, changes: Partial<ReportContext> = {}): string =>
  failureReport({ rank: 2, cause }, { ...context, ...changes });

test('an error: who, where, why, the line, and nothing else', () => {
  expect(report({ type: 'error', error })).toBe(`tsrun: rank 2 of 4 failed (node7, pid 4711)
TypeError: rows is not iterable
    at partialSum (sum.ts:14:21)
    at sum.ts:22:17
tsrun: stopped the other 3 ranks, exit code 1
`);
});

test('one other rank, or none, is spoken of as such', () => {
  expect(report({ type: 'unspawned', reason: 'EAGAIN' }, { stopped: 1 })).toContain('stopped the other rank, exit');
  expect(report({ type: 'unspawned', reason: 'EAGAIN' }, { stopped: 0 })).toMatch(/\ntsrun: exit code 1\n$/);
});

test('causes and gathered errors follow, each with its frames', () => {
  const inner = { ...error, name: 'Error', message: 'disk', stack: 'Error: disk\n    at read (/home/u/io.ts:3:1)' };
  expect(report({ type: 'error', error: { ...error, stack: '', cause: inner, errors: [inner] } })).toContain(
    'TypeError: rows is not iterable\n  Error: disk\n      at read (io.ts:3:1)\ncaused by Error: disk\n    at read (io.ts:3:1)\n',
  );
});

test('a cause that only repeats its error is left out', () => {
  const cause = { ...error, name: 'Error', message: 'not iterable', stack: '' };
  expect(report({ type: 'error', error: { ...error, cause } })).not.toContain('caused by');
});

test('a code is shown unless the message has it', () => {
  expect(report({ type: 'error', error: { ...error, code: 'ERR_RANK' } })).toContain('TypeError [ERR_RANK]: rows');
  const message = 'ENOENT: no such file';
  expect(report({ type: 'error', error: { ...error, code: 'ENOENT', message } })).toContain('TypeError: ENOENT: no');
});

test.each<[Cause, RegExp]>([
  [{ type: 'code', code: 7, stack: '    at f (/home/u/x.ts:1:2)' }, /exited with code 7 .*\n {4}at f \(x\.ts:1:2\)\n/],
  [{ type: 'signal', signal: 'SIGKILL' }, /was killed by SIGKILL .*\nThe kernel's out-of-memory killer/],
  [{ type: 'signal', signal: 'SIGSEGV' }, /was killed by SIGSEGV .*\nThe process crashed in native code\n/],
  [{ type: 'memory' }, /ran out of memory .*\n.*--max-old-space-size/],
  [{ type: 'early', stack: '' }, /exited too early .*\nIt ended with exit code 0 before/],
  [{ type: 'absent' }, /exited too early .*\nIt ended with exit code 0 without importing tsmpi/],
  [
    { type: 'stuck', pending: [{ call: 'recv(source 1, tag 2)', stack: '    at async f (/home/u/x.ts:1:2)' }] },
    /waits for what can never happen .*\n.*\n {4}recv\(source 1, tag 2\) at x\.ts:1:2\n/,
  ],
  [{ type: 'abort', code: 9, reason: 'enough', stack: '' }, /aborted the job with code 9 .*\nenough\n/],
])('%j', (cause, expected) => {
  expect(report(cause)).toMatch(expected);
});

test('the end of the time says where every rank was', () => {
  const stack = '    at file:///home/u/ring.ts:12:20';
  const text = timeoutReport(
    [
      { type: 'pending', pending: [{ call: 'recv(source 3, tag 5)', stack }] },
      { type: 'pending', pending: [] },
      { type: 'silent' },
      { type: 'ended' },
    ],
    { ...context, seconds: 2, hosts: ['a', 'a', 'a', 'a'], stopped: 3, exitCode: 124 },
  );
  expect(text).toBe(`tsrun: the job was not done after 2 s
    rank 0  recv(source 3, tag 5) at ring.ts:12:20
    rank 1  waiting for something outside tsmpi
    rank 2  computing (did not answer)
    rank 3  done
tsrun: stopped 3 ranks, exit code 124
`);
});

test('the end of the time says on which host, where there are several', () => {
  const hosts = ['node7', 'b'];
  const text = timeoutReport([{ type: 'silent' }, { type: 'ended' }], {
    ...context,
    seconds: 0.5,
    hosts,
    stopped: 1,
    exitCode: 124,
  });
  expect(text).toContain('    rank 0  node7  computing (did not answer)\n    rank 1  b      done\n');
});

test('a lost host is named with its ranks', () => {
  const cause: Cause = { type: 'host', host: 'b', ranks: [2, 3], reason: 'no sign of life for 6 s' };
  expect(failureReport({ rank: 2, cause }, { ...context, host: 'b', pid: 9, stopped: 2 })).toBe(
    `tsrun: lost host b, with ranks 2 to 3 of 4
no sign of life for 6 s
tsrun: stopped the other 2 ranks, exit code 1
`,
  );
});

test('a signal is one line', () => {
  expect(signalReport('SIGINT', 1, 130)).toBe('tsrun: SIGINT: stopped 1 rank, exit code 130\n');
});
