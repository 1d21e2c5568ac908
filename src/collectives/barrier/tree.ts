import type { Channel } from '../channel.ts';
import { childrenOf, parentOf } from '../shapes/binomial.ts';

const NOTHING = new Uint8Array(0);

/**
 * Tree barrier: arrivals go up a binomial tree to rank 0, the release comes down the same way.
 *
 * Cost: 2 ceil(log2 p) alpha, but only 2 (p - 1) messages: for more ranks than cores, where messages count and not rounds.
 */
export async function tree(channel: Channel): Promise<void> {
  const { rank, size } = channel;
  const children = childrenOf(rank, size);
  for (const child of children) {
    const arrived = channel.recv(NOTHING, child);
    if (arrived) await arrived;
  }
  if (rank > 0) {
    const told = channel.send(NOTHING, parentOf(rank));
    if (told) await told;
    const released = channel.recv(NOTHING, parentOf(rank));
    if (released) await released;
  }
  for (const child of children.reverse()) {
    const told = channel.send(NOTHING, child);
    if (told) await told;
  }
}
