/** Runs the built `tsrun` as users do, and collects what it leaves behind: exit code and output. Nothing outlives its deadline. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Deferred } from '../../src/base/deferred.ts';

const root = join(import.meta.dirname, '../..');

/** Where the command is: `node <path> …`. */
export const TSRUN = join(root, 'bin/tsrun.js');

/** For jobs whose test does not say it: `TEST_TRANSPORT=tcp npx vitest run --project jobs`. */
const TRANSPORT = process.env.TEST_TRANSPORT ? ['--transport', process.env.TEST_TRANSPORT] : [];
/** Words in the place of a job's options. */
const NO_JOBS = ['doctor', 'hosts', 'manifest'];

/** The path of a script in test/programs. */
export function program(name: string): string {
  return join(root, 'test/programs', name);
}

export interface TsrunOptions {
  cwd?: string;
  /** Words that stand before the command and run it as their only child: those that enter another machine. */
  prefix?: readonly string[];
  /** Added to this process's environment; `undefined` takes a variable out. */
  env?: Record<string, string | undefined>;
  /** Written to the standard input, which is closed then; none: /dev/null; `open`: a pipe that stays open. */
  stdin?: string | Uint8Array | 'open';
  /** Milliseconds before the whole job is killed and the promise rejects. */
  deadline?: number;
}

export interface TsrunResult {
  /** The exit code, or `null` when a signal ended tsrun itself. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** The standard output as it came. */
  bytes: Buffer;
  /** Milliseconds from start to end. */
  elapsed: number;
}

/** One run to its end. */
export function tsrun(args: readonly string[], options: TsrunOptions = {}): Promise<TsrunResult> {
  return new Tsrun(args, options).result;
}

/** Likewise, for what is about memory that ranks share: as a user runs it, whatever else these tests are run with. */
export function sharing(args: readonly string[], options: TsrunOptions = {}): Promise<TsrunResult> {
  const env = { TSMPI_NATIVE: 'auto', ...options.env };
  return tsrun(args[0] === 'doctor' ? args : ['--transport', 'auto', ...args], { ...options, env });
}

/** A run in progress, for those who interfere. */
export class Tsrun {
  readonly child: ChildProcess;
  readonly result: Promise<TsrunResult>;
  #stdout: Buffer[] = [];
  #stderr: Buffer[] = [];
  #waiting = new Set<() => void>();
  #ended = false;
  #prefixed: boolean;

  constructor(args: readonly string[], { cwd, prefix = [], env, stdin, deadline = 30_000 }: TsrunOptions = {}) {
    this.#prefixed = prefix.length > 0;
    const done = new Deferred<TsrunResult>();
    this.result = done.promise;
    // Whoever only waits for a line does not look at the result.
    this.result.catch(() => {});
    const began = performance.now();
    // What is given again counts.
    const defaults = NO_JOBS.includes(args[0]!) ? [] : TRANSPORT;
    const [command, ...words] = [...prefix, process.execPath, TSRUN, ...defaults, ...args];
    const child = spawn(command!, words, {
      cwd,
      env: { ...process.env, ...env },
      stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    this.child = child;
    child.stdin?.on('error', () => {});
    if (stdin !== undefined && stdin !== 'open') child.stdin?.end(stdin);
    child.stdout?.on('data', (chunk: Buffer) => this.#collect(this.#stdout, chunk));
    child.stderr?.on('data', (chunk: Buffer) => this.#collect(this.#stderr, chunk));
    const timer = setTimeout(() => {
      this.kill('SIGKILL');
      done.reject(
        new Error(`tsrun ${args.join(' ')} still ran after ${deadline} ms\n${this.stdout}\n--- stderr\n${this.stderr}`),
      );
    }, deadline);
    child.on('error', (error) => done.reject(error));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      this.#ended = true;
      this.#wake();
      const bytes = Buffer.concat(this.#stdout);
      const elapsed = performance.now() - began;
      done.resolve({ code, signal, stdout: this.stdout, stderr: this.stderr, bytes, elapsed });
    });
  }

  /** Of tsrun itself. */
  get pid(): number {
    return (this.#prefixed ? childOf(this.child.pid!) : undefined) ?? this.child.pid!;
  }

  /** What has come so far. */
  get stdout(): string {
    return Buffer.concat(this.#stdout).toString();
  }

  get stderr(): string {
    return Buffer.concat(this.#stderr).toString();
  }

  /** Waits until the standard output matches, and gives the match. */
  async printed(pattern: RegExp): Promise<RegExpMatchArray> {
    for (;;) {
      const match = this.stdout.match(pattern);
      if (match !== null) return match;
      if (this.#ended) throw new Error(`never printed ${pattern}:\n${this.stdout}\n--- stderr\n${this.stderr}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  kill(signal: NodeJS.Signals = 'SIGTERM'): void {
    const { pid } = this;
    if (pid !== this.child.pid) process.kill(pid, signal);
    // Who waits for tsrun stops with it, and has to go on with it.
    if (pid === this.child.pid || signal === 'SIGCONT') this.child.kill(signal);
  }

  #collect(chunks: Buffer[], chunk: Buffer): void {
    chunks.push(chunk);
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

/** The only child of a process, if it has one. Linux. */
export function childOf(pid: number): number | undefined {
  try {
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ', 1);
    return child ? Number(child) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a process is there (a zombie is not). */
export async function isAlive(pid: number): Promise<boolean> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

/** Resolves when none of these processes is there any more; rejects, naming them, after the deadline. */
export async function allGone(pids: readonly number[], deadline = 3000): Promise<void> {
  const until = performance.now() + deadline;
  for (;;) {
    const alive: number[] = [];
    for (const pid of pids) if (await isAlive(pid)) alive.push(pid);
    if (alive.length === 0) return;
    if (performance.now() > until) throw new Error(`still alive after ${deadline} ms: ${alive.join(', ')}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
