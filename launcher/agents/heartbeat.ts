/**
 * Tells a peer that lives from one that does not: both sides send something at every tick, and count the ticks in which nothing came.
 * They count ticks and not time, so a process that was stopped, or a machine that slept, judges nobody by a clock that went on without it.
 */

/** Milliseconds. */
export const TICK = 1500;
/** Ticks without a sign of life. */
export const PATIENCE = 4;
/** Before the first sign: a program that is read from a network's disk takes a while to start. */
export const FIRST_PATIENCE = 20;

export class Heartbeat {
  readonly #timer: NodeJS.Timeout;
  #silent = 0;
  #patience = FIRST_PATIENCE;
  #suspended = false;

  /** `beat` is called every tick; `onSilence` once, with the seconds that were silent. */
  constructor(beat: () => void, onSilence: (seconds: number) => void) {
    this.#timer = setInterval(() => {
      if (!this.#suspended) this.#silent++;
      if (this.#silent > this.#patience) {
        this.stop();
        onSilence(((this.#silent - 1) * TICK) / 1000);
      } else beat();
    }, TICK);
  }

  /** Something has come from the peer. */
  heard(): void {
    this.#silent = 0;
    this.#suspended = false;
    this.#patience = PATIENCE;
  }

  /** The peer says that it is about to be stopped: its silence means nothing until it is heard again. */
  suspend(): void {
    this.#suspended = true;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
