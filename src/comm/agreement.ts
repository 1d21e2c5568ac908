/**
 * Finds out ranks that disagree about a collective call: another collective, op, root, count, dtype or algorithm.
 *
 * Every frame of a collective carries the number of the call and its fingerprint, so nothing extra is sent. A frame for a call
 * that this rank has made is compared as it arrives, also when the call is over; one for a call that is still to come waits
 * here for it. So a disagreement is noticed by the first of the two ranks that hears of the other, within one message.
 */
import { type Fingerprint, UNKNOWN } from '../collectives/context.ts';
import { Frame } from '../wire/frame.ts';

/** Calls number 0 to 2^31 - 1, then from 0 again: they travel as tags. */
export const NUMBERS = 0x7fffffff;
/** How many calls back a late frame is still compared. */
const HISTORY = 1024;

interface Heard {
  readonly source: number;
  readonly fingerprint: Fingerprint;
}

/** Two calls that should have been one. */
export interface Disagreement {
  readonly number: number;
  readonly mine: Fingerprint;
  readonly source: number;
  readonly theirs: Fingerprint;
}

export class Agreement {
  #next = 0;
  readonly #history: (Fingerprint | undefined)[] = [];
  readonly #early = new Map<number, Heard[]>();
  #stamped: Fingerprint | null = null;
  #stamp = new Frame();

  /** The number that the next call of this rank takes. */
  get next(): number {
    return this.#next;
  }

  /** Takes the next number for a call of this rank. What was heard of it before and disagrees comes back. */
  open(mine: Fingerprint): { number: number; disagreement: Disagreement | null } {
    const number = this.#next;
    this.#next = (number + 1) & NUMBERS;
    this.#history[number % HISTORY] = mine;
    const early = this.#early.size > 0 ? this.#early.get(number) : undefined;
    if (early === undefined) return { number, disagreement: null };
    this.#early.delete(number);
    const other = early.find(({ fingerprint }) => !agree(mine, fingerprint));
    return { number, disagreement: other ? { number, mine, source: other.source, theirs: other.fingerprint } : null };
  }

  /** The fingerprint as the frames of a call carry it: one frame for calls in a row that are alike. */
  stampOf(fingerprint: Fingerprint): Frame {
    if (this.#stamped === null || !equal(fingerprint, this.#stamped)) {
      this.#stamped = fingerprint;
      this.#stamp = stamp(new Frame(), fingerprint);
    }
    return this.#stamp;
  }

  /** Looks at an arriving frame. HOT (bench: allreduce). */
  hear(frame: Frame): Disagreement | null {
    const number = frame.tag;
    const behind = (this.#next - 1 - number) & NUMBERS;
    if (behind >= HISTORY) {
      // So long ago that nobody can tell: it comes from a rank that lags a thousand calls.
      if (behind < NUMBERS / 2) return null;
      // Not called yet.
      const heard = { source: frame.source, fingerprint: fingerprintOf(frame) };
      const early = this.#early.get(number);
      if (early === undefined) this.#early.set(number, [heard]);
      else early.push(heard);
      return null;
    }
    const mine = this.#history[number % HISTORY] as Fingerprint;
    if (
      mine.collective === frame.collective &&
      mine.op === frame.op &&
      mine.algorithm === frame.algorithm &&
      known(mine.dtype, frame.callDtype, 0) &&
      known(mine.root, frame.root - 1, UNKNOWN) &&
      known(mine.count, frame.count - 1, UNKNOWN)
    ) {
      return null;
    }
    const theirs = fingerprintOf(frame);
    return agree(mine, theirs) ? null : { number, mine, source: frame.source, theirs };
  }
}

function known(a: number, b: number, unknown: number): boolean {
  return a === b || a === unknown || b === unknown;
}

function equal(a: Fingerprint, b: Fingerprint): boolean {
  return (
    a.collective === b.collective &&
    a.op === b.op &&
    a.algorithm === b.algorithm &&
    a.dtype === b.dtype &&
    a.root === b.root &&
    a.count === b.count
  );
}

function agree(a: Fingerprint, b: Fingerprint): boolean {
  return (
    a.collective === b.collective &&
    a.op === b.op &&
    known(a.algorithm, b.algorithm, 0) &&
    known(a.dtype, b.dtype, 0) &&
    known(a.root, b.root, UNKNOWN) &&
    known(a.count, b.count, UNKNOWN)
  );
}

/** Root and count are unsigned on the wire: 0 stands for {@link UNKNOWN}. */
function stamp(frame: Frame, fingerprint: Fingerprint): Frame {
  frame.collective = fingerprint.collective;
  frame.op = fingerprint.op;
  frame.algorithm = fingerprint.algorithm;
  frame.callDtype = fingerprint.dtype;
  frame.root = fingerprint.root + 1;
  frame.count = fingerprint.count + 1;
  return frame;
}

function fingerprintOf(frame: Frame): Fingerprint {
  return {
    collective: frame.collective,
    op: frame.op,
    algorithm: frame.algorithm,
    dtype: frame.callDtype,
    root: frame.root - 1,
    count: frame.count - 1,
  };
}
