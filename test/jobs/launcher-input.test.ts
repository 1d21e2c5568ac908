import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scripts } from '../helpers/scripts.ts';
import { TSRUN, Tsrun, tsrun } from '../helpers/tsrun.ts';

/** Every rank prints its number and what it read. */
const READ = `import { text } from 'node:stream/consumers';
console.log(process.env.TSMPI_RANK + JSON.stringify(await text(process.stdin)));
`;

async function whoReads(args: string[]): Promise<string[]> {
  const cwd = scripts({ 'job.ts': READ });
  const { stdout } = await tsrun(['-n', '3', ...args, 'job.ts'], { cwd, stdin: 'in\nput' });
  return stdout.trim().split('\n').sort();
}

test('rank 0 reads the standard input, the others read nothing', async () => {
  expect(await whoReads([])).toEqual(['0"in\\nput"', '1""', '2""']);
});

test('--stdin names another rank, all or none', async () => {
  expect(await whoReads(['--stdin', '2'])).toEqual(['0""', '1""', '2"in\\nput"']);
  expect(await whoReads(['--stdin', 'all'])).toEqual(['0"in\\nput"', '1"in\\nput"', '2"in\\nput"']);
  expect(await whoReads(['--stdin', 'none'])).toEqual(['0""', '1""', '2""']);
});

test('megabytes arrive whole, also when the reader is slow', async () => {
  const data = Buffer.from(Uint8Array.from({ length: 6_000_000 }, (_, i) => (i * 31) >> 4));
  const cwd = scripts({
    'job.ts': `import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
await setTimeout(300);
const hash = createHash('sha256');
for await (const chunk of process.stdin) hash.update(chunk);
console.log(hash.digest('hex'));
`,
  });
  const { stdout } = await tsrun(['-n', '1', 'job.ts'], { cwd, stdin: data });
  expect(stdout).toBe(`${createHash('sha256').update(data).digest('hex')}\n`);
});

test('a rank that does not read, or stops reading, is fine, and so is an input that never ends', async () => {
  const cwd = scripts({
    'ignore.ts': "console.log('done');\n",
    'first.ts':
      "process.stdin.once('data', (data) => { console.log(String(data).slice(0, 2)); process.stdin.destroy(); });\n",
  });
  const endless = new Tsrun(['-n', '2', 'ignore.ts'], { cwd, stdin: 'open' });
  expect((await endless.result).stdout).toBe('done\ndone\n');
  const much = await tsrun(['-n', '1', 'first.ts'], { cwd, stdin: 'x'.repeat(2_000_000) });
  expect(much).toMatchObject({ code: 0, stdout: 'xx\n', stderr: '' });
});

test.each(['<&-', '</dev/null', '<input', '<.'])('a standard input like %s is fine', async (redirection) => {
  const cwd = scripts({ 'job.ts': READ });
  writeFileSync(join(cwd, 'input'), 'from a file');
  const child = spawn('sh', ['-c', `"${process.execPath}" "${TSRUN}" -n 1 job.ts ${redirection}`], { cwd });
  child.stdin.end();
  let stdout = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect({ code, stdout }).toEqual({ code: 0, stdout: redirection === '<input' ? '0"from a file"\n' : '0""\n' });
});

test('what is typed at a terminal reaches rank 0', async () => {
  const cwd = scripts({
    'job.ts':
      "console.log('ready');\nprocess.stdin.once('data', (data) => { console.log('got', String(data).trim()); process.exit(0); });\n",
  });
  const child = spawn('script', ['-qec', `"${process.execPath}" "${TSRUN}" -n 2 job.ts`, '/dev/null'], { cwd });
  let output = '';
  const done = new Promise((resolve) => child.on('close', resolve));
  child.stdout.on('data', (chunk) => {
    output += chunk;
    if (output.includes('ready')) child.stdin.end('typed\n');
  });
  expect(await done).toBe(0);
  expect(output).toContain('got typed');
});

test('in the background of a terminal a job runs on', async () => {
  const cwd = scripts({ 'job.ts': "setTimeout(() => console.log('done'), 300);\n" });
  // An interactive shell gives every job a process group of its own. Reading the terminal from the background would stop it.
  const line = `"${process.execPath}" "${TSRUN}" -n 2 job.ts & wait %1; echo "code $?"`;
  const child = spawn('script', ['-qec', `bash --norc -mc '${line}'`, '/dev/null'], { cwd });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stdin.write('for the shell\n');
  await new Promise((resolve) => child.on('close', resolve));
  expect(output).toMatch(/done[\s\S]*done[\s\S]*code 0/);
});
