/** What is wrong with a neighbourhood collective alone. */
import { MpiError } from './mpi-error.ts';

/** Where a source is not there, the place that it would have in `out` is known only if all others have sent equally much. */
export function slotsUnequal(
  call: string,
  source: number,
  expected: number,
  other: number,
  actual: number,
  instead: string,
): MpiError {
  const sentence =
    `${call}: with out, where one of the sources is PROC_NULL, all others must send the same number of elements, ` +
    `but sources[${source}] sent ${expected} and sources[${other}] sent ${actual}; use ${instead} with counts or displs`;
  return new MpiError('ERR_COUNT', sentence, { op: call, expected, actual });
}
