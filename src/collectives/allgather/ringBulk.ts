import { type Bulk, recvBulk, sendBulk } from '../bulk.ts';
import type { Channel } from '../channel.ts';
import { around } from '../shapes/ring.ts';
import { all, guarded } from '../waits.ts';

/**
 * The announced values of an allgather, once around the ring: each lands in its final memory and is passed on from there.
 *
 * Cost: (p - 1) alpha + n beta (p - 1) / p for n bytes in all, for any mix of sizes.
 *
 * @param bulks by rank: what was announced, undefined for values that came whole. The own one is sent, the others are received.
 */
export async function ringBulk(channel: Channel, bulks: readonly (Bulk | undefined)[], piece: number): Promise<void> {
  const { rank, size } = channel;
  const up = around(rank, 1, size);
  const down = around(rank, -1, size);
  for (let hop = 0; hop < size - 1; hop++) {
    const leaving = bulks[around(rank, -hop, size)];
    const arriving = bulks[around(rank, -hop - 1, size)];
    const met = all([
      arriving && guarded(recvBulk(channel, arriving, piece, down)),
      leaving && guarded(sendBulk(channel, leaving, piece, up)),
    ]);
    if (met) await met;
  }
}
