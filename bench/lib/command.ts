/** Runs one program of the bench, of whatever system, and takes the measurements that it prints. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Measurement } from './result.ts';

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  /** Beside the environment of the bench itself. */
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds; then it is asked to end, and a little later killed. */
  readonly timeout?: number;
  /** The line by which a program says that it has measured everything. Then it does not matter how it ends, nor whether it does. */
  readonly lastLine?: string;
}

export interface Outcome {
  readonly measurements: Measurement[];
  /** From starting the command to its end, in milliseconds. */
  readonly elapsed: number;
}

const GRACE = 2000;

const running = new Set<ChildProcess>();

/** Asks what runs now to end, with all its ranks: for the end of the bench itself. */
export function endCommands(): void {
  for (const child of running) child.kill('SIGTERM');
}

/** @throws Error with everything that it said, if it did not end with exit code 0. `what` names it there. */
export async function runCommand({ command, args, env, timeout, lastLine }: Command, what: string): Promise<Outcome> {
  const started = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  running.add(child);
  let stdout = '';
  let stderr = '';
  let complete = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (complete || lastLine === undefined || !stdout.split('\n').includes(lastLine)) return;
    complete = true;
    endWithin(GRACE);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const timers: NodeJS.Timeout[] = [];
  if (timeout !== undefined) endWithin(timeout);
  const ending = await new Promise<string>((resolve, reject) => {
    child.once('error', reject).once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  }).finally(() => {
    for (const timer of timers) clearTimeout(timer);
    running.delete(child);
  });
  const elapsed = performance.now() - started;
  if (ending !== 'exit code 0' && !complete)
    throw new Error(`${what} failed (${ending}):\n${stderr}${stdout}`.trimEnd());
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  return { measurements: lines.map((line) => JSON.parse(line) as Measurement), elapsed };

  function endWithin(milliseconds: number): void {
    timers.push(setTimeout(() => child.kill('SIGTERM'), milliseconds));
    timers.push(setTimeout(() => child.kill('SIGKILL'), milliseconds + GRACE));
  }
}
