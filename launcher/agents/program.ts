/** The process of a program that leads to another host: what it says, how it ends, and that it does not outlive us. */
import { type ChildProcess, spawn } from 'node:child_process';
import { basename } from 'node:path';
import { Deferred } from '../../src/base/deferred.ts';
import type { ByteStreams } from './channel.ts';
import { Guard } from './guard.ts';

/** Of its standard error, in characters. */
const KEPT = 8192;
/** What a program may still say after its end. */
const LAST_WORDS = 300;
/** For a program whose input has ended: an agent ends by itself then, and srun tells its step. Milliseconds. */
const FAREWELL = 3000;
/** For a program that has got a signal. */
const GRACE = 1000;
/** Its input ends when we are killed: what has not heard of that after so many seconds is killed. srun has to tell its step first. */
const PATIENCE = 2;

/** For programs of this process: when it is killed, on the way to hosts that never answer or later, they are too. */
export class Lifeline {
  #guard: Guard | undefined;
  #programs = 0;

  hold(group: number): void {
    this.#programs++;
    this.#guard ??= new Guard('', PATIENCE);
    this.#guard.watch(group);
  }

  /** Resolves at once, but for the last one: then when the guard has gone. */
  async release(group: number): Promise<void> {
    this.#guard?.forget(group);
    this.#programs--;
    if (this.#programs === 0) await this.#guard?.dismiss();
  }
}

export interface ProgramHandlers {
  /** From its standard output, until {@link Program.handOver}. */
  output(chunk: Buffer): void;
  /** It could not be started. */
  refused(error: NodeJS.ErrnoException): void;
  /** It has ended, and what it said before has been heard. */
  ended(code: number | null, signal: NodeJS.Signals | null): void;
}

export class Program {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #lifeline: Lifeline;
  readonly #output: (chunk: Buffer) => void;
  readonly #exited = new Deferred<void>();
  /** Its output has ended as well. */
  readonly #silent = new Deferred<void>();
  #errors = '';

  /** @throws what `spawn` throws when the system has no room for another process. */
  constructor(command: readonly string[], env: NodeJS.ProcessEnv, lifeline: Lifeline, handlers: ProgramHandlers) {
    const [name, ...args] = command;
    this.#name = name!;
    this.#lifeline = lifeline;
    this.#output = (chunk) => handlers.output(chunk);
    // In a session of its own: Ctrl-C is for tsrun, which has to say something to the agent before the way to it is gone.
    const child = spawn(name!, args, { env, detached: true, stdio: 'pipe' });
    this.#child = child;
    child.on('error', (error) => child.pid === undefined && handlers.refused(error));
    child.stdin.on('error', () => {});
    child.stdout.on('data', this.#output);
    child.stderr.on('data', (data: Buffer) => {
      this.#errors = (this.#errors + data.toString()).slice(-KEPT);
    });
    child.on('exit', (code, signal) => {
      this.#exited.resolve();
      // Somebody whom it has left behind may hold its output open for ever.
      void within(this.#silent.promise, LAST_WORDS).then(() => handlers.ended(code, signal));
    });
    child.on('close', () => this.#silent.resolve());
    if (child.pid !== undefined) lifeline.hold(child.pid);
  }

  /** As it was called. */
  get name(): string {
    return this.#name;
  }

  /** The last of what it wrote to standard error. */
  get errors(): string {
    return this.#errors;
  }

  get input(): NodeJS.WritableStream {
    return this.#child.stdin!;
  }

  /** Its streams, for somebody else to read; `rest` has been read already. */
  handOver(rest: Buffer): ByteStreams {
    const { stdin, stdout } = this.#child;
    stdout!.off('data', this.#output);
    stdout!.pause();
    stdout!.unshift(rest);
    return { readable: stdout!, writable: stdin! };
  }

  /** Why its output has ended, as far as it says. */
  async lastWords(): Promise<string | undefined> {
    await within(this.#silent.promise, GRACE);
    const { signalCode } = this.#child;
    return signalCode === null ? this.tell(linesOf(this.#errors)) : `${this.#name} was killed by ${signalCode}`;
  }

  /** The line that says most: the first of Node's own report of an error, what Slurm puts between stars, else the last, with the name of whose it is. */
  tell(lines: readonly string[]): string | undefined {
    const error = lines.find((line) => /^(?:\w*Error|FATAL ERROR)\b|\*\*\* .+ \*\*\*$/.test(line));
    if (error !== undefined) return error;
    const name = basename(this.#name);
    const last = lines.at(-1);
    return last === undefined || last.startsWith(`${name}: `) ? last : `${name}: ${last}`;
  }

  get #ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** @param patient - it may have something to do before it ends, which it does when its input ends. */
  async end(patient: boolean): Promise<void> {
    const { pid, stdin, stdio } = this.#child;
    if (pid === undefined) return;
    stdin!.end();
    let gone = this.#ended || (patient && (await within(this.#exited.promise, FAREWELL)));
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (gone) break;
      kill(pid, signal);
      gone = await within(this.#exited.promise, GRACE);
    }
    for (const stream of stdio) stream?.destroy();
    this.#child.unref();
    await this.#lifeline.release(pid);
  }
}

/** Those that are not empty. */
export function linesOf(text: string): string[] {
  return text.split(/[\r\n]+/).filter((line) => line.trim() !== '');
}

/** The whole group: ssh starts proxies. */
function kill(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // It has ended.
  }
}

/** Whether it came in time. */
async function within(work: Promise<void>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, milliseconds, false)));
  const result = await Promise.race([work.then(() => true), late]);
  clearTimeout(timer);
  return result;
}
