import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { scripts } from '../helpers/scripts.ts';

const root = resolve(import.meta.dirname, '../..');
/** The package once more: jobs of other tests leave compiled code, too. */
const copy = mkdtempSync(join(tmpdir(), 'tsmpi-copy-'));
const chunks = join(copy, 'dist/chunks');
const job = { 'job.ts': "import { world } from 'tsmpi';\nconsole.log(await world.allreduce(1));\n" };

function leftovers(): string[] {
  return readdirSync(chunks).filter((name) => name.includes('.code'));
}

/** Where the first job has left what V8 has compiled of the library. */
function code(): string {
  expect(leftovers()).toEqual([expect.stringMatching(/^library-\w+\.cjs\.v.*\.code$/)]);
  return join(chunks, leftovers()[0]!);
}

async function run(env: Record<string, string> = {}): Promise<void> {
  const args = [join(copy, 'bin/tsrun.js'), '-n', '2', 'job.ts'];
  const options = { cwd: scripts(job), env: { ...process.env, ...env }, timeout: 30_000 };
  expect(await promisify(execFile)(process.execPath, args, options)).toEqual({ stdout: '2\n2\n', stderr: '' });
}

beforeAll(() => {
  for (const name of ['bin', 'dist', 'package.json']) cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
});

beforeEach(() => {
  for (const name of leftovers()) rmSync(join(chunks, name));
});

afterAll(() => rmSync(copy, { recursive: true }));

test('the first job leaves the compiled library to those after it, which leave it as it is', async () => {
  await run();
  const { mtimeMs } = statSync(code());
  await run();
  expect(statSync(code()).mtimeMs).toBe(mtimeMs);
});

test.each([
  ['nothing', () => Buffer.alloc(0)],
  ['something else', () => Buffer.from('no code')],
  ['half of it', (whole: Buffer) => whole.subarray(0, whole.length / 2)],
])('compiled code that is %s is no obstacle', async (_, spoil) => {
  await run();
  writeFileSync(code(), spoil(readFileSync(code())));
  await run();
});

test('a library that was compiled under other options of V8 runs all the same', async () => {
  await run();
  await run({ NODE_OPTIONS: '--max-semi-space-size=8' });
});
