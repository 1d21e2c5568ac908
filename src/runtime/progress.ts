/**
 * Moves messages while a rank waits, and lets it sleep when that is in vain.
 *
 * A rank that begins to wait does not sleep at once: an answer that comes soon costs more to be woken up for (25 us on a virtual
 * machine) than to be awake for. So it polls the transport, in a chain of microtasks: whatever else is ready in the
 * program runs between two polls. After some polls in vain, and after a tenth of a millisecond of polls that were not, the event
 * loop gets its turn, for timers, for other I/O, and for links that only it can read. Where nothing comes for a while the
 * transport is told that nobody polls, and the rank sleeps in the event loop, using no processor, until that wakes it.
 *
 * Where it is in vain again and again (the other ranks compute, or need the very core that is kept busy) it is tried less and less.
 *
 *                hold                      in vain for SPIN, or nothing waits
 *     ASLEEP ────────────▶ AWAKE: polls ──────────────────────────────────▶ ASLEEP: armed
 */
import type { Liveness } from '../matching/engine.ts';
import type { Transport } from '../transport/transport.ts';

/** What is polled: a transport, as far as it matters here. */
export type Polled = Pick<Transport, 'poll' | 'arm'>;

/** How long a rank stays awake in vain, in milliseconds. */
const SPIN = 0.1;
/** How long the event loop waits for its turn at most, in milliseconds, in as far as it is for us to say. */
const TURN = 0.1;
/** Polls in vain, one after the other, before it has its turn: so many where it is polls that find things, fewer where it is the turns. */
const MAX_VAIN = 32;
/** Polls not in vain between two looks at the clock: one look costs as much as a quarter of a poll. */
const LOOK = 16;
/** Waits that are slept through at once after many in which it was in vain to stay awake. */
const MAX_SKIP = 64;

const NOW = Promise.resolve();

/** What this depends on but the transport: that of the process, or that of a test. */
export interface Surface {
  /** Milliseconds. */
  now(): number;
  /** A turn of the event loop later. */
  soon(callback: () => void): void;
}

const PROCESS: Surface = { now: () => performance.now(), soon: (callback) => void setImmediate(callback) };

export class Progress implements Liveness {
  readonly #transport: Polled;
  /** Held while anything waits. */
  readonly #anchor: Liveness;
  /** Stays awake at all: every rank of this host can have a core of its own. */
  readonly #spin: boolean;
  readonly #surface: Surface;
  #holds = 0;
  #anchored = false;
  /** A turn of the event loop is on order. */
  #awake = false;
  /** The next poll is on order: of a microtask, or of the turn, where that is due. */
  #ordered = false;
  /** Something has come, or was begun to be waited for, since the last turn. */
  #fruitful = false;
  #vain = 0;
  #maxVain = MAX_VAIN;
  #polling = false;
  #fruits = 0;
  #turned = 0;
  #awakeUntil = 0;
  /** Waits to sleep through before the next try, and how many it will be if that is in vain too. */
  #skip = 0;
  #nextSkip = 1;

  constructor(transport: Polled, anchor: Liveness, spin: boolean, surface: Surface = PROCESS) {
    this.#transport = transport;
    this.#anchor = anchor;
    this.#spin = spin;
    this.#surface = surface;
  }

  /** HOT (bench: latency). */
  hold(): void {
    this.#holds++;
    this.#fruitful = true;
    if (!this.#ordered) this.#begin();
  }

  /** HOT (bench: latency). */
  release(): void {
    if (!this.#polling && this.#maxVain > 1) this.#maxVain >>= 1;
    if (--this.#holds > 0) return;
    if (this.#awake) this.#nextSkip = 1;
    else this.#letGo();
  }

  #begin(): void {
    if (!this.#awake) {
      if (!this.#anchored) {
        this.#anchored = true;
        this.#anchor.hold();
      }
      if (!this.#spin) return;
      if (this.#skip > 0) {
        this.#skip--;
        return;
      }
      this.#awake = true;
      this.#turned = this.#surface.now();
      this.#surface.soon(this.#turn);
    }
    this.#queue();
  }

  #queue(): void {
    this.#ordered = true;
    void NOW.then(this.#poll);
  }

  readonly #poll = (): void => {
    this.#ordered = false;
    // What waited has ended meanwhile. The next wait goes on from here, or the turn that is on order finds nothing that waits.
    if (this.#holds === 0) return;
    this.#polling = true;
    const found = this.#transport.poll();
    this.#polling = false;
    if (found) {
      this.#vain = 0;
      this.#maxVain = MAX_VAIN;
      this.#fruitful = true;
      if (++this.#fruits >= LOOK) {
        this.#fruits = 0;
        if (this.#surface.now() - this.#turned > TURN) {
          this.#ordered = true;
          return;
        }
      }
    } else if (++this.#vain >= this.#maxVain) {
      this.#ordered = true;
      return;
    }
    if (this.#holds > 0 && !this.#ordered) this.#queue();
  };

  readonly #turn = (): void => {
    this.#turned = this.#surface.now();
    this.#ordered = false;
    this.#vain = 0;
    if (this.#fruitful) this.#awakeUntil = this.#turned + SPIN;
    this.#fruitful = false;
    if (this.#holds > 0 && this.#turned < this.#awakeUntil) {
      this.#surface.soon(this.#turn);
      this.#poll();
    } else if (this.#transport.arm()) {
      this.#sleep();
    } else {
      this.#surface.soon(this.#turn);
      this.#transport.poll();
    }
  };

  #sleep(): void {
    this.#awake = false;
    if (this.#holds === 0) {
      this.#letGo();
      return;
    }
    this.#skip = this.#nextSkip;
    this.#nextSkip = Math.min(2 * this.#nextSkip, MAX_SKIP);
  }

  #letGo(): void {
    if (!this.#anchored) return;
    this.#anchored = false;
    this.#anchor.release();
  }
}
