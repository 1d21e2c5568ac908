/** Decides how many rounds to measure: pure arithmetic on the times that rank 0 saw. */

export interface Step {
  /** False while warming up: what was measured does not count. */
  readonly counts: boolean;
  /** How many to do now; 0 when there is nothing more to do. */
  readonly rounds: number;
}

const WARM_UP_SHARE = 0.2;
const MIN_WARM_UP = 50; // ms: sockets need their time, however short the measurement
const COLD_START = 500; // ms: so does the compiler, for the first measurement of a process
const MIN_ROUNDS = 8;
const MAX_ROUNDS = 1_000_000;

/** Warms up in batches that double, then measures in batches that fill what is left of the time. */
export class RoundPlan {
  readonly #budget: number;
  readonly #warmUp: number;
  #step: Step = { counts: false, rounds: 2 };
  /** Of the present phase, warm-up or measurement. */
  #elapsed = 0;
  #done = 0;

  /** @param cold - whether this is the first measurement of the process. */
  constructor(seconds: number, cold = false) {
    this.#budget = seconds * 1000;
    this.#warmUp = Math.max(WARM_UP_SHARE * this.#budget, cold ? COLD_START : MIN_WARM_UP);
  }

  get first(): Step {
    return this.#step;
  }

  /** The step after the last one, which took so many milliseconds. */
  next(milliseconds: number): Step {
    const { counts, rounds } = this.#step;
    this.#elapsed += milliseconds;
    this.#done += rounds;
    const target = counts ? this.#budget : this.#warmUp;
    const enough = this.#done >= MIN_ROUNDS && (this.#elapsed >= 0.9 * target || this.#done >= MAX_ROUNDS);
    if (!enough) {
      const left = counts ? this.#fitting(target - this.#elapsed, milliseconds / rounds) : 2 * rounds;
      this.#step = { counts, rounds: Math.min(left, MAX_ROUNDS - this.#done) };
    } else if (counts) {
      this.#step = { counts, rounds: 0 };
    } else {
      // Half of the time first, with what one round took at last; what it really took says how many fill the rest.
      this.#step = { counts: true, rounds: this.#fitting(this.#budget / 2, milliseconds / rounds) };
      this.#elapsed = 0;
      this.#done = 0;
    }
    return this.#step;
  }

  #fitting(milliseconds: number, each: number): number {
    const rounds = each > 0 ? Math.round(milliseconds / each) : MAX_ROUNDS;
    return Math.min(Math.max(rounds, MIN_ROUNDS), MAX_ROUNDS);
  }
}
