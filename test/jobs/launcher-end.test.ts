import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scripts } from '../helpers/scripts.ts';
import { allGone, Tsrun, type TsrunOptions } from '../helpers/tsrun.ts';

const COMPUTING = `import { setTimeout } from 'node:timers/promises';
import { world } from 'tsmpi';
await world.barrier();
await setTimeout(1);
process.on('SIGTERM', () => {});
console.log('pid', process.pid);
for (;;);
`;

const WAITING = `import { world } from 'tsmpi';
console.log('pid', process.pid);
await world.recv((world.rank + 1) % world.size, 3);
`;

/** Starts a job of two ranks that print their pids, and waits until both have. */
async function running(text: string, args: string[] = [], options: TsrunOptions = {}) {
  const cwd = scripts({ 'job.ts': text });
  const job = new Tsrun(['-n', '2', ...args, 'job.ts'], { cwd, ...options });
  const match = await job.printed(/pid (\d+)[\s\S]*pid (\d+)/);
  return { job, ranks: [Number(match[1]), Number(match[2])] };
}

describe('a signal to tsrun', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s ends the job with exit code %i and one line', async (signal, code) => {
    const { job, ranks } = await running(WAITING);
    job.kill(signal);
    const result = await job.result;
    expect(result.stderr).toBe(`tsrun: ${signal}: stopped 2 ranks, exit code ${code}\n`);
    expect(result.code).toBe(code);
    await allGone(ranks, 500);
  });

  test('gives the ranks time to end in order', async () => {
    const { job } = await running(
      "process.on('SIGINT', () => { console.log('saved'); process.exit(0); });\nconsole.log('pid', process.pid);\nsetInterval(() => {}, 1000);\n",
    );
    job.kill('SIGINT');
    const { code, stdout } = await job.result;
    expect(stdout.match(/saved/g)).toHaveLength(2);
    expect(code).toBe(130);
  });

  test('kills ranks that do not listen after two seconds, and at once when it comes twice', async () => {
    const { job, ranks } = await running(COMPUTING);
    job.kill('SIGTERM');
    expect((await job.result).code).toBe(143);
    await allGone(ranks, 500);

    const hasty = await running(COMPUTING);
    hasty.job.kill('SIGTERM');
    const began = performance.now();
    hasty.job.kill('SIGINT');
    // Two signals that wait at the same time arrive in any order.
    expect([130, 143]).toContain((await hasty.job.result).code);
    expect(performance.now() - began).toBeLessThan(1900);
  });
});

test('a job that is stopped at the terminal stands still as a whole, and goes on as a whole', async () => {
  const state = (pid: number) => readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.[0];
  const { job, ranks } = await running(WAITING);
  const pids = [job.pid, ...ranks];
  job.kill('SIGTSTP');
  await expect.poll(() => pids.map(state), { timeout: 3000 }).toEqual(['T', 'T', 'T']);
  job.kill('SIGCONT');
  await expect.poll(() => pids.map(state).includes('T'), { timeout: 3000 }).toBe(false);
  job.kill('SIGTERM');
  expect((await job.result).code).toBe(143);
});

describe('SIGKILL to tsrun', () => {
  test.each([
    ['waiting', WAITING],
    ['computing', COMPUTING],
  ])('ends ranks that are %s, and leaves no file', async (_, text) => {
    const folder = scripts({ 'tmp/x': '' });
    const { job, ranks } = await running(text, [], { env: { TMPDIR: join(folder, 'tmp') } });
    expect(readdirSync(join(folder, 'tmp'))).toHaveLength(2);
    job.kill('SIGKILL');
    expect((await job.result).signal).toBe('SIGKILL');
    await allGone(ranks);
    await expect.poll(() => readdirSync(join(folder, 'tmp')), { timeout: 3000 }).toEqual(['x']);
  });
});

describe('what ranks start', () => {
  const PARENT = `import { spawn } from 'node:child_process';
const child = spawn('sleep', ['1000'], { stdio: process.argv[2] === 'inherit' ? 'inherit' : 'ignore' });
child.unref();
console.log('pid', child.pid);
if (process.argv[3] === 'stay') setInterval(() => {}, 1000);
`;

  test.each(['inherit', 'ignore'])('ends when the job does (its output: %s)', async (stdio) => {
    const cwd = scripts({ 'job.ts': PARENT });
    const job = new Tsrun(['-n', '1', 'job.ts', stdio], { cwd });
    const [, pid] = await job.printed(/pid (\d+)/);
    expect((await job.result).code).toBe(0);
    await allGone([Number(pid)], 500);
  });

  test('ends when tsrun is killed', async () => {
    const cwd = scripts({ 'job.ts': PARENT });
    const job = new Tsrun(['-n', '1', 'job.ts', 'ignore', 'stay'], { cwd });
    const [, pid] = await job.printed(/pid (\d+)/);
    job.kill('SIGKILL');
    await allGone([Number(pid)]);
  });

  test('inherits neither the control channel nor its name', async () => {
    const text = `import { execFileSync } from 'node:child_process';
const script = "console.log(process.env.TSMPI_CONTROL_FD, require('fs').readdirSync('/proc/self/fd').includes('3') && require('fs').readlinkSync('/proc/self/fd/3').startsWith('socket'))";
console.log(execFileSync(process.execPath, ['-e', script]).toString().trim());
`;
    for (const before of ['', "import 'tsmpi';\n"]) {
      const cwd = scripts({ 'job.ts': before + text });
      expect(await new Tsrun(['-n', '1', 'job.ts'], { cwd }).result).toMatchObject({ stdout: 'undefined false\n' });
    }
  });
});

describe('--timeout', () => {
  test('ends the job with 124 and says where every rank was', async () => {
    const cwd = scripts({
      'job.ts':
        "import { setTimeout } from 'node:timers/promises';\nimport { world } from 'tsmpi';\nawait setTimeout(1);\n" +
        'if (world.rank === 0) await world.recv(1, 5);\nelse if (world.rank === 1) await setTimeout(60_000);\nelse if (world.rank === 2) for (;;);\n' +
        'else await world.barrier();\n',
    });
    const { code, stderr } = await new Tsrun(['-n', '4', '--timeout', '1.5', 'job.ts'], { cwd }).result;
    expect(stderr).toMatch(/^tsrun: the job was not done after 1\.5 s\n/);
    expect(stderr).toMatch(/^ {4}rank 0 {2}recv\(source 1, tag 5\).* at job\.ts:4:\d+$/m);
    expect(stderr).toMatch(/^ {4}rank 1 {2}waiting for something outside tsmpi$/m);
    expect(stderr).toMatch(/^ {4}rank 2 {2}computing \(did not answer\)$/m);
    expect(stderr).toMatch(/^ {4}rank 3 {2}barrier.* at job\.ts:7:\d+$/m);
    expect(stderr).toMatch(/tsrun: stopped 4 ranks, exit code 124\n$/);
    expect(code).toBe(124);
  });

  test('does not keep a finished job', async () => {
    const cwd = scripts({ 'job.ts': '' });
    const result = await new Tsrun(['-n', '2', '--timeout', '100', 'job.ts'], { cwd }).result;
    expect(result).toMatchObject({ code: 0, stderr: '' });
  });
});

test('a waiting job uses no processor', async () => {
  const ticks = (pid: number): number => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ');
    return Number(fields[11]) + Number(fields[12]);
  };
  const { job, ranks } = await running(WAITING);
  const pids = [job.pid, ...ranks];
  await new Promise((resolve) => setTimeout(resolve, 500));
  const before = pids.map(ticks);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  // A tick is 10 ms; a garbage collection may still be due.
  pids.forEach((pid, index) => {
    expect(ticks(pid) - before[index]!).toBeLessThanOrEqual(5);
  });
  job.kill();
  await job.result;
});
