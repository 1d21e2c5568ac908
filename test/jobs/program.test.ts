/** Section 1 of the contract: what a program may be, with `tsrun`, with plain node, and with tsx. */
import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { scripts } from '../helpers/scripts.ts';
import { tsrun } from '../helpers/tsrun.ts';

const root = join(import.meta.dirname, '../..');
const TSX = createRequire(import.meta.url).resolve('tsx/cli');

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** `node script` in a folder where tsmpi is installed. */
async function node(files: Record<string, string>, args: readonly string[]): Promise<Ended> {
  const cwd = scripts(files);
  mkdirSync(join(cwd, 'node_modules'));
  symlinkSync(root, join(cwd, 'node_modules/tsmpi'));
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd, timeout: 20_000 });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as Ended;
    return { code, stdout, stderr };
  }
}

/** The program that the contract begins with. */
const FIRST = `import { world, SUM } from 'tsmpi';

const part = new Float64Array(1000).fill(world.rank);
const total = await world.allreduce(part, SUM);
if (world.rank === 0) console.log(total[0]);
`;

test('the first program of the contract runs on any number of ranks, from an empty folder, with nothing installed', async () => {
  const cwd = scripts({ 'script.ts': FIRST });
  for (const [ranks, sum] of [
    [1, 0],
    [4, 6],
    [5, 10],
  ] as const) {
    expect(await tsrun(['-n', `${ranks}`, 'script.ts'], { cwd })).toMatchObject({
      code: 0,
      stdout: `${sum}\n`,
      stderr: '',
    });
  }
});

test.each(['job.ts', 'job.mts', 'job.js', 'job.mjs'])(
  '%s anywhere on disk, beside a package of any type, imports a relative .ts file, with top-level await in both',
  async (name) => {
    for (const type of ['module', 'commonjs']) {
      const cwd = scripts({
        'far/away/package.json': JSON.stringify({ type }),
        [`far/away/${name}`]:
          "import { world } from 'tsmpi';\nimport { scale } from '../lib/part.ts';\nconsole.log(await world.allreduce(scale));\n",
        'far/lib/part.ts': 'export const scale: number = await Promise.resolve(21);\n',
      });
      // A .js file of a CommonJS package that has import statements is no CommonJS.
      expect(await tsrun(['-n', '2', `far/away/${name}`], { cwd }), type).toMatchObject({
        code: 0,
        stdout: '42\n42\n',
        stderr: '',
      });
    }
  },
);

test('an installed package beside the script is taken before the one that tsrun belongs to', async () => {
  const cwd = scripts({
    'job.ts': "import { mine } from 'tsmpi';\nconsole.log(mine);\n",
    'node_modules/tsmpi/package.json': '{"name":"tsmpi","version":"9.9.9","type":"module","exports":"./index.js"}',
    'node_modules/tsmpi/index.js': "export const mine = 'the one next to the script';\n",
  });
  const { stdout } = await tsrun(['-n', '1', 'job.ts'], { cwd });
  expect(stdout).toBe('the one next to the script\n');
});

test('a script that is not there, is a folder, or is no script, is refused by name: exit code 2', async () => {
  const cwd = scripts({ 'folder/x': '', 'notes.txt': 'console.log(1)' });
  for (const [name, why] of [
    ['nowhere.ts', 'no such file'],
    ['folder', 'is a folder; name the script in it'],
    ['notes.txt', 'is no script that tsrun can run'],
  ] as const) {
    const { code, stdout, stderr } = await tsrun(['-n', '2', name], { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`tsrun: ${name}: ${why}`);
    expect(stderr.trim().split('\n').length).toBeLessThan(3);
  }
});

const ALONE = `import { self, SUM, world } from 'tsmpi';
const out: unknown[] = [world.rank, world.size, world.name, self.rank, self.size, self.name, world.restart];
out.push(await world.allreduce(5, SUM), await self.bcast('x'), await world.exscan(1));
const request = world.isend({ a: 1 }, 0, 3);
out.push(await world.recv(0, 3));
await request;
out.push((await world.sendrecv(new Uint8Array(300_000), 0, 0) as Uint8Array).length);
await world.barrier();
// Apart: what is sent on one is never seen on the other.
await self.send('own', 0);
out.push(world.iprobe() === undefined, await self.recv());
console.log(JSON.stringify(out));
`;
const ALONE_OUTPUT = `${JSON.stringify([0, 1, 'world', 0, 1, 'self', 0, 5, 'x', null, { a: 1 }, 300_000, true, 'own'])}\n`;

describe('without tsrun', () => {
  test('a program run by tsx is a world of one, and everything works', async () => {
    const files = { 'package.json': '{"type":"module"}', 'job.ts': ALONE };
    expect(await node(files, [TSX, 'job.ts'])).toMatchObject({ code: 0, stdout: ALONE_OUTPUT, stderr: '' });
  });

  test('a program run by plain node too', async () => {
    const files = { 'job.mjs': ALONE.replace(': unknown[]', '').replace(' as Uint8Array', '') };
    expect(await node(files, ['job.mjs'])).toMatchObject({ code: 0, stdout: ALONE_OUTPUT, stderr: '' });
  });

  test('awaiting what can never come ends it with 13, abort with its code, and wrong arguments are the same errors', async () => {
    const never = await node({ 'job.mjs': "import { world } from 'tsmpi';\nawait world.recv(0, 1);\n" }, ['job.mjs']);
    expect(never.code).toBe(13);
    const abort = { 'job.mjs': "import { world } from 'tsmpi';\nworld.abort(9, 'no input');\n" };
    expect(await node(abort, ['job.mjs'])).toMatchObject({ code: 9, stderr: 'tsmpi: aborted: no input\n' });
    const wrong =
      "import { world } from 'tsmpi';\nawait world.send(1, 1).catch((e) => console.log(e.code, e.message));\n";
    expect((await node({ 'job.mjs': wrong }, ['job.mjs'])).stdout).toBe(
      'ERR_RANK send: dest is 1, but must be a rank from 0, or PROC_NULL\n',
    );
  });

  test('what is done after finalize is ERR_FINALIZED, and finalize can be called twice', async () => {
    const text = `import { finalize, self, world } from 'tsmpi';
await finalize();
await finalize();
const calls = [() => world.send(1, 0), () => world.recv(), () => world.barrier(), () => self.allreduce(1), () => world.isend(1, 0), () => world.probe()];
for (const call of calls) await call().then(() => console.log('done'), (error) => console.log(error.code));
`;
    expect((await node({ 'job.mjs': text }, ['job.mjs'])).stdout).toBe('ERR_FINALIZED\n'.repeat(6));
  });
});

describe('under tsrun', () => {
  test('self is this rank alone, apart from world', async () => {
    const cwd = scripts({ 'job.ts': ALONE });
    const { stdout } = await tsrun(['-n', '1', 'job.ts'], { cwd });
    expect(stdout).toBe(ALONE_OUTPUT);
    const two = scripts({
      'job.ts': `import { self, world } from 'tsmpi';
await self.send(world.rank * 10, 0, 1);
const sum = await self.allreduce(1);
const other = await world.sendrecv(await self.recv(0, 1), 1 - world.rank, 1 - world.rank);
console.log([self.rank, self.size, sum, other, world.rank].join());
`,
    });
    const job = await tsrun(['-n', '2', 'job.ts'], { cwd: two });
    expect(job.stdout.trim().split('\n').sort()).toEqual(['0,1,1,0,1', '0,1,1,10,0']);
  });

  test('the environment tells each rank who it is before anything is imported', async () => {
    const cwd = scripts({
      'job.ts': `const { TSMPI_RANK, TSMPI_SIZE, TSMPI_LOCAL_RANK, TSMPI_LOCAL_SIZE, TSMPI_HOST } = process.env;
import { hostname } from 'node:os';
import { world } from 'tsmpi';
const same = TSMPI_RANK === String(world.rank) && TSMPI_SIZE === String(world.size);
console.log([TSMPI_RANK, TSMPI_SIZE, TSMPI_LOCAL_RANK, TSMPI_LOCAL_SIZE, TSMPI_HOST === hostname(), same, world.restart].join());
`,
    });
    const { stdout } = await tsrun(['-n', '3', 'job.ts'], { cwd });
    expect(stdout.trim().split('\n').sort()).toEqual([0, 1, 2].map((rank) => `${rank},3,${rank},3,true,true,0`));
  });

  test('leaving the script ends a rank cleanly, whatever the others still do, and what it has sent arrives', async () => {
    const cwd = scripts({
      'job.ts': `import { setTimeout } from 'node:timers/promises';
import { world } from 'tsmpi';
if (world.rank === 0) {
  void world.isend(new Uint8Array(3_000_000).fill(8), 1);
} else {
  await setTimeout(100);
  console.log((await world.recv<Uint8Array>(0))[2_999_999]);
}
`,
    });
    expect(await tsrun(['-n', '2', 'job.ts'], { cwd })).toMatchObject({ code: 0, stdout: '8\n', stderr: '' });
  });

  test('a rank that leaves before another has what it needs is an error at the line of the other', async () => {
    const cwd = scripts({
      'job.ts': "import { world } from 'tsmpi';\nif (world.rank === 0) {\n  await world.recv(1, 5);\n}\n",
    });
    const { code, stderr } = await tsrun(['-n', '2', 'job.ts'], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /MpiError \[ERR_PROC_FAILED\]: recv\(source 1, tag 5\) can't complete: rank 1 has ended.*\n {4}at job\.ts:3:/,
    );
  });

  test('finalize waits for all, and calls after it are ERR_FINALIZED', async () => {
    const cwd = scripts({
      'job.ts': `import { finalize, world } from 'tsmpi';
await finalize();
await world.send(1, 0).catch((error) => console.log(error.code));
`,
    });
    expect(await tsrun(['-n', '2', 'job.ts'], { cwd })).toMatchObject({
      code: 0,
      stdout: 'ERR_FINALIZED\n'.repeat(2),
      stderr: '',
    });
  });

  test.each([
    ['world.abort()', 1],
    ['world.abort(0)', 0],
    ["world.abort(77, 'reason')", 77],
    ['self.abort(5)', 5],
  ])('%s ends the whole job with code %i', async (call, code) => {
    const cwd = scripts({
      'job.ts': `import { self, world } from 'tsmpi';\nif (world.rank === 1) { void self; ${call}; }\nawait world.recv();\n`,
    });
    expect((await tsrun(['-n', '3', 'job.ts'], { cwd })).code).toBe(code);
  });

  test('two ranks that wait for each other, or one that waits for nobody, end with an error, never in silence', async () => {
    const cwd = scripts({
      'pair.ts': "import { world } from 'tsmpi';\nawait world.recv(1 - world.rank);\n",
      'one.ts': "import 'tsmpi';\nawait new Promise(() => {});\nconsole.log('never');\n",
    });
    const alone = await tsrun(['-n', '2', 'one.ts'], { cwd });
    expect(alone).toMatchObject({ code: 13, stdout: '' });
    const pair = await tsrun(['-n', '2', '--timeout', '1', 'pair.ts'], { cwd });
    expect([13, 124, 1]).toContain(pair.code);
    expect(pair.stderr).toContain('recv(source');
  });
});
