import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { Lifeline, Program } from '../../../launcher/agents/program.ts';
import { alive } from './ranks.ts';

test('a program dies with the process that started it, however that dies', async () => {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const starter = spawn(process.execPath, ['--import', tsx, join(import.meta.dirname, 'held.ts')]);
  const [line] = (await once(starter.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  expect(alive(pid)).toBe(true);
  starter.kill('SIGKILL');
  await expect.poll(() => alive(pid), { timeout: 5000 }).toBe(false);
});

test('a program that does not want to end is killed', async () => {
  let ready = (): void => {};
  const started = new Promise<void>((resolve) => (ready = resolve));
  let end: unknown;
  const program = new Program(
    ['sh', '-c', 'trap "" TERM; echo; while :; do sleep 1; done'],
    process.env,
    new Lifeline(),
    {
      output: () => ready(),
      refused() {},
      ended: (_, signal) => (end = signal),
    },
  );
  await started;
  await program.end(false);
  await expect.poll(() => end, { timeout: 5000 }).toBe('SIGKILL');
});
