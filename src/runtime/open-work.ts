/**
 * Whether a program that runs in this process still has timers or I/O that could wake it.
 *
 * Node.js tells how many resources of each kind keep the event loop alive, but not whose they are: a test runner has timers of its
 * own. So what is made from the start on is noted (async_hooks), timers one by one, everything else by kind. What was there
 * before does not count, except connections: an answer may come over one that was opened before.
 */
import { createHook } from 'node:async_hooks';

/** Made in every turn by anybody; over before it matters. */
const FLEETING = new Set(['PROMISE', 'Immediate', 'TickObject', 'Microtask']);
/** What may wake the program though it was made before, or though it is over in a moment: it may make another one then. */
const ALWAYS = ['TCPSOCKETWRAP', 'TLSWRAP', 'UDPWRAP', 'IMMEDIATE'];

/** Timers that are noted before the ended ones are forgotten. */
const FORGET = 4096;

export class OpenWork {
  readonly #kinds = new Set<string>(ALWAYS);
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #hook = createHook({
    init: (_id, kind, _trigger, resource) => {
      if (FLEETING.has(kind)) return;
      if (kind === 'Timeout') {
        if (this.#timers.add(resource as NodeJS.Timeout).size % FORGET === 0) this.#forget();
      } else this.#kinds.add(kind.toUpperCase());
    },
  }).enable();

  any(): boolean {
    this.#forget();
    return (
      this.#timers.size > 0 || process.getActiveResourcesInfo().some((kind) => this.#kinds.has(kind.toUpperCase()))
    );
  }

  /** A timer that has fired or was cleared has no reference any more. */
  #forget(): void {
    for (const timer of this.#timers) if (!timer.hasRef()) this.#timers.delete(timer);
  }

  stop(): void {
    this.#hook.disable();
    this.#timers.clear();
  }
}
