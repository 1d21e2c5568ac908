/**
 * Starts an agent on another host by a program that leads there (ssh, srun): what is written to the program arrives at the agent, what it prints
 * comes from the agent. The ways to other hosts differ in that program, and in how its failures are read.
 */
import { join } from 'node:path';
import { Deferred } from '../../src/base/deferred.ts';
import { packageRoot } from '../bundle/library.ts';
import { ExitCode, LaunchFailure } from '../failure.ts';
import { systemReason } from '../io/system-reason.ts';
import { bootstrapLines, OLDEST_NODE, Step } from './bootstrap.ts';
import type { ByteStreams } from './channel.ts';
import { Preamble } from './preamble.ts';
import { Lifeline, linesOf, Program } from './program.ts';
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

export interface StartOptions {
  /** What the agent is called in the list of processes there. */
  readonly title?: string;
  /** What is shipped; none: nothing. */
  readonly archive?: Archive | undefined;
  readonly lifeline?: Lifeline;
}

const AGENT_MAIN = join(packageRoot(), 'dist/launcher/agent-main.js');
/** On top of the time for the connection, in milliseconds: a login runs start-up files. */
const LOGIN = 10_000;
/** Between two steps of the way from the login to the agent, and between two pieces of an archive. */
const STEP = 60_000;

export function startAgent(
  starter: Starter,
  remote: RemoteHost,
  options: Omit<StartOptions, 'title'> = {},
): RemoteAgent {
  const { connectTimeout, job } = remote.options;
  // Without a space: Slurm's proctrack/linuxproc would not find the process, nor those that it starts.
  const title = `tsmpi-agent-${job}`;
  return new RemoteAgent(startProgram(starter, remote.host.name, connectTimeout, { ...options, title }), remote);
}

/** The way to the program of `starter.main`, which need not be an agent. @param connectTimeout - milliseconds. */
export function startProgram(
  starter: Starter,
  host: string,
  connectTimeout: number,
  options: StartOptions = {},
): Connection {
  return new Way(starter, host, connectTimeout, options);
}

class Way implements Connection {
  readonly #starter: Starter;
  readonly #host: string;
  readonly #title: string;
  readonly #archive: Archive | undefined;
  readonly #opened = new Deferred<ByteStreams>();
  readonly #preamble: Preamble;
  #program: Program | undefined;
  #state: 'reaching' | 'preparing' | 'open' | 'failed' = 'reaching';
  #timer: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;

  constructor(starter: Starter, host: string, connectTimeout: number, options: StartOptions) {
    const { title = 'tsmpi-agent', archive, lifeline = new Lifeline() } = options;
    this.#starter = starter;
    this.#host = host;
    this.#title = title;
    this.#archive = archive;
    this.#preamble = new Preamble({
      step: (word, detail) => this.#step(word, detail),
      ready: (rest) => this.#open(rest),
      flooded: () => this.#fail('its start-up files print without end where there is no terminal'),
    });
    try {
      this.#program = new Program(starter.command, starter.env ?? process.env, lifeline, {
        output: (chunk) => this.#preamble.push(chunk),
        refused: (error) => this.#ended({ error }),
        ended: (code, signal) => this.#ended({ code, signal }),
      });
      this.#within(connectTimeout + LOGIN);
    } catch (error) {
      this.#ended({ error: error as NodeJS.ErrnoException });
    }
  }

  get opened(): Promise<ByteStreams> {
    return this.#opened.promise;
  }

  async lastWords(): Promise<string | undefined> {
    return this.#program?.lastWords();
  }

  close(patient = true): Promise<void> {
    clearTimeout(this.#timer);
    // An agent whose input ends goes by itself, and its ranks before it.
    this.#closed ??= this.#program?.end(patient && this.#state === 'open') ?? Promise.resolve();
    return this.#closed;
  }

  #step(word: string, detail: string): void {
    switch (word) {
      case Step.SHELL:
        return this.#prepare();
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

  #prepare(): void {
    if (this.#state !== 'reaching') return;
    this.#state = 'preparing';
    this.#within(STEP);
    const { main = AGENT_MAIN } = this.#starter;
    const folder = this.#archive && { path: this.#archive.folder, identity: this.#archive.identity };
    this.#program!.input.write(bootstrapLines(process.execPath, { main, title: this.#title, folder }));
  }

  /** The archive, in pieces: each has its time. */
  async #ship(): Promise<void> {
    if (this.#state !== 'preparing' || this.#archive === undefined) return;
    clearTimeout(this.#timer);
    try {
      const { size, read } = await this.#archive.open();
      if (this.#state !== 'preparing') return;
      this.#within(STEP);
      const { input } = this.#program!;
      input.write(`${size}\n`);
      const source = read();
      source.on('data', () => this.#within(STEP));
      source.on('error', (error) => this.#fail(`cannot read the archive for --sync: ${systemReason(error)}`));
      source.pipe(input, { end: false });
    } catch (error) {
      this.#give(error as LaunchFailure);
    }
  }

  #open(rest: Buffer): void {
    if (this.#state !== 'preparing') return;
    this.#state = 'open';
    clearTimeout(this.#timer);
    this.#opened.resolve(this.#program!.handOver(rest));
  }

  /** It has ended, or the time for it has. */
  #ended(end: Partial<ProgramEnd>): void {
    if (this.#state === 'open') return;
    const words = linesOf(`${this.#preamble.noise}\n${this.#program?.errors ?? ''}`);
    const whole = { error: undefined, code: null, signal: null, timedOut: undefined, words, ...end };
    this.#fail(this.#starter.explain(whole) ?? this.#describe(whole));
  }

  #describe({ error, code, signal, timedOut, words }: ProgramEnd): string {
    const name = this.#starter.command[0]!;
    if (error !== undefined) return `cannot start ${name}: ${systemReason(error)}`;
    const last = this.#program?.tell(words);
    if (timedOut !== undefined) return `no answer after ${timedOut} s${last === undefined ? '' : ` (${last})`}`;
    if (signal !== null) return `${name} was killed by ${signal}`;
    return last ?? `${name} ended with code ${code} before there was an agent`;
  }

  #fail(reason: string): void {
    this.#give(new LaunchFailure(`host ${this.#host}: ${reason}`, ExitCode.LAUNCH));
  }

  #give(failure: LaunchFailure): void {
    if (this.#state === 'open' || this.#state === 'failed') return;
    this.#state = 'failed';
    this.#opened.reject(failure);
    void this.close(false);
  }

  #within(milliseconds: number): void {
    clearTimeout(this.#timer);
    if (this.#state === 'failed' || this.#state === 'open') return;
    this.#timer = setTimeout(() => this.#ended({ timedOut: milliseconds / 1000 }), milliseconds);
  }
}
