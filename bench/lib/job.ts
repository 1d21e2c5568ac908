/** Runs one `tsrun` job and takes what it prints. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Measurement } from './result.ts';
import type { Settings } from './settings.ts';

const TSRUN = fileURLToPath(new URL('../../bin/tsrun.js', import.meta.url));
const PROGRAMS = new URL('../programs/', import.meta.url);

export interface Job {
  /** Of bench/programs, without `.ts`. */
  readonly program: string;
  readonly ranks: number;
  /** `tcp`, `unix`, or `tls` for what is between hosts: TCP with TLS inside. */
  readonly transport: string;
  readonly settings: Settings;
}

export interface JobResult {
  readonly measurements: Measurement[];
  /** From starting the command to its end, in milliseconds. */
  readonly elapsed: number;
}

/** A bench never takes so long: what it waits for then does not come. */
const SECONDS_FOR_ALL = 60;

/** @throws Error with everything that the job said, if it did not end with exit code 0. */
export async function runJob({ program, ranks, transport, settings }: Job): Promise<JobResult> {
  const timeout = Math.ceil(SECONDS_FOR_ALL + 10 * settings.seconds * Math.max(settings.sizes.length, 5));
  const script = fileURLToPath(new URL(`${program}.ts`, PROGRAMS));
  const carrier = transport === 'tls' ? ['--transport', 'tcp', '--tls', 'on'] : ['--transport', transport];
  const args = ['-n', String(ranks), ...carrier, '--prefix', 'never', '--timeout', String(timeout)];
  const started = performance.now();
  const tsrun = spawn(process.execPath, [TSRUN, ...args, script, JSON.stringify(settings)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  tsrun.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  tsrun.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ending = await new Promise<string>((resolve, reject) => {
    tsrun.once('error', reject).once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  const elapsed = performance.now() - started;
  if (ending !== 'exit code 0') {
    throw new Error(`${program} on ${ranks} ranks over ${transport} failed (${ending}):\n${stderr}${stdout}`.trimEnd());
  }
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  return { measurements: lines.map((line) => JSON.parse(line) as Measurement), elapsed };
}
