/** Decides how many rounds to measure: pure arithmetic on the times that rank 0 saw. */

export interface Step {
  /** False while warming up: what was measured does not count. */
  readonly counts: boolean;
  /** How many to do now; 0 when there is nothing more to do. */
  readonly rounds: number;
  /** Rounds to a sample; divides `rounds`. */
  readonly batch: number;
}

const WARM_UP_SHARE = 0.2;
const MIN_WARM_UP = 50; // ms: sockets need their time, however short the measurement
const COLD_START = 500; // ms: so does the compiler, for the first measurement of a process,
const COLD_SHARE = 5; // which is not made to wait much longer than it takes
const MIN_SAMPLES = 8;
const MAX_SAMPLES = 1_000_000;

/** Warms up in runs that double, then measures in runs that fill what is left of the time. */
export class RoundPlan {
  readonly #budget: number;
  readonly #warmUp: number;
  readonly #shortest: number;
  #step: Step = { counts: false, rounds: 2, batch: 1 };
  /** Of the present phase, warm-up or measurement. */
  #elapsed = 0;
  #done = 0;
  /** The least that a round took on average, while warming up: one that was interrupted says little about the others. */
  #quickest = Infinity;

  /**
   * @param shortest - milliseconds that a sample has to take at least: rounds that are shorter are measured in batches.
   * @param cold - whether this is the first measurement of the process.
   */
  constructor(seconds: number, shortest = 0, cold = false) {
    this.#budget = seconds * 1000;
    const start = cold ? Math.min(COLD_START, COLD_SHARE * this.#budget) : 0;
    this.#warmUp = Math.max(WARM_UP_SHARE * this.#budget, start, MIN_WARM_UP);
    this.#shortest = shortest;
  }

  get first(): Step {
    return this.#step;
  }

  /** The step after the last one, which took so many milliseconds. */
  next(milliseconds: number): Step {
    const { counts, rounds, batch } = this.#step;
    const each = milliseconds / rounds;
    this.#elapsed += milliseconds;
    this.#done += rounds;
    this.#quickest = Math.min(this.#quickest, each);
    const target = counts ? this.#budget : this.#warmUp;
    const most = MAX_SAMPLES * batch;
    const enough = this.#done >= MIN_SAMPLES * batch && (this.#elapsed >= 0.9 * target || this.#done >= most);
    if (!enough) {
      const left = counts ? fitting(target - this.#elapsed, each, batch) : 2 * rounds;
      this.#step = { counts, rounds: Math.min(left, most - this.#done), batch };
    } else if (counts) {
      this.#step = { counts, rounds: 0, batch };
    } else {
      // Half of the time first, with what one round took at last; what it really took says how many fill the rest.
      const inSample = this.#quickest > 0 ? Math.max(1, Math.ceil(this.#shortest / this.#quickest)) : 1;
      this.#step = { counts: true, rounds: fitting(this.#budget / 2, each, inSample), batch: inSample };
      this.#elapsed = 0;
      this.#done = 0;
    }
    return this.#step;
  }
}

/** Rounds that fill so many milliseconds, in whole batches. */
function fitting(milliseconds: number, each: number, batch: number): number {
  const samples = each > 0 ? Math.round(milliseconds / (each * batch)) : MAX_SAMPLES;
  return batch * Math.min(Math.max(samples, MIN_SAMPLES), MAX_SAMPLES);
}
