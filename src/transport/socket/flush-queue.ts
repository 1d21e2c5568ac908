/** What has to be flushed at the end of this turn. */

export interface Flushable {
  /** Set by the queue. */
  queued: boolean;
  flush(): void;
}

/** One `process.nextTick` for all that was sent in a turn: it runs once the promises that are settled have run. */
export class FlushQueue {
  #waiting: Flushable[] = [];
  #flushing: Flushable[] = [];

  /** HOT (bench: latency, rate). */
  add(flushable: Flushable): void {
    flushable.queued = true;
    if (this.#waiting.push(flushable) === 1) process.nextTick(this.#tick);
  }

  flush(): void {
    const flushing = this.#waiting;
    this.#waiting = this.#flushing;
    this.#flushing = flushing;
    for (let i = 0; i < flushing.length; i++) {
      const flushable = flushing[i]!;
      flushable.queued = false;
      flushable.flush();
    }
    flushing.length = 0;
  }

  readonly #tick = (): void => {
    this.flush();
  };
}
