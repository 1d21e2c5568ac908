import { expect, test } from 'vitest';
import { scripts } from '../helpers/scripts.ts';
import { type TsrunOptions, type TsrunResult, tsrun } from '../helpers/tsrun.ts';

/** Ranks 0 and 2 wait for a message that never comes; rank 1 of 3 does `text`. */
async function rank1Does(text: string, options: TsrunOptions = {}): Promise<TsrunResult> {
  const cwd = scripts({
    'job.ts': `import { world } from 'tsmpi';\nif (world.rank === 1) {\n${text}\n}\nawait world.recv((world.rank + 1) % 3, 9);\n`,
  });
  return tsrun(['-n', '3', 'job.ts'], { cwd, ...options });
}

const header = /^tsrun: rank 1 of 3 .* \(\S+, pid \d+\)\n/;

function expectOneReport({ stderr }: TsrunResult): void {
  expect(stderr).toMatch(header);
  expect(stderr.match(/^tsrun: rank/gm)).toHaveLength(1);
  expect(stderr).not.toMatch(/node:internal|node_modules|rank-main|Node\.js v/);
}

test('a job whose ranks all end well exits with 0 and says nothing', async () => {
  const cwd = scripts({ 'job.ts': "import { world } from 'tsmpi';\nawait world.barrier();\n" });
  expect(await tsrun(['-n', '3', 'job.ts'], { cwd })).toMatchObject({ code: 0, stdout: '', stderr: '' });
});

test('an uncaught error is reported once, with the frames of the TypeScript files, and nothing else', async () => {
  const cwd = scripts({
    'lib/rows.ts':
      'export interface Rows { rows?: number[] }\n\nexport function partialSum({ rows }: Rows): number {\n' +
      '  let total: number = 0;\n  for (const row of rows as number[]) total += row;\n  return total;\n}\n',
    'sum.ts':
      "import { world } from 'tsmpi';\nimport { partialSum } from './lib/rows.ts';\n\n" +
      'const sum = partialSum(world.rank === 2 ? {} : { rows: [1] });\nconsole.log(await world.allreduce(sum));\n',
  });
  const { code, stderr, stdout } = await tsrun(['-n', '4', 'sum.ts'], { cwd });
  expect(stderr.replace(/\(\S+, pid \d+\)/, '(HOST, pid PID)')).toBe(
    'tsrun: rank 2 of 4 failed (HOST, pid PID)\n' +
      'TypeError: rows is not iterable\n' +
      '    at partialSum (lib/rows.ts:5:21)\n' +
      '    at sum.ts:4:13\n' +
      'tsrun: stopped the other 3 ranks, exit code 1\n',
  );
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
});

test('a rejection that nobody handles ends the job like a throw', async () => {
  const result = await rank1Does(
    "async function later() { await 1; throw new RangeError('rejected'); }\nvoid later();\nawait world.recv(0, 8);",
  );
  expectOneReport(result);
  expect(result.stderr).toContain('RangeError: rejected\n    at later (job.ts:3:41)\n');
  expect(result.code).toBe(1);
});

test('an error is printed with its causes and the errors that it gathers', async () => {
  const result = await rank1Does(
    "throw new AggregateError([new Error('one'), 2], 'both', { cause: new Error('the reason') });",
  );
  expectOneReport(result);
  expect(result.stderr).toMatch(
    /AggregateError: both\n {4}at job\.ts:3:7\n {2}Error: one\n {6}at .*\n {2}threw the number 2, .*\ncaused by Error: the reason\n/,
  );
});

test('what is thrown and is no Error is said to be none', async () => {
  const result = await rank1Does("throw 'a sentence';");
  expectOneReport(result);
  expect(result.stderr).toContain('threw the string a sentence, which is no Error\n');
  expect(result.code).toBe(1);
});

test('an argument error shows its code and the line of the call', async () => {
  const result = await rank1Does('await world.send(1, 17);');
  expectOneReport(result);
  expect(result.stderr).toMatch(/^MpiError \[ERR_RANK\]: .*17.*\n {4}at .*job\.ts:3:13/m);
  expect(result.code).toBe(1);
});

test('process.exit(7) makes 7 the exit code and shows where it was called', async () => {
  const result = await rank1Does('function leave(): never { process.exit(7); }\nleave();');
  expectOneReport(result);
  expect(result.stderr).toMatch(
    /rank 1 of 3 exited with code 7 .*\n {4}at leave \(job\.ts:3:35\)\n {4}at job\.ts:4:1\n/,
  );
  expect(result.code).toBe(7);
});

test('process.exit(0) while others need the rank is an error, and shows where it was called', async () => {
  const cwd = scripts({
    'job.ts': "import { world } from 'tsmpi';\nif (world.rank === 1) process.exit(0);\nawait world.recv(1);\n",
  });
  const result = await tsrun(['-n', '3', 'job.ts'], { cwd });
  expectOneReport(result);
  expect(result.stderr).toMatch(/rank 1 of 3 exited too early .*\nIt ended with exit code 0 .*\n {4}at job\.ts:2:31\n/);
  expect(result.code).toBe(1);
});

test('process.exit(0) before the other ranks have ended their scripts is an error', async () => {
  const cwd = scripts({
    'job.ts':
      "import { setTimeout } from 'node:timers/promises';\nimport { world } from 'tsmpi';\n" +
      'if (world.rank === 1) process.exit(0);\nawait setTimeout(30_000);\n',
  });
  const result = await tsrun(['-n', '3', 'job.ts'], { cwd });
  expect(result.stderr).toMatch(/rank 1 of 3 exited too early/);
  expect(result.code).toBe(1);
});

test('process.exit(0) on all ranks, none of which waits for another, ends the job well', async () => {
  const cwd = scripts({ 'job.ts': "import 'tsmpi';\nprocess.exit(0);\n" });
  expect(await tsrun(['-n', '3', 'job.ts'], { cwd })).toMatchObject({ code: 0, stderr: '' });
});

test('process.exit(0) after finalize is fine', async () => {
  const cwd = scripts({
    'job.ts': "import { finalize, world } from 'tsmpi';\nawait world.barrier();\nawait finalize();\nprocess.exit(0);\n",
  });
  expect(await tsrun(['-n', '3', 'job.ts'], { cwd })).toMatchObject({ code: 0, stderr: '' });
});

test('an exit code set by a rank that is done with the job is the exit code of the job', async () => {
  const cwd = scripts({
    'job.ts': "import { world } from 'tsmpi';\nawait world.barrier();\nif (world.rank === 1) process.exitCode = 5;\n",
  });
  const result = await tsrun(['-n', '3', 'job.ts'], { cwd });
  expectOneReport(result);
  expect(result.code).toBe(5);
});

test('a script that awaits what can never settle ends with 13', async () => {
  const result = await rank1Does('await new Promise(() => {});');
  expectOneReport(result);
  expect(result.stderr).toContain('rank 1 of 3 waits for what can never happen');
  expect(result.code).toBe(13);
});

test('a rank that dies of a signal gives 128 and its number', async () => {
  const killed = await rank1Does("process.kill(process.pid, 'SIGKILL');\nawait world.recv(0);");
  expectOneReport(killed);
  expect(killed.stderr).toContain('rank 1 of 3 was killed by SIGKILL');
  expect(killed.code).toBe(137);
  const crashed = await rank1Does("process.kill(process.pid, 'SIGSEGV');\nawait world.recv(0);");
  expect(crashed.stderr).toContain('rank 1 of 3 was killed by SIGSEGV');
  expect(crashed.code).toBe(139);
});

test('a full heap is one clear sentence, without the statistics of the engine', async () => {
  const result = await rank1Does('const all: unknown[] = [];\nfor (;;) all.push(new Array(1000).fill({}));', {
    env: { NODE_OPTIONS: '--max-old-space-size=40' },
  });
  expectOneReport(result);
  expect(result.stderr).toContain('rank 1 of 3 ran out of memory');
  expect(result.stderr.split('\n').length).toBeLessThan(6);
  expect(result.code).toBe(134);
});

test('abort ends the job with its code, its reason and its place', async () => {
  const result = await rank1Does("world.abort(42, 'no convergence');");
  expectOneReport(result);
  expect(result.stderr).toMatch(/aborted the job with code 42 .*\nno convergence\n {4}at job\.ts:3:7\n/);
  expect(result.code).toBe(42);
});

test('ranks that ignore SIGTERM are killed after two seconds', async () => {
  const cwd = scripts({
    'job.ts':
      "import { world } from 'tsmpi';\nprocess.on('SIGTERM', () => console.log('ignored'));\nawait world.barrier();\n" +
      "if (world.rank === 1) throw new Error('over');\nfor (;;);\n",
  });
  const result = await tsrun(['-n', '2', 'job.ts'], { cwd });
  expect(result.stderr).toContain('Error: over\n');
  expect(result.code).toBe(1);
});

test('a script that handles its uncaught errors itself goes on', async () => {
  const cwd = scripts({
    'job.ts':
      "process.on('uncaughtException', (error) => console.log('caught', error.message));\n" +
      "setTimeout(() => console.log('went on'), 10);\nthrow new Error('mine');\n",
  });
  expect(await tsrun(['-n', '1', 'job.ts'], { cwd })).toMatchObject({
    code: 0,
    stdout: 'caught mine\nwent on\n',
    stderr: '',
  });
});

test('a program that never imports tsmpi is simply run N times', async () => {
  const cwd = scripts({ 'job.ts': 'console.log(process.env.TSMPI_RANK);\n' });
  const { code, stdout } = await tsrun(['-n', '3', 'job.ts'], { cwd });
  expect({ code, ranks: stdout.split('\n').sort() }).toEqual({ code: 0, ranks: ['', '0', '1', '2'] });
});

test('a rank that ends without joining a job that others have joined is an error', async () => {
  const cwd = scripts({
    'job.ts':
      "if (process.env.TSMPI_RANK !== '1') {\n  const { world } = await import('tsmpi');\n  await world.barrier();\n}\n",
  });
  const result = await tsrun(['-n', '3', 'job.ts'], { cwd });
  expectOneReport(result);
  expect(result.stderr).toContain('It ended with exit code 0 without importing tsmpi');
  expect(result.code).toBe(1);
});

test('syntax errors are reported once, with the line and a caret, before any rank starts', async () => {
  const cwd = scripts({ 'job.ts': "console.log('started');\n\tconst é = 1, b = é é;\n" });
  expect(await tsrun(['-n', '3', 'job.ts'], { cwd })).toMatchObject({
    code: 1,
    stdout: '',
    stderr: `tsrun: job.ts:2:21: Expected ";" but found "é"\n    const é = 1, b = é é;\n                       ^\n`,
  });
});

test('imports that lead nowhere are reported with their place', async () => {
  const cwd = scripts({ 'job.ts': "import './nowhere.ts';\nimport 'no-such-package';\n" });
  const { code, stderr } = await tsrun(['-n', '2', 'job.ts'], { cwd });
  expect(code).toBe(1);
  expect(stderr).toContain('tsrun: job.ts:1:8: cannot find the file "./nowhere.ts" that this import names\n');
  expect(stderr).toContain('job.ts:2:8: cannot find the package "no-such-package" that this import names\n');
});
