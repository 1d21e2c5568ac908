import type { CollectiveOptions } from '../context.ts';
import { checkNoAlgorithm } from '../neighbors/neighborhood.ts';
import { MAX } from '../ops.ts';
import { across } from './across.ts';
import { type InterContext, openBoth } from './context.ts';

/** Returns when every rank of both groups has called it (MPI 4.1, 6.3). */
export async function barrier(context: InterContext, options: CollectiveOptions = {}): Promise<void> {
  checkNoAlgorithm('barrier', options);
  const channels = openBoth(context, 'barrier', {});
  await across(channels, new Uint8Array(1), new Uint8Array(1), MAX);
  context.bridge.close(channels.bridge);
}
