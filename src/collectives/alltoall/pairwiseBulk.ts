import { type Bulk, recvBulk, sendBulk } from '../bulk.ts';
import type { Channel } from '../channel.ts';
import { around } from '../shapes/ring.ts';
import { all, guarded } from '../waits.ts';

/**
 * The announced values of an alltoall by pairwise exchange, each straight into its final memory.
 *
 * Cost: (p - 1) alpha + n beta (p - 1) / p for n bytes a rank, for any mix of sizes.
 *
 * @param leaving by destination, @param arriving by source: undefined for values that went whole.
 */
export async function pairwiseBulk(
  channel: Channel,
  leaving: readonly (Bulk | undefined)[],
  arriving: readonly (Bulk | undefined)[],
  piece: number,
): Promise<void> {
  const { rank, size } = channel;
  for (let step = 1; step < size; step++) {
    const up = around(rank, step, size);
    const down = around(rank, -step, size);
    const theirs = arriving[down];
    const ours = leaving[up];
    const met = all([
      theirs && guarded(recvBulk(channel, theirs, piece, down)),
      ours && guarded(sendBulk(channel, ours, piece, up)),
    ]);
    if (met) await met;
  }
}
