/** Programs that some tests need, and that are not everywhere. */
import { execFileSync } from 'node:child_process';

/** For `describe.skipIf`; says so where it is true. */
export function isMissing(command: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' });
    return false;
  } catch {
    console.warn(`skipped: ${command} is not installed`);
    return true;
  }
}
