/** The messages of a process that is about to end: they are with the system when the call returns. */
import { writeSync } from 'node:fs';
import type { FromRank } from '../../src/contract/control.ts';

export function sendLast(fd: number, message: FromRank): void {
  // The library may have been in the middle of a line.
  const bytes = Buffer.from(`\n${JSON.stringify(message)}\n`);
  for (let offset = 0; offset < bytes.length; ) {
    try {
      offset += writeSync(fd, bytes, offset);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
    }
  }
}
