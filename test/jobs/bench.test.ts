/** The bench itself works: a short run over everything that it measures, with its files. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Result } from '../../bench/lib/result.ts';

const root = join(import.meta.dirname, '../..');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bench-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Ending {
  code: number;
  stdout: string;
  stderr: string;
}

function bench(...args: string[]): Promise<Ending> {
  const command = [join(root, 'node_modules/tsx/dist/cli.mjs'), join(root, 'bench/main.ts'), ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, command, { timeout: 55_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
    });
  });
}

test('measures every bench and writes what it found', async () => {
  const json = join(folder, 'results.json');
  const options = ['--quick', '--seconds', '0.01', '--sizes', '8,64K', '--ranks', '3', '--transport', 'unix'];
  const { code, stdout, stderr } = await bench(...options, '--json', json);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });

  const { machine, results } = JSON.parse(await readFile(json, 'utf8')) as { machine: object; results: Result[] };
  expect(machine).toMatchObject({ node: process.version, commit: expect.any(String) });
  const found = new Set(results.map(({ bench, ranks }) => `${bench} ${ranks}`));
  expect([...found]).toEqual([
    'latency 2',
    'bandwidth 2',
    'message-rate 2',
    'objects 2',
    'allreduce 3',
    'bcast 3',
    'barrier 3',
    'startup 3',
  ]);
  for (const { min, p50, p99, samples } of results) {
    expect(samples).toBeGreaterThan(0);
    expect(min).toBeGreaterThan(0);
    expect(p50).toBeGreaterThanOrEqual(min);
    expect(p99).toBeGreaterThanOrEqual(p50);
  }
  expect(stdout).toContain('Latency: half a round trip\ntransport  ranks');

  const fewer = ['--only', 'barrier', '--ranks', '3', '--transport', 'unix', '--seconds', '0.01'];
  const again = await bench(...fewer, '--baseline', json, '--json', join(folder, 'again.json'));
  expect(again.stdout).toMatch(/speed-up\nunix +3 .* x \d+\.\d\d\n/);
});

test('goes on after a job that fails, and does not forget it', async () => {
  const options = ['--only', 'barrier', '--ranks', '2', '--transport', 'pigeon,unix', '--seconds', '0.01'];
  const { code, stdout, stderr } = await bench(...options, '--json', join(folder, 'half.json'));
  expect(code).toBe(1);
  expect(stderr).toContain('barrier on 2 ranks over pigeon failed (exit code 2)');
  expect(stdout).toMatch(/unix +2 /);
});

test('refuses what it does not know', async () => {
  const { code, stderr } = await bench('--only', 'latency,speed');
  expect(code).toBe(1);
  expect(stderr).toContain("there is no bench 'speed', only latency, bandwidth");
});
