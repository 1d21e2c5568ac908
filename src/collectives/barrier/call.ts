import type { CollectiveContext, CollectiveOptions } from '../context.ts';
import { fingerprintOf } from '../fingerprint.ts';
import { always, type Plan } from '../plan.ts';
import { choose } from '../selection.ts';

/** Returns when every rank has called it (MPI 4.1, 6.3). */
export function barrier(context: CollectiveContext, options: CollectiveOptions = {}): Plan<void> {
  const { code, run } = choose(context, 'barrier', options.algorithm);
  const fingerprint = fingerprintOf('barrier', { algorithm: code });
  return {
    lasting: always,
    async start() {
      const channel = context.open(fingerprint);
      if (context.size > 1) await run(channel);
      context.close(channel);
    },
  };
}
