/**
 * Whether a program that runs in this process still has timers or I/O that could wake it.
 *
 * Node.js tells how many resources of each kind keep the event loop alive, but not whose they are: a test runner has timers of its
 * own. Where none that could end by itself is there at the start, whatever is there later is the program's: it suffices to count. Else
 * what is made from the start on is noted (async_hooks; every promise costs more then), timers one by one, everything else by
 * kind. What was there before does not count, except connections: an answer may come over one that was opened before.
 */
import { createHook } from 'node:async_hooks';

/** Made in every turn by anybody; over before it matters. */
const FLEETING = new Set(['PROMISE', 'Immediate', 'TickObject', 'Microtask']);
/** What may wake the program though it was made before, or though it is over in a moment: it may make another one then. */
const ALWAYS = ['TCPSOCKETWRAP', 'TLSWRAP', 'UDPWRAP', 'IMMEDIATE'];
/** What a process has for its standard streams, its parent and its threads, and keeps. */
const STANDING = new Set(['PIPEWRAP', 'TTYWRAP', 'SIGNALWRAP', 'MESSAGEPORT', 'CLOSEREQ', ...ALWAYS]);

/** Timers that are noted before the ended ones are forgotten. */
const FORGET = 4096;

export interface OpenWork {
  any(): boolean;
  stop(): void;
}

/** Watches from now on. */
export function watchWork(): OpenWork {
  const before = activeKinds();
  return before.every((kind) => STANDING.has(kind)) ? new CountedWork(before) : new NotedWork();
}

export class CountedWork implements OpenWork {
  readonly #before: Map<string, number>;
  readonly #now: () => readonly string[];

  /** @param before - the kinds of what was open at the start, one entry each; @param now - those of what is open. */
  constructor(before: readonly string[], now: () => readonly string[] = activeKinds) {
    this.#before = counts(before);
    this.#now = now;
  }

  any(): boolean {
    for (const [kind, count] of counts(this.#now())) {
      if (ALWAYS.includes(kind) || count > (this.#before.get(kind) ?? 0)) return true;
    }
    return false;
  }

  stop(): void {
    // It has nothing of its own.
  }
}

export class NotedWork implements OpenWork {
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
    return this.#timers.size > 0 || activeKinds().some((kind) => this.#kinds.has(kind));
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

function activeKinds(): string[] {
  return process.getActiveResourcesInfo().map((kind) => kind.toUpperCase());
}

function counts(kinds: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const kind of kinds) found.set(kind, (found.get(kind) ?? 0) + 1);
  return found;
}
