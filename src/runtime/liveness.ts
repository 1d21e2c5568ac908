import type { Liveness } from '../matching/engine.ts';

/** Further in the future than any job: it never fires, it only keeps the event loop from being empty. */
const NEVER = 2 ** 31 - 1;

/**
 * Sockets never keep a rank alive, operations do: while one waits that somebody can still complete, the event loop has a
 * reason to run; when none does and the script is over, the process is free to end.
 */
export class Anchor implements Liveness {
  #holds = 0;
  readonly #timer = setInterval(() => {}, NEVER).unref();

  hold(): void {
    if (this.#holds++ === 0) this.#timer.ref();
  }

  release(): void {
    if (--this.#holds === 0) this.#timer.unref();
  }
}
