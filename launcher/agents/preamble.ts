/** Reads what comes before the agent: noise of start-up files, and the lines of bootstrap.ts, up to `ready`. */
import { MARK, Step } from './bootstrap.ts';

/** A start-up file that prints more than this is not waited out. */
const MOST_NOISE = 2 ** 20;
/** Kept for a message. */
const KEPT = 4096;

export interface PreambleHandlers {
  /** A line that was meant for us: its first word, and the rest. */
  step(word: string, detail: string): void;
  /** After {@link Step.READY}: what follows it, which is the agent's. */
  ready(rest: Buffer): void;
  /** There is no end to the noise. */
  flooded(): void;
}

export class Preamble {
  readonly #handlers: PreambleHandlers;
  #held: Buffer = Buffer.alloc(0);
  #noise = '';
  #bytes = 0;
  #over = false;

  constructor(handlers: PreambleHandlers) {
    this.#handlers = handlers;
  }

  /** The end of what was not meant for us. */
  get noise(): string {
    return this.#noise + this.#held.subarray(0, KEPT).toString();
  }

  push(chunk: Buffer): void {
    if (this.#over) return;
    this.#bytes += chunk.length;
    this.#held = Buffer.concat([this.#held, chunk]);
    for (let end = this.#held.indexOf('\n'); end >= 0; end = this.#held.indexOf('\n')) {
      const line = this.#held.subarray(0, end).toString();
      this.#held = this.#held.subarray(end + 1);
      if (!line.startsWith(MARK)) {
        this.#noise = `${this.#noise}${line}\n`.slice(-KEPT);
        continue;
      }
      const [word = '', ...rest] = line.slice(MARK.length).split(' ');
      if (word === Step.READY) {
        this.#over = true;
        return this.#handlers.ready(this.#held);
      }
      this.#handlers.step(word, rest.join(' ').trim());
    }
    if (this.#bytes <= MOST_NOISE) return;
    this.#over = true;
    this.#handlers.flooded();
  }
}
