/** Forwards tsrun's standard input to the ranks that read it, no faster than the slowest of them takes it. */
import { readFileSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { Agent } from '../agents/agent.ts';

export class Input {
  readonly #agent: Agent;
  readonly #stream: () => NodeJS.ReadStream;
  /** Ranks that still take input. */
  readonly #open: Set<number>;
  /** Ranks that have not yet asked for more. */
  readonly #busy = new Set<number>();
  #source: NodeJS.ReadStream | undefined;
  #ended = false;

  constructor(agent: Agent, targets: readonly number[], stream: () => NodeJS.ReadStream = () => process.stdin) {
    this.#agent = agent;
    this.#open = new Set(targets);
    this.#stream = stream;
  }

  /**
   * Begins to read, unless we are in the background of a terminal: reading there would stop us. Called again when we are
   * continued, perhaps in the foreground.
   */
  start(): void {
    if (this.#open.size === 0 || this.#ended) return;
    const background = isatty(0) && !inForeground();
    if (this.#source === undefined) {
      if (background) return;
      this.#source = this.#stream();
      this.#source.on('data', (data: Buffer) => this.#forward(data));
      this.#source.on('end', () => this.#end());
      this.#source.on('error', () => this.#end());
    } else if (background) this.#source.pause();
    else if (this.#busy.size === 0) this.#source.resume();
  }

  /** A rank takes more, or will never take any again. */
  answered(rank: number, open: boolean): void {
    this.#busy.delete(rank);
    if (!open) this.#open.delete(rank);
    if (this.#open.size === 0) this.stop();
    else if (this.#busy.size === 0) this.start();
  }

  stop(): void {
    this.#ended = true;
    this.#source?.destroy();
  }

  #forward(data: Buffer): void {
    this.#source?.pause();
    for (const rank of this.#open) this.#busy.add(rank);
    for (const rank of [...this.#open]) this.#agent.send({ type: 'input', rank, data });
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const rank of this.#open) this.#agent.send({ type: 'input', rank, data: null });
  }
}

/** Whether our process group is the one that the terminal listens to. Where /proc does not say it, we take it to be. */
function inForeground(): boolean {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1');
    // After the name in parentheses: state, parent, group, session, terminal, the terminal's foreground group.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[2] === fields[5];
  } catch {
    return true;
  }
}
