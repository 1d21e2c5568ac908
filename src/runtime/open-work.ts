/**
 * Whether a program that runs in this process still has timers or I/O that could wake it.
 *
 * Node.js tells how many resources of each kind keep the event loop alive, but not whose they are: a test runner has timers of its
 * own. So everything that is made from the start on is noted (async_hooks); what was there before does not count, except
 * connections: an answer may come over one that was opened before.
 */
import { createHook } from 'node:async_hooks';

/** Made in every turn by anybody; over before it matters. */
const FLEETING = new Set(['PROMISE', 'Immediate', 'TickObject', 'Microtask']);
const CONNECTIONS = new Set(['TCPSOCKETWRAP', 'TLSWRAP', 'UDPWRAP']);

export class OpenWork {
  readonly #kinds = new Map<number, string>();
  readonly #hook = createHook({
    init: (id, kind) => {
      if (!FLEETING.has(kind)) this.#kinds.set(id, kind.toUpperCase());
    },
    destroy: (id) => {
      this.#kinds.delete(id);
    },
  }).enable();

  any(): boolean {
    const made = new Set(this.#kinds.values());
    return process.getActiveResourcesInfo().some((name) => {
      const kind = name.toUpperCase();
      return made.has(kind) || CONNECTIONS.has(kind);
    });
  }

  stop(): void {
    this.#hook.disable();
    this.#kinds.clear();
  }
}
