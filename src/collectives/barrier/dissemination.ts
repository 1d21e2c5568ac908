import type { Channel } from '../channel.ts';
import { around } from '../shapes/ring.ts';

const NOTHING = new Uint8Array(0);

/**
 * Dissemination barrier (Hensgen, Finkel, Manber 1988): in round k every rank tells the one 2^k places up the ring that all it has
 * heard of have arrived. After ceil(log2 p) rounds everybody has heard of everybody.
 *
 * Cost: ceil(log2 p) alpha, p ceil(log2 p) messages.
 */
export async function dissemination(channel: Channel): Promise<void> {
  const { rank, size } = channel;
  for (let distance = 1; distance < size; distance *= 2) {
    const wait = channel.exchange(NOTHING, around(rank, distance, size), NOTHING, around(rank, -distance, size));
    if (wait) await wait;
  }
}
