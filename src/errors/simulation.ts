/** What goes wrong with many ranks in one process: how they are called, and what the simulation does to them. */
import { MpiError } from './mpi-error.ts';
import { shown } from './shown.ts';

/** An argument or option of `spmd` or `simulate` that can't be. */
export function badSetting(call: string, name: string, actual: unknown, expected: string): MpiError {
  return new MpiError('ERR_ARG', `${call}: ${name} is ${shown(actual)}, but must be ${expected}`, {
    op: call,
    actual,
    expected,
  });
}

export function unknownSetting(call: string, name: string, known: readonly string[]): MpiError {
  const sentence = `${call}: there is no option ${shown(name)}; there are ${known.join(', ')}`;
  return new MpiError('ERR_ARG', sentence, { op: call, actual: name, expected: known });
}

/** The simulation was told to take this rank away. */
export function droppedRank(rank: number, seconds: number): MpiError {
  return new MpiError('ERR_PROC_FAILED', `rank ${rank} was dropped by the simulation at ${seconds} s`, { peer: rank });
}
