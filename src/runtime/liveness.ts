import type { Liveness } from '../matching/engine.ts';

/** Further in the future than any job: it never fires, it only keeps the event loop from being empty. */
const NEVER = 2 ** 31 - 1;

/** How long a rank that begins to wait keeps its core awake, in milliseconds. */
const SPIN = 0.05;
/** Waits that are slept through at once after many in which it was in vain to stay awake. */
const MAX_SKIP = 1024;

/**
 * Sockets never keep a rank alive, operations do: while one waits that somebody can still complete, the event loop has a
 * reason to run; when none does and the script is over, the process is free to end.
 *
 * A rank that begins to wait does not sleep at once: for a moment it lets the event loop turn and look at its sockets, since
 * an answer that comes in that time costs more to wake up for (25 us on a virtual machine) than to wait for. Where that is in
 * vain (the other rank computes, or needs the very core that is kept busy) it is tried less and less often. A rank that
 * waits longer sleeps, and uses no processor. HOT (bench: latency).
 */
export class ProcessLiveness implements Liveness {
  #holds = 0;
  readonly #anchor = setInterval(() => {}, NEVER).unref();
  readonly #spin: boolean;
  readonly #turn = () => this.#look();
  #turning = false;
  #awakeUntil = 0;
  /** Waits to sleep through before the next try, and how many it will be if that is in vain too. */
  #skip = 0;
  #nextSkip = 1;

  /** @param spin - whether every rank of this machine can have a core of its own. */
  constructor(spin: boolean) {
    this.#spin = spin;
  }

  hold(): void {
    if (this.#holds++ > 0) return;
    this.#anchor.ref();
    if (!this.#spin) return;
    if (this.#skip > 0) {
      this.#skip--;
      return;
    }
    this.#awakeUntil = performance.now() + SPIN;
    if (this.#turning) return;
    this.#turning = true;
    setImmediate(this.#turn);
  }

  release(): void {
    if (--this.#holds > 0) return;
    this.#anchor.unref();
    if (this.#turning) this.#nextSkip = 1;
  }

  #look(): void {
    this.#turning = this.#holds > 0;
    if (!this.#turning) return;
    if (performance.now() < this.#awakeUntil) {
      setImmediate(this.#turn);
      return;
    }
    this.#turning = false;
    this.#skip = this.#nextSkip;
    this.#nextSkip = Math.min(2 * this.#nextSkip, MAX_SKIP);
  }
}
