import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scripts } from '../helpers/scripts.ts';
import { TSRUN, tsrun } from '../helpers/tsrun.ts';

const rank = 'process.env.TSMPI_RANK';

/** Runs a shell line in which `$TSRUN` is the command. */
async function shell(line: string, cwd: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn('bash', ['-c', line], {
    cwd,
    env: { ...process.env, TSRUN: `${process.execPath} ${TSRUN}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (texts.stdout += chunk));
  child.stderr.on('data', (chunk) => (texts.stderr += chunk));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, ...texts };
}

test('whole lines never interleave, however they were written', async () => {
  const cwd = scripts({
    'job.ts': `import { world } from 'tsmpi';
const line = (i: number) => String(world.rank).repeat(50 + i % 200) + '\\n';
for (let i = 0; i < 2000; i++) {
  const text = line(i);
  process.stdout.write(text.slice(0, 20));
  process.stdout.write(text.slice(20));
}
`,
  });
  const { code, stdout } = await tsrun(['-n', '4', 'job.ts'], { cwd });
  expect(code).toBe(0);
  const lines = stdout.split('\n');
  expect(lines.pop()).toBe('');
  expect(lines).toHaveLength(8000);
  for (const line of lines) expect(line).toMatch(/^(\d)\1{49,}$/);
});

test('lines of a megabyte arrive whole, in order and complete, though the rank exits at once', async () => {
  const cwd = scripts({
    'job.ts': `process.stdout.write(${rank}!.repeat(1_200_000) + '\\nend\\n'); process.exit(0);\n`,
  });
  const { stdout } = await tsrun(['-n', '3', 'job.ts'], { cwd });
  const lines = stdout.split('\n').sort();
  expect(lines.map((line) => line.length)).toEqual([0, 1_200_000, 1_200_000, 1_200_000, 3, 3, 3]);
  expect(lines.slice(1, 4).map((line) => new Set(line).size)).toEqual([1, 1, 1]);
});

test('a last line without a newline stays as it is, and gets one only before something else', async () => {
  const one = scripts({ 'job.ts': "process.stdout.write('no newline');\n" });
  expect((await tsrun(['-n', '1', 'job.ts'], { cwd: one })).stdout).toBe('no newline');
  const three = scripts({ 'job.ts': `process.stdout.write(${rank}!);\n` });
  expect((await tsrun(['-n', '3', 'job.ts'], { cwd: three })).stdout.split('\n').sort()).toEqual(['0', '1', '2']);
});

test('bytes that are no text pass unchanged', async () => {
  const cwd = scripts({
    'job.ts': `if (${rank} === '0') process.stdout.write(Uint8Array.from({ length: 70_000 }, (_, i) => (i * 7919) >> 3));\n`,
  });
  const { bytes } = await tsrun(['-n', '2', 'job.ts'], { cwd });
  expect(bytes.equals(Buffer.from(Uint8Array.from({ length: 70_000 }, (_, i) => (i * 7919) >> 3)))).toBe(true);
});

test('standard output and standard error stay apart', async () => {
  const cwd = scripts({ 'job.ts': "console.log('to out'); console.error('to err');\n" });
  expect(await tsrun(['-n', '1', 'job.ts'], { cwd })).toMatchObject({ stdout: 'to out\n', stderr: 'to err\n' });
});

test('what was printed before a failure is there, before the report', async () => {
  const cwd = scripts({
    'job.ts': "console.log('x'.repeat(300_000)); console.error('note'); throw new Error('end');\n",
  });
  const { stdout, stderr } = await tsrun(['-n', '1', 'job.ts'], { cwd });
  expect(stdout).toHaveLength(300_001);
  expect(stderr).toMatch(/^note\ntsrun: rank 0 of 1 failed/);
});

test('--prefix always names the rank of every line, in a column', async () => {
  const cwd = scripts({ 'job.ts': "process.stdout.write('a\\nb\\n\\nlast');\n" });
  const { stdout } = await tsrun(['-n', '11', '--prefix', 'always', 'job.ts'], { cwd });
  const lines = stdout.split('\n');
  expect(lines).toHaveLength(44);
  expect(lines.filter((line) => line.startsWith('[ 3] '))).toEqual(['[ 3] a', '[ 3] b', '[ 3] ', '[ 3] last']);
  expect(lines.filter((line) => line.startsWith('[10] '))).toHaveLength(4);
});

test('on a terminal lines are prefixed, in colours unless NO_COLOR is set', async () => {
  const cwd = scripts({ 'job.ts': "console.log('hello');\n" });
  const typed = (env: string) => shell(`${env} script -qec "$TSRUN -n 2 job.ts" /dev/null </dev/null`, cwd);
  const coloured = (await typed('unset NO_COLOR;')).stdout;
  expect(coloured).toContain('\x1b[36m[0]\x1b[0m hello');
  expect((await typed('export NO_COLOR=1;')).stdout).toMatch(/^\[[01]\] hello\r\n\[[01]\] hello\r\n/);
});

test('--output-dir keeps what each rank wrote, byte by byte, beside printing it', async () => {
  const cwd = scripts({ 'job.ts': `process.stdout.write('out ' + ${rank}); console.error('err ' + ${rank});\n` });
  const { stdout } = await tsrun(['-n', '2', '--output-dir', 'logs/today', 'job.ts'], { cwd });
  expect(stdout.split('\n').sort()).toEqual(['out 0', 'out 1']);
  expect(readFileSync(join(cwd, 'logs/today/rank-0001.out'), 'utf8')).toBe('out 1');
  expect(readFileSync(join(cwd, 'logs/today/rank-0000.err'), 'utf8')).toBe('err 0\n');
});

test('--output-dir that cannot be made is refused before anything starts', async () => {
  const cwd = scripts({ 'job.ts': "console.log('started');\n", file: '' });
  for (const directory of ['/proc/nothing', 'file']) {
    const { code, stdout, stderr } = await tsrun(['-n', '1', '--output-dir', directory, 'job.ts'], { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^tsrun: --output-dir ${directory}: .+\n$`));
  }
});

describe('a reader of the output', () => {
  test('that leaves early ends the job quietly with 141', async () => {
    const cwd = scripts({
      'job.ts': "import { world } from 'tsmpi';\nfor (let i = 0; ; i++) console.log('line', world.rank, i);\n",
    });
    const { stdout, stderr } = await shell('$TSRUN -n 2 job.ts | head -1; echo "$PIPESTATUS"', cwd);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^line \d 0\n141\n$/);
  });

  test('that is slow slows the ranks down: nothing is lost, nothing piles up', async () => {
    const cwd = scripts({
      'job.ts': "const line = 'y'.repeat(99) + '\\n';\nfor (let i = 0; i < 300_000; i++) process.stdout.write(line);\n",
    });
    const { stdout } = await shell(
      '{ $TSRUN -n 2 job.ts & echo $! >&2; } 2>pid | { sleep 1.5; cat pid; grep VmHWM /proc/$(cat pid)/status; wc -c; }',
      cwd,
    );
    const [, pid, resident, bytes] = stdout.match(/^(\d+)\nVmHWM:\s+(\d+) kB\n(\d+)\n$/) ?? [];
    expect(Number(pid)).toBeGreaterThan(0);
    expect(Number(resident)).toBeLessThan(200_000);
    expect(Number(bytes)).toBe(60_000_000);
  });

  test('that is a full disk is named', async () => {
    const cwd = scripts({ 'job.ts': "console.log('hello');\nsetInterval(() => {}, 1000);\n" });
    const { code, stderr } = await shell('$TSRUN -n 1 job.ts >/dev/full', cwd);
    expect(stderr).toBe('tsrun: cannot write stdout: no space left on device\n');
    expect(code).toBe(1);
  });

  test('of standard error alone may leave', async () => {
    const cwd = scripts({ 'job.ts': "for (let i = 0; i < 1000; i++) console.error(i);\nconsole.log('done');\n" });
    expect(await shell('$TSRUN -n 2 job.ts 2> >(true)', cwd)).toMatchObject({ code: 0, stdout: 'done\ndone\n' });
  });
});

test('--json prints one event a line, and output that is no text as base64', async () => {
  const cwd = scripts({
    'job.ts': "process.stdout.write('text\\n');\nprocess.stderr.write(Buffer.from([255, 10]));\nprocess.exit(3);\n",
  });
  const { code, stdout, stderr } = await tsrun(['-n', '1', '--json', 'job.ts'], { cwd });
  expect({ code, stderr }).toEqual({ code: 3, stderr: '' });
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string });
  expect(events.map(({ event }) => event).sort()).toEqual(['end', 'exit', 'output', 'output', 'spawn', 'start']);
  expect(events).toContainEqual({ event: 'output', rank: 0, stream: 'stdout', text: 'text\n' });
  expect(events).toContainEqual({ event: 'output', rank: 0, stream: 'stderr', base64: '/wo=' });
  expect(events).toContainEqual({ event: 'exit', rank: 0, code: 3, signal: null });
  expect(events.at(-1)).toMatchObject({
    event: 'end',
    exitCode: 3,
    report: expect.stringContaining('exited with code 3'),
  });
});

test('-q says nothing of its own, -v says what happens when', async () => {
  const cwd = scripts({ 'job.ts': "throw new Error('x');\n" });
  expect(await tsrun(['-q', '-n', '2', 'job.ts'], { cwd })).toMatchObject({ code: 1, stderr: '' });
  const { stderr } = await tsrun(['-v', '-n', '2', 'job.ts'], { cwd });
  expect(stderr).toMatch(
    /compiled job\.ts; starting 2 ranks\n.* chooses algorithms: .*\n[\s\S]*rank 1 is pid \d+ on \S+\n[\s\S]*exit code 1\n$/,
  );
});
