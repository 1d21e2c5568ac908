/** What goes wrong with memory that ranks of one host share. */
import { MpiError } from './mpi-error.ts';

/** Memory was to be shared in any case, and can't be. */
export function noSharedMemory(reason: string): MpiError {
  const mend = 'mend that, or give --transport auto, which then takes Unix sockets';
  return new MpiError('ERR_LAUNCH', `--transport shm: the ranks of this host can't share memory: ${reason}; ${mend}`);
}

/** Memory could have been shared, and isn't: for those who wonder. */
export function overSockets(reason: string): string {
  return `what it sends within this host goes over Unix sockets, not through shared memory: ${reason}`;
}

/** Collectives could have gone through memory that their ranks share, and don't: for those who wonder. */
export function noBoard(reason: string): string {
  return `collectives go by messages, not through shared memory: ${reason}`;
}

/** A position in a ring that no peer of this version would write. */
export function brokenRing(word: string, position: number): MpiError {
  return new MpiError(
    'ERR_PROTOCOL',
    `a ring in shared memory with its ${word} at ${position >>> 0}, outside of the ring`,
  );
}
