/** What has to be flushed before the program goes on. */

export interface Flushable {
  /** Set by the queue. */
  queued: boolean;
  flush(): void;
}

const NOW = Promise.resolve();

/**
 * One microtask for all that is sent before it runs: it stands in the queue before whatever awaits the sends. So a window of
 * sends goes out as one write, and a program that computes for a minute after `await send()` has nothing of it still in here.
 */
export class FlushQueue {
  #waiting: Flushable[] = [];
  #flushing: Flushable[] = [];

  /** HOT (bench: latency, rate). */
  add(flushable: Flushable): void {
    flushable.queued = true;
    if (this.#waiting.push(flushable) === 1) void NOW.then(this.#run);
  }

  /** HOT (bench: latency). */
  flush(): void {
    const flushing = this.#waiting;
    if (flushing.length === 0) return;
    this.#waiting = this.#flushing;
    this.#flushing = flushing;
    // From the front, and then emptied by what costs nothing: setting the length is a call into the runtime.
    for (let i = 0; i < flushing.length; i++) {
      const flushable = flushing[i]!;
      flushable.queued = false;
      flushable.flush();
    }
    while (flushing.length > 0) flushing.pop();
  }

  readonly #run = (): void => {
    this.flush();
  };
}
