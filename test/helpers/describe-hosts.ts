import { describe } from 'vitest';
import { noHosts } from './hosts.ts';

/** Tests that need hosts. Where there can be none they are skipped, and the output says why. */
export function describeHosts(title: string, tests: () => void, reason = noHosts()): void {
  if (reason !== undefined) console.warn(`skipped: ${reason}`);
  describe.skipIf(reason !== undefined)(title, tests);
}
