import type { CollectiveContext, CollectiveOptions } from '../context.ts';
import { openCall } from '../fingerprint.ts';
import { choose } from '../selection.ts';

/** Returns when every rank has called it (MPI 4.1, 6.3). */
export async function barrier(context: CollectiveContext, options: CollectiveOptions = {}): Promise<void> {
  const { code, run } = choose(context, 'barrier', options.algorithm);
  const channel = openCall(context, 'barrier', { algorithm: code });
  if (context.size > 1) await run(channel);
  context.close(channel);
}
