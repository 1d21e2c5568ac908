import type { CollectiveContext, CollectiveOptions } from '../context.ts';
import { fingerprintOf } from '../fingerprint.ts';
import { always, type Plan } from '../plan.ts';
import { boardOf, choose } from '../selection.ts';
import { sharedMemory } from './sharedMemory.ts';

/** Returns when every rank has called it (MPI 4.1, 6.3). */
export function barrier(context: CollectiveContext, options: CollectiveOptions = {}): Plan<void> {
  const choice = choose(context, 'barrier', options.algorithm);
  const fingerprint = fingerprintOf('barrier', { algorithm: choice.code });
  return {
    lasting: always,
    async start() {
      const channel = context.open(fingerprint);
      const board = await boardOf(channel, choice);
      if (board !== undefined) await sharedMemory(board);
      else if (context.size > 1) await choice.run(channel);
      context.close(channel);
    },
  };
}
