import { invariant } from '../../base/invariant.ts';
import { bundle, unbundle } from '../../wire/bundle.ts';
import type { Packet } from '../../wire/packet.ts';
import type { Channel } from '../channel.ts';
import { absoluteRank, childrenOf, parentOf, relativeRank, subtreeSize } from '../shapes/binomial.ts';
import { all, guarded } from '../waits.ts';

/**
 * Binomial tree scatter: every rank takes the bundle of its subtree from its parent and passes the parts of its children's subtrees
 * on, the largest first. Only the root has packets to begin with, by rank.
 *
 * Cost: ceil(log2 p) alpha + n beta (p - 1) / p for n bytes at the root. For short values to many ranks.
 */
export async function binomial(
  channel: Channel,
  packets: readonly Packet[] | undefined,
  root: number,
): Promise<Packet> {
  const { rank, size } = channel;
  const virtual = relativeRank(rank, root, size);
  let mine: Packet[];
  if (packets !== undefined) {
    mine = [...packets.slice(root), ...packets.slice(0, root)];
  } else {
    const arrived = await channel.recvPacket(absoluteRank(parentOf(virtual), root, size));
    mine = subtreeSize(virtual, size) === 1 ? [arrived] : unbundle(arrived);
  }
  const passed = childrenOf(virtual, size)
    .reverse()
    .map((child) => {
      const part = mine.slice(child - virtual, child - virtual + subtreeSize(child, size));
      const [only] = part;
      const whole = part.length === 1 && only !== undefined ? only : bundle(part);
      return guarded(channel.sendPacket(whole, absoluteRank(child, root, size)));
    });
  const done = all(passed);
  if (done) await done;
  const [own] = mine;
  invariant(own !== undefined, 'an empty bundle');
  return own;
}
