/**
 * Notices when nothing can happen any more in this process: no message under way, no timer and no I/O of the program, and the event
 * loop has turned without a change.
 */
import { watchWork } from './open-work.ts';

/** While timers or I/O of the program are open it is looked again after so many milliseconds. */
const PATIENCE = 20;
/** Turns of the event loop that must pass without a change. */
const TURNS = 3;

export class Stillness {
  readonly #silent: () => boolean;
  readonly #onStill: () => void;
  readonly #work = watchWork();
  /** Counts what has happened: two looks with the same number between them saw the same state. */
  #events = 0;
  #pending: { clear(): void } | undefined;
  #stopped = false;

  /** @param silent - nothing is under way in the network; @param onStill - called at each such moment. */
  constructor(silent: () => boolean, onStill: () => void) {
    this.#silent = silent;
    this.#onStill = onStill;
  }

  /** Something has come to rest: look whether everything has. */
  suspect(): void {
    this.#events++;
    if (this.#pending === undefined) this.#next(TURNS);
  }

  stop(): void {
    this.#stopped = true;
    this.#pending?.clear();
    this.#work.stop();
  }

  #next(turns: number): void {
    if (this.#stopped) return;
    const events = this.#events;
    const immediate = setImmediate(() => this.#look(events, turns));
    this.#pending = { clear: () => clearImmediate(immediate) };
  }

  #look(events: number, turns: number): void {
    this.#pending = undefined;
    if (events !== this.#events) return this.#next(TURNS);
    if (!this.#silent()) return;
    if (turns > 0) return this.#next(turns - 1);
    if (this.#work.any()) {
      const timer = setTimeout(() => this.#look(events, 0), PATIENCE);
      this.#pending = { clear: () => clearTimeout(timer) };
      return;
    }
    this.#onStill();
  }
}
