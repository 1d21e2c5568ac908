import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { scripts } from '../helpers/scripts.ts';
import { tsrun } from '../helpers/tsrun.ts';

const chunks = resolve(import.meta.dirname, '../../dist/chunks');
const library = readdirSync(chunks).find((name) => /^library-\w+\.cjs$/.test(name))!;
/** What V8 has compiled of the library. Other jobs find it and leave it as well: they run the same with and without it. */
const code = join(chunks, `${library}.${process.version}-${process.arch}.code`);

const job = { 'job.ts': "import { world } from 'tsmpi';\nconsole.log(await world.allreduce(1));\n" };

async function run(): Promise<void> {
  const result = await tsrun(['-n', '2', 'job.ts'], { cwd: scripts(job) });
  expect(result).toMatchObject({ code: 0, stdout: '2\n2\n', stderr: '' });
}

afterEach(() => rmSync(code, { force: true }));

test('the first job leaves the compiled library to those after it, which leave it as it is', async () => {
  rmSync(code, { force: true });
  await run();
  const { mtimeMs } = statSync(code);
  await run();
  expect(statSync(code).mtimeMs).toBe(mtimeMs);
  expect(readdirSync(chunks).filter((name) => /\.code\.\d+$/.test(name))).toEqual([]);
});

test.each([
  ['nothing', () => Buffer.alloc(0)],
  ['something else', () => Buffer.from('no code')],
  ['half of it', () => readFileSync(code).subarray(0, 100_000)],
])('compiled code that is %s is no obstacle', async (_, spoil) => {
  await run();
  writeFileSync(code, spoil());
  await run();
});

test('a library that other options of V8 do not fit runs all the same', async () => {
  await run();
  const env = { NODE_OPTIONS: '--max-semi-space-size=8' };
  const result = await tsrun(['-n', '2', 'job.ts'], { cwd: scripts(job), env });
  expect(result).toMatchObject({ code: 0, stdout: '2\n2\n', stderr: '' });
});
