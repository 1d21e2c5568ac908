/** Time as the layers above see it: that of the system, or a simulation's. */

export interface Timer {
  /** The callback is not called any more. */
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since some moment. Never runs backward. */
  now(): number;
  /** Calls `callback` once, so many milliseconds from now. */
  after(milliseconds: number, callback: () => void): Timer;
  /** Calls `callback` when all that can be done at once is done. */
  soon(callback: () => void): void;
}

/** The largest delay that timers of the system take, in milliseconds. */
export const MAX_DELAY = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return { cancel: () => clearTimeout(timer) };
  },
  soon(callback) {
    setImmediate(callback);
  },
};
