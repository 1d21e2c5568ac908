/**
 * Notices when nothing can happen any more in this process: no message under way, no timer, no I/O, and the event loop has turned
 * without a change.
 *
 * Timers and I/O that were there before (a test runner has some) are not the program's and do not count. When such a one ends, the
 * baseline sinks with it.
 */

/** While timers or I/O of the program are open it is looked again after so many milliseconds. */
const PATIENCE = 20;
/** Turns of the event loop that must pass without a change. */
const TURNS = 3;

export class Stillness {
  readonly #silent: () => boolean;
  readonly #onStill: () => void;
  #baseline = open();
  /** Counts what has happened: two looks with the same number between them saw the same state. */
  #events = 0;
  #pending: { clear(): void } | undefined;
  #stopped = false;

  /** @param silent - nothing is under way in the network; @param onStill - called once. */
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
    if (this.#busy()) {
      const timer = setTimeout(() => this.#look(events, 0), PATIENCE);
      this.#pending = { clear: () => clearTimeout(timer) };
      return;
    }
    this.#stopped = true;
    this.#onStill();
  }

  /** Whether timers or I/O are open that were not there before. */
  #busy(): boolean {
    const now = open();
    let busy = false;
    for (const [kind, count] of now) if (count > (this.#baseline.get(kind) ?? 0)) busy = true;
    for (const [kind, count] of this.#baseline) this.#baseline.set(kind, Math.min(count, now.get(kind) ?? 0));
    return busy;
  }
}

/** How many of each kind keep the event loop alive. */
function open(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    // Turns of the loop, ours and others', are over before the next look.
    if (kind !== 'Immediate') counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}
