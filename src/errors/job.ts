/** What goes wrong with a communicator, or with the job as a whole. */
import { MpiError } from './mpi-error.ts';
import { shown } from './shown.ts';

export function badExitCode(actual: unknown): MpiError {
  return new MpiError('ERR_ARG', `abort: the exit code is ${shown(actual)}, but must be an integer from 0 to 255`, {
    actual,
  });
}

/** A call on a communicator that an earlier failure has left unusable. */
export function unusable(call: string, name: string, cause: MpiError, op = call): MpiError {
  const sentence = `${call}: communicator ${name} can't be used any more since a collective on it failed: ${cause.message}`;
  return new MpiError('ERR_COMM', sentence, { op, cause });
}

/** @param of - which group the rank is of, where there are two: ` of the first group`. */
export function failedElsewhere(rank: number, of: string, call: string, message: string): MpiError {
  return new MpiError('ERR_COMM', `${call} failed on rank ${rank}${of}: ${message}`, { op: call, peer: rank });
}

/** What another rank hears of an op, or a conversion, that threw in the middle of a collective. */
export function threwInside(call: string, error: unknown): MpiError {
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new MpiError('ERR_OP', `${call}: ${what}`, { op: call, cause: error });
}

/** Two ranks made different calls where both must make the same. */
export function mismatch(
  name: string,
  number: number,
  mine: { rank: number; of: string; call: string },
  theirs: { rank: number; of: string; call: string },
): MpiError {
  const sentence =
    `ranks disagree about collective number ${number + 1} on ${name}: rank ${mine.rank}${mine.of} called ${mine.call}, ` +
    `rank ${theirs.rank}${theirs.of} called ${theirs.call}`;
  return new MpiError('ERR_MISMATCH', sentence, {
    rank: mine.rank,
    peer: theirs.rank,
    op: mine.call.split('(', 1)[0],
    expected: mine.call,
    actual: theirs.call,
  });
}

export function unequalParts(call: string, source: number, actual: number, expected: number): MpiError {
  const sentence = `${call}: rank ${source} sent ${actual} bytes where ${expected} were expected; all ranks must give equal counts`;
  return new MpiError('ERR_MISMATCH', sentence, { peer: source, actual, expected });
}

export function finalized(): MpiError {
  return new MpiError('ERR_FINALIZED', 'this rank has finalized: no message can be sent or received any more');
}

/** Something between this rank and its launcher does not fit. */
export function launch(message: string, cause?: unknown): MpiError {
  return new MpiError('ERR_LAUNCH', message, { cause });
}

export function otherVersion(launcher: string, library: string): MpiError {
  return new MpiError(
    'ERR_LAUNCH',
    `tsrun ${launcher} started this rank, but the script imports tsmpi ${library}: they do not understand each other; ` +
      'install the same version beside the script, or start it with its own: npx tsrun',
    { expected: launcher, actual: library },
  );
}

/** Another launcher has started this process as one of its tasks, and there is no tsrun in between. */
export function withoutTsrun(task: {
  launcher: string;
  variable: string;
  rank?: number;
  size?: number;
  problem?: string;
}): MpiError {
  const { launcher, variable, rank, size, problem } = task;
  const which =
    problem === undefined ? `task ${rank} of ${size} (${variable} is set)` : `one of its tasks (${problem})`;
  const command = launcher === 'torchrun' ? 'tsrun script.ts' : `${launcher} -n ${size ?? 'N'} tsrun script.ts`;
  return new MpiError(
    'ERR_LAUNCH',
    `${launcher} has started this process as ${which}, but without tsrun, so it would be a world of one: ` +
      `let it start tsrun instead, ${command}; for a world of one, tsrun -n 1 script.ts`,
  );
}

export function twoCopies(first: string, second: string): MpiError {
  return new MpiError(
    'ERR_LAUNCH',
    `two copies of tsmpi were loaded into one rank, ${first} and ${second}; import it from one place only`,
  );
}

export function badAlgorithms(variable: string, part: string): MpiError {
  return new MpiError(
    'ERR_ARG',
    `${variable}: ${shown(part)} is not of the form collective=algorithm, as in allreduce=ring`,
  );
}

export function badNative(variable: string, value: string): MpiError {
  return new MpiError('ERR_ARG', `${variable}: ${shown(value)} is neither auto nor off`);
}

/** So many ranks are told of one by one. */
const MOST_WAITS = 64;

export function deadlock(waits: readonly string[]): MpiError {
  const lines = waits.slice(0, MOST_WAITS);
  if (waits.length > MOST_WAITS) lines.push(`and ${waits.length - MOST_WAITS} ranks more`);
  return new MpiError(
    'ERR_DEADLOCK',
    `deadlock: no message is under way and every rank waits:\n  ${lines.join('\n  ')}`,
  );
}

export function abortedJob(code: number, reason: string | undefined): MpiError {
  return new MpiError('ERR_ABORTED', `abort(${code})${reason === undefined ? '' : `: ${reason}`}`, { actual: code });
}

export function rankThrew(rank: number, error: unknown): MpiError {
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new MpiError('ERR_PROC_FAILED', what, { peer: rank, cause: error });
}
