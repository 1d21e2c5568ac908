/** Runs many random programs, shrinks one that fails, and says how to run it again. */
import { inspect } from 'node:util';
import fc from 'fast-check';
import { type Program, type ProgramOptions, programs } from './program.ts';
import { runProgram } from './run.ts';

/** Up to four ranks, and up to nine, where trees and folds begin to have corners. */
export const SMALL: ProgramOptions = { ranks: [1, 2, 2, 3, 3, 4], steps: 6 };
export const LARGE: ProgramOptions = { ranks: [5, 6, 6, 7, 8, 9], steps: 4 };

/** Programs that share one seed. */
const BATCH = 500;
/** A program that takes longer, in milliseconds, does not end at all. */
const LIMIT = 20_000;

export interface Proof {
  /** How many programs were run. */
  readonly runs: number;
  /** The first one that failed, shrunk, why, and the command that runs it again. */
  readonly failure?: { readonly program: Program; readonly error: unknown; readonly report: string };
}

export interface ProofOptions {
  readonly runs: number;
  /** `17`, or `17:3:0:1` for a single program of that seed's, as reports have it. */
  readonly seed: string;
  readonly size?: ProgramOptions;
  /** Told after each batch. */
  onBatch?(runs: number, nextSeed: number): void;
}

export async function prove({ runs, seed, size = SMALL, onBatch }: ProofOptions): Promise<Proof> {
  const colon = seed.indexOf(':');
  const first = Number(colon < 0 ? seed : seed.slice(0, colon));
  const path = colon < 0 ? undefined : seed.slice(colon + 1);
  const property = fc.asyncProperty(programs(size), (program) => within(LIMIT, () => runProgram(program)));
  let done = 0;
  for (let number = first; done < runs; number++) {
    const numRuns = Math.min(BATCH, runs - done);
    const details = await fc.check(property, {
      seed: number,
      numRuns,
      ...(path === undefined ? {} : { path, endOnFailure: true }),
    });
    done += details.numRuns;
    if (details.failed) {
      const [program] = details.counterexample as [Program];
      const error = details.errorInstance;
      return { runs: done, failure: { program, error, report: reportOf(program, error, details, size) } };
    }
    if (path !== undefined) break;
    onBatch?.(done, number + 1);
  }
  return { runs: done };
}

function reportOf(
  program: Program,
  error: unknown,
  { seed, counterexamplePath }: fc.RunDetails<[Program]>,
  size: ProgramOptions,
): string {
  const shown = inspect(program, { depth: Number.POSITIVE_INFINITY, maxArrayLength: null, breakLength: 120 });
  const large = size === LARGE ? ' -- --large' : '';
  const again = `PROOF_SEED=${seed}:${counterexamplePath} npm run proof${large}`;
  return [`${inspect(error)}\n`, 'The smallest program that fails so:', shown, '', `Again: ${again}`].join('\n');
}

/** Runs it, and fails when it takes too long. A timer made later would pass for one of the program, which may wake it. */
async function within(milliseconds: number, run: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${milliseconds / 1000} s`)), milliseconds);
  });
  try {
    await Promise.race([run(), limit]);
  } finally {
    clearTimeout(timer);
  }
}
