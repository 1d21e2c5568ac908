import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * With its parents; the path is absolute. Node's own `recursive` never returns where the system refuses a folder with ENOENT, as /proc does.
 *
 * @throws Error of the system.
 */
export function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  if (!existsSync(dirname(path))) makeDirectory(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Somebody else who makes it too has been faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
