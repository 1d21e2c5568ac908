/**
 * Which algorithm is the cheapest by measured parameters. What goes in is the same on all ranks of a communicator: the parameters of the
 * job, where its ranks are, bytes, and whether the op commutes. So all of them choose alike.
 */
import type { Calibration, Effort, HostTimes, LinkTimes, Reading } from '../../contract/calibration.ts';
import { COLLECTIVES, type SelectableName } from '../registry.ts';
import { COSTS } from './costs.ts';
import { isAsked, Link } from './link.ts';
import { type Switch, switches } from './switches.ts';
import { TRAFFIC } from './traffic.ts';

/** Seconds of one call by one algorithm. */
export type Estimate = (name: SelectableName, algorithm: string, bytes: number) => number;

/** What the table takes in the place of the model. */
export type ByTable = (name: SelectableName, size: number, bytes: number, commutative: boolean) => string;

export class Model {
  readonly #calibration: Calibration;
  readonly #forecasts = new Map<string, Forecast>();

  constructor(calibration: Calibration) {
    this.#calibration = calibration;
  }

  /** For a communicator, by the host of each of its ranks; undefined where the links between them were never measured. */
  forecast(hosts: readonly string[]): Forecast | undefined {
    const { within, between } = this.#calibration;
    const together = hosts.every((host) => host === hosts[0]);
    if ((together ? within : between) === undefined) return undefined;
    const key = `${together} ${hosts.length}`;
    let forecast = this.#forecasts.get(key);
    if (forecast === undefined) {
      forecast = together ? this.#within(hosts.length, within!) : this.#across(hosts.length, between!);
      this.#forecasts.set(key, forecast);
    }
    return forecast;
  }

  #within(size: number, times: HostTimes): Forecast {
    const { cores, reading } = this.#calibration;
    return new Forecast(size, onOneHost(size, times, cores, reading), MARGIN_WITHIN, []);
  }

  #across(size: number, times: LinkTimes): Forecast {
    const link = new Link(times, this.#calibration.reading);
    const estimate: Estimate = (name, algorithm, bytes) => COSTS[name][algorithm]!(size, bytes, link);
    return new Forecast(size, estimate, MARGIN_BETWEEN, TYPICAL_BYTES);
  }
}

/**
 * Ranks of one host share its processors: a call takes as long as its critical path, and not less than the processors need for all that
 * there is to do.
 */
export function onOneHost(size: number, times: HostTimes, cores: number, reading: Reading): Estimate {
  const link = new Link(times, reading);
  const effort = size > cores ? times.crowded : times.calm;
  const processors = Math.min(size, cores);
  return (name, algorithm, bytes) => {
    let work = 0;
    for (const { count, bytes: each, combined, landed } of TRAFFIC[name][algorithm]!(size, bytes)) {
      work += count * (effortOf(each, effort) + link.combine(combined * each) + link.land(landed * each));
    }
    return Math.max(COSTS[name][algorithm]!(size, bytes, link), work / processors);
  };
}

function effortOf(bytes: number, { message, eagerByte, byte, asking }: Effort): number {
  return isAsked(bytes) ? message + asking + bytes * byte : message + bytes * eagerByte;
}

/**
 * The choice of the table stands as long as it takes no more than this many times as long as the best: formulas and parameters are no
 * more exact than that. Where ranks share processors, of what was predicted to gain less than a third half came true.
 */
const MARGIN_BETWEEN = 1.1;
const MARGIN_WITHIN = 4 / 3;

/**
 * Where not all ranks know the length of what travels: all of these together are to take the least time (as a geometric mean). Within a
 * host they say nothing, for algorithms that save messages there bundle packets instead, which takes the same processors as long.
 */
const TYPICAL_BYTES = [8, 256, 4096, 65536];

export class Forecast {
  readonly #size: number;
  readonly #estimate: Estimate;
  readonly #margin: number;
  readonly #typical: readonly number[];
  readonly #commuting = new Map<SelectableName, readonly Switch[]>();
  readonly #ordered = new Map<SelectableName, readonly Switch[]>();
  readonly #unsized = new Map<SelectableName, string>();

  /**
   * @param margin - the choice of the table stands as long as it takes no more than this many times as long as the best.
   * @param typical - of what has a length that not all ranks know; none: the table chooses for that.
   */
  constructor(size: number, estimate: Estimate, margin: number, typical: readonly number[]) {
    this.#size = size;
    this.#estimate = estimate;
    this.#margin = margin;
    this.#typical = typical;
  }

  /**
   * HOT (bench: allreduce).
   *
   * @param bytes undefined where the ranks don't know them alike.
   */
  algorithm(name: SelectableName, bytes: number | undefined, commutative: boolean, byTable: ByTable): string {
    if (bytes === undefined) return this.#unsized.get(name) ?? this.#forAllLengths(name, byTable);
    const known = (commutative ? this.#commuting : this.#ordered).get(name);
    const sections = known ?? this.#sections(name, commutative, byTable);
    let at = sections.length - 1;
    while (sections[at]!.from > bytes) at--;
    return sections[at]!.algorithm;
  }

  #sections(name: SelectableName, commutative: boolean, byTable: ByTable): readonly Switch[] {
    const found = switches((bytes) => {
      return this.#best(name, [bytes], commutative, byTable(name, this.#size, bytes, commutative));
    });
    (commutative ? this.#commuting : this.#ordered).set(name, found);
    return found;
  }

  #forAllLengths(name: SelectableName, byTable: ByTable): string {
    const found = this.#best(name, this.#typical, true, byTable(name, this.#size, 0, true));
    this.#unsized.set(name, found);
    return found;
  }

  /** @param ruled - what the table takes. One that has no formula (yet) is not compared with others. */
  #best(name: SelectableName, lengths: readonly number[], commutative: boolean, ruled: string): string {
    const { algorithms } = COLLECTIVES[name];
    if (this.#size === 1 || lengths.length === 0 || !(ruled in COSTS[name])) return ruled;
    const total = (algorithm: string) =>
      lengths.reduce((product, bytes) => product * this.#estimate(name, algorithm, bytes), 1);
    let best = ruled;
    let least = total(ruled) / this.#margin ** lengths.length;
    for (const algorithm of Object.keys(COSTS[name])) {
      if (!commutative && algorithms[algorithm]?.reorders) continue;
      const seconds = total(algorithm);
      if (seconds >= least) continue;
      best = algorithm;
      least = seconds;
    }
    return best;
  }
}
