/**
 * Starts an agent on another host by a program that leads there (ssh, srun): what is written to the program arrives at the agent, what it prints
 * comes from the agent. The ways to other hosts differ in that program, and in how its failures are read.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { basename, join } from 'node:path';
import { Deferred } from '../../src/base/deferred.ts';
import { packageRoot } from '../bundle/library.ts';
import { ExitCode, LaunchFailure } from '../failure.ts';
import { systemReason } from '../io/system-reason.ts';
import { bootstrapLines, OLDEST_NODE, Step } from './bootstrap.ts';
import type { ByteStreams } from './channel.ts';
import { Preamble } from './preamble.ts';
import { type Connection, RemoteAgent, type RemoteHost } from './remote.ts';
import type { Archive } from './sync.ts';

/** A way to one host. */
export interface Starter {
  /** The program and its arguments. It has to run {@link SHELL_PROGRAM} of bootstrap.ts on the host. */
  readonly command: readonly string[];
  /** The program's whole environment; none: ours. */
  readonly env?: NodeJS.ProcessEnv;
  /** The absolute path of the agent's program on the host; none: of this package, which is there where it is here. */
  readonly main?: string;
  /**
   * Why the program did not get there, and what to do about it: what follows `host b: `. Undefined: its own last line will do.
   */
  explain(end: ProgramEnd): string | undefined;
}

/** By the name that the plan has for the host. */
export type StarterFor = (host: string) => Starter;

/** How the program ended, or was ended, before there was an agent. */
export interface ProgramEnd {
  /** It could not be started at all. */
  readonly error: NodeJS.ErrnoException | undefined;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Seconds without success, after which it was ended. */
  readonly timedOut: number | undefined;
  /** The last lines that it wrote, to either stream, without empty ones. */
  readonly words: readonly string[];
}

const AGENT_MAIN = join(packageRoot(), 'dist/launcher/agent-main.js');
/** Of its standard error, in characters. */
const KEPT = 8192;
/** On top of the time for the connection, in milliseconds: a login runs start-up files. */
const LOGIN = 10_000;
/** Between two steps of the way from the login to the agent, and between two pieces of an archive. */
const STEP = 60_000;
/** What a program may still say after its end, or after the end of its output. */
const LAST_WORDS = 300;
/** For a program whose input has ended; then for one that has got SIGTERM. */
const GRACE = 1000;

export function startAgent(starter: Starter, remote: RemoteHost, archive: Archive | undefined): RemoteAgent {
  const { host, options } = remote;
  return new RemoteAgent(startProgram(starter, host.name, options.connectTimeout, archive), remote);
}

/** The way to the program of `starter.main`, which need not be an agent. @param connectTimeout - milliseconds. */
export function startProgram(starter: Starter, host: string, connectTimeout: number, archive?: Archive): Connection {
  return new StartedProgram(starter, host, connectTimeout, archive);
}

class StartedProgram implements Connection {
  readonly #starter: Starter;
  readonly #host: string;
  readonly #archive: Archive | undefined;
  readonly #opened = new Deferred<ByteStreams>();
  readonly #exited = new Deferred<void>();
  /** Its output has ended as well. */
  readonly #silent = new Deferred<void>();
  readonly #preamble: Preamble;
  #child: ChildProcess | undefined;
  #state: 'reaching' | 'preparing' | 'open' | 'failed' = 'reaching';
  #timer: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;
  /** What came on standard error last. */
  #errors = '';

  constructor(starter: Starter, host: string, connectTimeout: number, archive: Archive | undefined) {
    this.#starter = starter;
    this.#host = host;
    this.#archive = archive;
    this.#preamble = new Preamble({
      step: (word, detail) => this.#step(word, detail),
      ready: (rest) => this.#open(rest),
      flooded: () => this.#fail('its start-up files print without end where there is no terminal'),
    });
    try {
      this.#spawn();
      this.#within(connectTimeout + LOGIN);
    } catch (error) {
      this.#ended({ error: error as NodeJS.ErrnoException });
    }
  }

  get opened(): Promise<ByteStreams> {
    return this.#opened.promise;
  }

  async lastWords(): Promise<string | undefined> {
    await within(this.#silent.promise, GRACE);
    const { signalCode } = this.#child!;
    if (signalCode !== null) return `${this.#program} was killed by ${signalCode}`;
    return this.#lastWord(this.#words());
  }

  close(): Promise<void> {
    this.#closed ??= this.#leave();
    return this.#closed;
  }

  get #program(): string {
    return this.#starter.command[0]!;
  }

  #spawn(): void {
    const { command, env = process.env } = this.#starter;
    const [program, ...args] = command;
    // In a session of its own: Ctrl-C is for tsrun, which has to say something to the agent before the way to it is gone.
    const child = spawn(program!, args, { env, detached: true, stdio: 'pipe' });
    this.#child = child;
    child.on('error', (error) => child.pid === undefined && this.#ended({ error }));
    child.stdin.on('error', () => {});
    child.stdout.on('data', this.#read);
    child.stderr.on('data', (data: Buffer) => {
      this.#errors = (this.#errors + data.toString()).slice(-KEPT);
    });
    child.on('exit', (code, signal) => {
      this.#exited.resolve();
      // Somebody whom it has left behind may hold its output open for ever.
      void within(this.#silent.promise, LAST_WORDS).then(() => this.#ended({ code, signal }));
    });
    child.on('close', () => this.#silent.resolve());
  }

  readonly #read = (chunk: Buffer): void => this.#preamble.push(chunk);

  #step(word: string, detail: string): void {
    switch (word) {
      case Step.SHELL: {
        if (this.#state !== 'reaching') return;
        this.#state = 'preparing';
        this.#within(STEP);
        const { main = AGENT_MAIN } = this.#starter;
        const folder = this.#archive && { path: this.#archive.folder, identity: this.#archive.identity };
        return void this.#child!.stdin!.write(bootstrapLines(process.execPath, { main, folder }));
      }
      case Step.SEND:
        return void this.#ship();
      case Step.NO_NODE:
        return this.#fail(`there is no Node.js, neither ${process.execPath} nor one in a login's PATH (${detail})`);
      case Step.OLD_NODE:
        return this.#fail(`Node.js ${detail} is there; tsmpi needs ${OLDEST_NODE.join('.')} or newer`);
      case Step.NO_AGENT:
        return this.#fail(
          `there is no tsmpi in ${packageRoot()}: install it there, or let --sync ship the script's folder`,
        );
      case Step.NOT_UNPACKED:
        return this.#fail(`cannot unpack the folder that --sync ships: ${detail}`);
    }
  }

  /** The archive, in pieces: each has its time. */
  async #ship(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      const { size, read } = await this.#archive!.open();
      if (this.#state !== 'preparing') return;
      const { stdin } = this.#child!;
      this.#within(STEP);
      stdin!.write(`${size}\n`);
      const source = read();
      source.on('data', () => this.#within(STEP));
      source.on('error', (error) => this.#fail(`cannot read the archive for --sync: ${systemReason(error)}`));
      source.pipe(stdin!, { end: false });
    } catch (error) {
      this.#give(error as LaunchFailure);
    }
  }

  #open(rest: Buffer): void {
    if (this.#state !== 'preparing') return;
    this.#state = 'open';
    clearTimeout(this.#timer);
    const { stdin, stdout } = this.#child!;
    stdout!.off('data', this.#read);
    stdout!.pause();
    stdout!.unshift(rest);
    this.#opened.resolve({ readable: stdout!, writable: stdin! });
  }

  /** It has ended, or the time for it has. */
  #ended(end: Partial<ProgramEnd>): void {
    if (this.#state === 'open') return;
    const whole = { error: undefined, code: null, signal: null, timedOut: undefined, words: this.#words(), ...end };
    this.#fail(this.#starter.explain(whole) ?? this.#describe(whole));
  }

  #describe({ error, code, signal, timedOut, words }: ProgramEnd): string {
    if (error !== undefined) return `cannot start ${this.#program}: ${systemReason(error)}`;
    const last = this.#lastWord(words);
    if (timedOut !== undefined) return `no answer after ${timedOut} s${last === undefined ? '' : ` (${last})`}`;
    if (signal !== null) return `${this.#program} was killed by ${signal}`;
    return last ?? `${this.#program} ended with code ${code} before there was an agent`;
  }

  #fail(reason: string): void {
    this.#give(new LaunchFailure(`host ${this.#host}: ${reason}`, ExitCode.LAUNCH));
  }

  #give(failure: LaunchFailure): void {
    if (this.#state === 'open' || this.#state === 'failed') return;
    this.#state = 'failed';
    this.#opened.reject(failure);
    void this.close();
  }

  #within(milliseconds: number): void {
    clearTimeout(this.#timer);
    if (this.#state === 'failed' || this.#state === 'open') return;
    this.#timer = setTimeout(() => this.#ended({ timedOut: milliseconds / 1000 }), milliseconds);
  }

  #words(): string[] {
    const noise = this.#state === 'open' ? '' : this.#preamble.noise;
    return `${noise}\n${this.#errors}`.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  }

  /** The line that says most: of Node's own report of an error the first, else the last, with the name of whose it is. */
  #lastWord(words: readonly string[]): string | undefined {
    const error = words.find((line) => /^(?:\w*Error|FATAL ERROR)\b/.test(line));
    if (error !== undefined) return error;
    const program = basename(this.#program);
    const last = words.at(-1);
    return last === undefined || last.startsWith(`${program}: `) ? last : `${program}: ${last}`;
  }

  async #leave(): Promise<void> {
    clearTimeout(this.#timer);
    const child = this.#child;
    if (child?.pid === undefined) return;
    const exited = this.#exited.promise;
    child.stdin!.end();
    // An agent whose input ends goes by itself, and its ranks before it.
    let gone = this.#state === 'open' && (await within(exited, GRACE));
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (gone) break;
      kill(child.pid, signal);
      gone = await within(exited, GRACE);
    }
    for (const stream of child.stdio) stream?.destroy();
    child.unref();
  }
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
