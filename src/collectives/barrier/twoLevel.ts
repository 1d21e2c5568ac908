import type { CallChannel } from '../channel.ts';
import type { Reducer } from '../kernels/reducer.ts';
import { levelsOf } from '../levels/levels.ts';
import { dissemination } from './dissemination.ts';

const NOTHING = new Uint8Array(0);
const OF_NOTHING: Reducer = { combine() {}, grain: 1 };

/**
 * Barrier in two levels: a reduction of nothing within each host, a barrier of the leaders, and the leaders tell their hosts.
 *
 * Cost: ceil(log2 h) alpha between h hosts, h ceil(log2 h) messages, and two rounds within them.
 */
export async function twoLevel(channel: CallChannel): Promise<void> {
  const { near, far } = await levelsOf(channel);
  await near.reduce(NOTHING, far && NOTHING, OF_NOTHING, true, 1);
  if (far !== undefined) await dissemination(far);
  await near.spread([], 1);
}
