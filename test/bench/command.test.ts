import { expect, test } from 'vitest';
import { type Command, runCommand } from '../../bench/lib/command.ts';

const node = (program: string, more: Partial<Command> = {}) =>
  runCommand({ command: process.execPath, args: ['-e', program], ...more }, 'the program');

test('takes the measurements among what a program prints, and how long it took', async () => {
  const { measurements, elapsed } = await node(
    `console.log('hello\\n' + JSON.stringify({ bench: process.env.BENCH })); console.log('{"bench":"b"}')`,
    { env: { BENCH: 'a' } },
  );
  expect(measurements).toEqual([{ bench: 'a' }, { bench: 'b' }]);
  expect(elapsed).toBeGreaterThan(0);
});

test('a program that fails says all it said', async () => {
  const failing = `console.error('why'); console.log('{}'); process.exitCode = 3`;
  await expect(node(failing)).rejects.toThrow('the program failed (exit code 3):\nwhy\n{}');
  await expect(runCommand({ command: '/nowhere', args: [] }, 'it')).rejects.toThrow('ENOENT');
});

test('what takes too long is ended', async () => {
  await expect(node('setInterval(() => {}, 1000)', { timeout: 10 })).rejects.toThrow('the program failed (SIGTERM)');
});

test('after its last line it does not matter how a program ends, nor whether it does', async () => {
  const done = `console.log('{"bench":"a"}\\ndone');`;
  for (const then of ['process.exitCode = 3', 'setInterval(() => {}, 1000)']) {
    const { measurements } = await node(`${done} ${then}`, { lastLine: 'done' });
    expect(measurements).toEqual([{ bench: 'a' }]);
  }
  await expect(node(`console.log('done?'); process.exitCode = 3`, { lastLine: 'done' })).rejects.toThrow('exit code 3');
});
