/**
 * Moves messages while a rank waits, and lets it sleep when that is in vain.
 *
 * A rank that begins to wait does not sleep at once: an answer that comes soon costs more to be woken up for (25 us on a virtual
 * machine) than to be awake for. So it polls the transport, in a chain of microtasks: whatever else is ready in the
 * program runs between two polls. After some polls in vain, and after a tenth of a millisecond of polls that were not, the event
 * loop gets its turn, for timers, for other I/O, and for links that only it can read. Where nothing comes for a while the
 * transport is told that nobody polls, and the rank sleeps in the event loop, using no processor, until that wakes it.
 *
 *                  hold                              in vain for SPIN, or nothing waits
 *     ASLEEP ─────────────────▶ AWAKE: poll, … turn ────────────────────────────────────▶ ASLEEP: armed
 *              but for #skip                ▲    │
 *              of them                      └────┘ something has come, or is waited for, since the last turn
 *
 * Where it is in vain again and again (the other ranks compute for long) it is tried less and less. With more ranks on the host than
 * cores the one that is awaited may need this very core: it gets it after every poll, and there are few of them.
 */
import type { Liveness } from '../matching/engine.ts';
import type { NativeSource } from '../native/native.ts';
import type { Transport } from '../transport/transport.ts';

/** What is polled: a transport, as far as it matters here. */
export type Polled = Pick<Transport, 'poll' | 'arm' | 'quick'>;

/** How long a rank stays awake in vain, in milliseconds. */
const SPIN = 0.1;
/** How long the event loop waits for its turn at most, in milliseconds, in as far as it is for us to say. */
const TURN = 0.1;
/** Polls in vain, one after the other, before it has its turn: so many where it is polls that find things, fewer where it is the turns. */
const MAX_VAIN = 32;
/** The same with more ranks than cores; then the rank sleeps. */
const MAX_VAIN_CROWDED = 16;
/** Polls not in vain between two looks at the clock: one look costs as much as a quarter of a poll. */
const LOOK = 16;
/** Polls at once where a wait begins, if each costs next to nothing: some microseconds in vain. */
const LOOKS = 64;
/** Waits that are slept through at once after many in which it was in vain to stay awake. */
const MAX_SKIP = 64;

const NOW = Promise.resolve();

/** The clock and the event loop: those of the process, or of a test. */
export interface EventLoop {
  /** Milliseconds. */
  now(): number;
  /** A turn later. */
  soon(callback: () => void): void;
}

const PROCESS: EventLoop = { now: () => performance.now(), soon: (callback) => void setImmediate(callback) };

export interface ProgressOptions {
  readonly transport: Polled;
  /** Held while anything waits. */
  readonly anchor: Liveness;
  /** This host has more ranks than cores. */
  readonly crowded: boolean;
  readonly native: NativeSource;
  readonly loop?: EventLoop;
}

export class Progress implements Liveness {
  readonly #transport: Polled;
  readonly #anchor: Liveness;
  readonly #crowded: boolean;
  readonly #native: NativeSource;
  readonly #loop: EventLoop;
  #holds = 0;
  #anchored = false;
  /** A turn of the event loop is on order. */
  #awake = false;
  /** The next poll is on order: of a microtask, or of the turn, where that is due. */
  #ordered = false;
  /** No more polls before the turn. */
  #due = false;
  /** Something has come, or is waited for anew, since the last turn. */
  #fruitful = false;
  #polling = false;
  /** Polls in vain since the last one that was not, or since the last turn. */
  #vain = 0;
  #maxVain = MAX_VAIN;
  /** Polls not in vain since the last look at the clock. */
  #found = 0;
  #turned = 0;
  #awakeUntil = 0;
  /** Waits to sleep through before the next try, and how many it will be if that is in vain too. */
  #skip = 0;
  #nextSkip = 1;

  constructor({ transport, anchor, crowded, native, loop = PROCESS }: ProgressOptions) {
    this.#transport = transport;
    this.#anchor = anchor;
    this.#crowded = crowded;
    this.#native = native;
    this.#loop = loop;
  }

  /** HOT (bench: latency). */
  hold(): void {
    this.#holds++;
    this.#fruitful = true;
    if (!this.#ordered) this.#begin();
  }

  /** HOT (bench: latency). */
  release(): void {
    // It was not by a poll: rather by a turn.
    if (!this.#polling && this.#maxVain > 1) this.#maxVain >>= 1;
    if (--this.#holds > 0) return;
    if (this.#awake) this.#nextSkip = 1;
    else this.#letGo();
  }

  /**
   * What is under way in shared memory is there sooner than a promise could be made to wait for it. HOT (bench: latency).
   */
  look(work: { readonly pending: boolean }): void {
    if (!this.#awake || this.#due || this.#crowded || !this.#transport.quick) return;
    this.#polling = true;
    for (let looks = LOOKS; looks > 0 && work.pending; looks--) {
      if (this.#transport.poll() && this.#turnDue()) {
        this.#due = this.#ordered = true;
        break;
      }
    }
    this.#polling = false;
  }

  #begin(): void {
    if (!this.#awake) {
      if (!this.#anchored) {
        this.#anchored = true;
        this.#anchor.hold();
      }
      if (!this.#wakes()) return;
      this.#awake = true;
      this.#turned = this.#loop.now();
      this.#loop.soon(this.#turn);
    }
    this.#order();
  }

  #wakes(): boolean {
    if (this.#skip > 0) {
      this.#skip--;
      return false;
    }
    return !this.#crowded || typeof this.#native() !== 'string';
  }

  #order(): void {
    this.#ordered = true;
    void NOW.then(this.#poll);
  }

  readonly #poll = (): void => {
    // Ordered from within a poll that was the last one before the turn.
    if (this.#due) return;
    this.#ordered = false;
    // What waited has ended meanwhile. The next wait goes on from here, or the turn that is on order finds nothing that waits.
    if (this.#holds === 0) return;
    this.#polling = true;
    const found = this.#transport.poll();
    this.#polling = false;
    if (found ? this.#turnDue() : this.#inVain()) this.#due = this.#ordered = true;
    else if (this.#holds > 0 && !this.#ordered) this.#order();
  };

  /** After a poll that has found something: whether the event loop has waited long enough. */
  #turnDue(): boolean {
    this.#vain = 0;
    this.#maxVain = MAX_VAIN;
    this.#fruitful = true;
    if (++this.#found < LOOK) return false;
    this.#found = 0;
    return this.#loop.now() - this.#turned > TURN;
  }

  /** After a poll in vain: whether it has been enough of them. */
  #inVain(): boolean {
    this.#vain++;
    if (!this.#crowded) return this.#vain >= this.#maxVain;
    this.#giveWay();
    return this.#vain >= MAX_VAIN_CROWDED;
  }

  /** Whoever we wait for may wait for this very core. */
  #giveWay(): void {
    const native = this.#native();
    if (typeof native !== 'string') native.yieldCpu();
  }

  readonly #turn = (): void => {
    this.#turned = this.#loop.now();
    this.#due = this.#ordered = false;
    if (this.#fruitful && !this.#crowded) this.#awakeUntil = this.#turned + SPIN;
    const vain = this.#crowded ? this.#vain >= MAX_VAIN_CROWDED : this.#turned >= this.#awakeUntil;
    this.#fruitful = false;
    if (this.#vain >= this.#maxVain) this.#giveWay();
    this.#vain = 0;
    if (this.#holds > 0 && !vain) {
      this.#loop.soon(this.#turn);
      this.#poll();
    } else if (this.#transport.arm()) {
      this.#sleep();
    } else {
      this.#fruitful = true;
      this.#loop.soon(this.#turn);
      if (this.#holds > 0) this.#poll();
      else this.#transport.poll();
    }
  };

  #sleep(): void {
    this.#awake = false;
    if (this.#holds === 0) {
      this.#letGo();
    } else if (!this.#crowded) {
      this.#skip = this.#nextSkip;
      this.#nextSkip = Math.min(2 * this.#nextSkip, MAX_SKIP);
    }
  }

  #letGo(): void {
    if (!this.#anchored) return;
    this.#anchored = false;
    this.#anchor.release();
  }
}
