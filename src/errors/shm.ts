/** What goes wrong with memory that ranks of one host share. */
import { MpiError } from './mpi-error.ts';

/** A position in a ring that no peer of this version would write. */
export function brokenRing(word: string, position: number): MpiError {
  return new MpiError(
    'ERR_PROTOCOL',
    `a ring in shared memory with its ${word} at ${position >>> 0}, outside of the ring`,
  );
}
