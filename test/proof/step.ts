/** What a kind of step is: random data, what every rank does with them, and what must come of it. */
import type fc from 'fast-check';
import type { Communicator } from '../../src/comm/communicator.ts';
import { alike, show } from './values.ts';

/** Where one rank is in a program. */
export interface Place {
  readonly comm: Communicator;
  readonly members: Members;
  /** Payloads up to this travel with their envelopes. */
  readonly eagerLimit: number;
  /** Whether time limits may be used. */
  readonly timeouts: boolean;
  /** In [0, 1), drawn from the seed of the program. */
  random(): number;
  /** Waits for a random time, often none. */
  pause(): Promise<void>;
  /** Lets messages arrive before the next look. Throws when nothing has come for too long. */
  turn(): Promise<void>;
  /** Numbers what happens on all ranks, in the order in which it happens. */
  tick(): number;
}

/** Those who do a step together. */
export interface Members {
  /** The rank in `world` of each rank of the communicator. */
  readonly ranks: readonly number[];
  /** Number of the step: its tags and values are made of it, so that no step can take another's for its own. */
  readonly step: number;
}

/** One thing that programs are made of. */
export interface Kind<Data, Result> {
  /** Numbers in it that stand for ranks are taken modulo the size of the communicator: every datum is legal on every one. */
  readonly data: fc.Arbitrary<Data>;
  /** What each rank of the communicator does. */
  run(place: Place, data: Data): Promise<Result>;
  /** Throws {@link Wrong} unless these are what the ranks of one communicator may get. */
  verify(data: Data, members: Members, results: readonly Result[]): void;
  /**
   * For steps whose ranks go on sending on the communicator after they have begun, so that it can't be freed meanwhile: whether
   * receives of theirs take any tag. Then no other step may send on it meanwhile either. Undefined for all other steps.
   */
  takesAnyTag?(data: Data): boolean | undefined;
  /** Several collectives follow one another on the communicator: a rank must not begin the next step between them. */
  inRow?(data: Data): boolean;
  /**
   * Makes a communicator, as `comm` in its result: ranks of the old one that are in one of the new ones together, in their new
   * order.
   */
  groups?(data: Data, size: number): readonly (readonly number[])[];
  /** Ends the communicator. */
  readonly frees?: true;
}

/** The result of a step is not what it must be. */
export class Wrong extends Error {
  override readonly name = 'Wrong';
}

/** A kind whose results are fixed by its data. */
export function expecting<Data>(
  expected: (data: Data, size: number, step: number) => readonly unknown[],
): Kind<Data, unknown>['verify'] {
  return (data, { ranks, step }, results) => {
    for (const [rank, value] of expected(data, ranks.length, step).entries()) {
      if (!alike(results[rank], value)) throw new Wrong(`rank ${rank} got ${show(results[rank])}, not ${show(value)}`);
    }
  };
}

/** Tags of a step are these: `step * TAGS` and the following. */
export const TAGS = 8;

/** 0 to size - 1. */
export const ranksOf = (size: number): number[] => Array.from({ length: size }, (_, rank) => rank);

/** The same in a drawn order. */
export function shuffled<T>(random: () => number, from: readonly T[]): T[] {
  const list = [...from];
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [list[i], list[j]] = [list[j] as T, list[i] as T];
  }
  return list;
}
