/** The bench itself works: a short run over everything that it measures, with its files. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Result } from '../../bench/lib/result.ts';
import { BENCHES, DEFAULT_BENCHES } from '../../bench/lib/suite.ts';

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

const SHORT = ['--quick', '--seconds', '0.01', '--transport', 'unix'];

test('runs every program and writes what it found', async () => {
  const json = join(folder, 'results.json');
  const programs = new Map(DEFAULT_BENCHES.map((name) => [BENCHES[name]!.program ?? name, name]));
  const only = [...programs.values()].join();
  const options = ['--only', only, '--sizes', '8,64K', '--ranks', '2'];
  const { code, stdout, stderr } = await bench(...SHORT, ...options, '--json', json);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });

  const { machine, results } = JSON.parse(await readFile(json, 'utf8')) as { machine: object; results: Result[] };
  expect(machine).toMatchObject({ node: process.version, commit: expect.any(String) });
  expect([...new Set(results.map(({ bench }) => bench))]).toEqual([...programs.values()]);
  for (const { min, p50, p99, samples } of results) {
    expect(samples).toBeGreaterThan(0);
    expect(min).toBeGreaterThan(0);
    expect(p50).toBeGreaterThanOrEqual(min);
    expect(p99).toBeGreaterThanOrEqual(p50);
  }
  expect(stdout).toContain('Latency: half a round trip\ntransport  ranks');

  const more = ['--only', 'multi-pair', '--ranks', '2,4', '--compare', json];
  const again = await bench(...SHORT, ...more, '--json', join(folder, 'again.json'));
  expect(again.stdout).toMatch(/speed-up\nunix +2 .* x \d+\.\d\d\n(.*\n)*unix +4 .* \d+\n/);
});

test('goes on without a transport that does not work and after a job that fails, and does not forget them', async () => {
  const impossible = ['--only', 'latency,barrier', '--transport', 'pigeon,unix', '--sizes', '9000G', '--ranks', '2'];
  const { code, stdout, stderr } = await bench(
    ...SHORT.slice(0, 3),
    ...impossible,
    '--json',
    join(folder, 'half.json'),
  );
  expect(code).toBe(1);
  expect(stderr).toContain('pigeon is left out: startup on 2 ranks over pigeon failed (exit code 2)');
  expect(stderr).toContain('latency on 2 ranks over unix failed (exit code 1)');
  expect(stdout).toMatch(/unix +2 /);
});

test('refuses what it does not know', async () => {
  const { code, stderr } = await bench('--only', 'latency,speed');
  expect(code).toBe(1);
  expect(stderr).toContain("there is no bench 'speed', only latency, bandwidth");
});
