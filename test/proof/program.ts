/** A random program, as data: what fast-check draws, shrinks and prints. */
import fc from 'fast-check';
import { CARRIERS } from './carriers.ts';
import { STEPS } from './steps.ts';

export interface Step {
  /** A key of {@link STEPS}. */
  readonly kind: string;
  /** Which communicator: this many from the first that is there, `world`, on; again from the first when there are fewer. */
  readonly on: number;
  /** It is waited for at once; else with the next step that is. */
  readonly wait: boolean;
  readonly data: unknown;
}

export interface Program {
  readonly ranks: number;
  /** Draws the order of delivery, and what the ranks leave to chance. */
  readonly seed: number;
  readonly carrier: (typeof CARRIERS)[number];
  readonly eagerLimit: number | undefined;
  readonly segmentBytes: number | undefined;
  readonly steps: readonly Step[];
}

export interface ProgramOptions {
  readonly ranks: readonly number[];
  /** The most steps a program has. */
  readonly steps: number;
}

const step: fc.Arbitrary<Step> = fc.oneof(
  ...Object.entries(STEPS).map(
    ([
      kind,
      {
        weight,
        kind: { data },
      },
    ]) => ({
      weight,
      arbitrary: fc.record({ kind: fc.constant(kind), on: fc.nat(5), wait: fc.boolean(), data }),
    }),
  ),
);

export function programs({ ranks, steps }: ProgramOptions): fc.Arbitrary<Program> {
  return fc.record({
    ranks: fc.constantFrom(...ranks),
    seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    carrier: fc.constantFrom(...CARRIERS),
    eagerLimit: fc.constantFrom(undefined, 16, 256),
    segmentBytes: fc.constantFrom(undefined, 64, 1024),
    steps: fc.array(step, { maxLength: steps }),
  });
}
