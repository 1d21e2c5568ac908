/** What the ranks of two groups tell each other when communicators are made of them, and when theirs is freed. */
import { dissemination } from '../barrier/dissemination.ts';
import { MAX, SUM } from '../ops.ts';
import { across, within } from './across.ts';
import { type InterContext, openBoth } from './context.ts';

/** The greatest of each number in each group, on every rank of both. */
export async function tellAcross(
  context: InterContext,
  name: 'dup' | 'merge',
  own: Float64Array,
): Promise<{ readonly ours: Float64Array; readonly theirs: Float64Array }> {
  const channels = openBoth(context, name, {});
  const theirs = new Float64Array(own.length);
  const ours = await across(channels, own, theirs, MAX);
  context.bridge.close(channels.bridge);
  return { ours, theirs };
}

/** How many messages the ranks have sent to each one of either group: what all of them together have sent to this one. */
export async function tellCountsAcross(
  context: InterContext,
  sent: { readonly local: Uint32Array; readonly bridge: Uint32Array },
): Promise<{ readonly local: number; readonly bridge: number }> {
  const channels = openBoth(context, 'free', {});
  const { rank, size } = channels.local;
  // Everybody hears at once from another rank which call this is: nobody asks any more, and a rank may be in a later one.
  if (size > 1) await dissemination(channels.local);
  const theirs = new Uint32Array(size);
  await across(channels, sent.bridge, theirs, SUM);
  const ours = await within(channels.local, sent.local, SUM);
  context.bridge.close(channels.bridge);
  return { local: ours[rank] as number, bridge: theirs[rank] as number };
}
