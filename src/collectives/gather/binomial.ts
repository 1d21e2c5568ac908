import { bundle, unbundle } from '../../wire/bundle.ts';
import type { Packet } from '../../wire/packet.ts';
import type { Channel } from '../channel.ts';
import { absoluteRank, childrenOf, parentOf, relativeRank, subtreeSize } from '../shapes/binomial.ts';
import { around } from '../shapes/ring.ts';

/**
 * Binomial tree gather: every rank bundles what its children send behind its own packet and passes it up. Subtrees are runs of
 * neighbours, so the bundles are in order.
 *
 * Cost: ceil(log2 p) alpha + n beta (p - 1) / p for n bytes at the root. For short values of many ranks.
 *
 * @returns the packets by rank, at the root.
 */
export async function binomial(channel: Channel, packet: Packet, root: number): Promise<Packet[] | undefined> {
  const { rank, size } = channel;
  const virtual = relativeRank(rank, root, size);
  const packets = [packet];
  for (const child of childrenOf(virtual, size)) {
    const arrived = await channel.recvPacket(absoluteRank(child, root, size));
    if (subtreeSize(child, size) === 1) packets.push(arrived);
    else packets.push(...unbundle(arrived));
  }
  if (virtual > 0) {
    const whole = packets.length === 1 ? packet : bundle(packets);
    const passed = channel.sendPacket(whole, absoluteRank(parentOf(virtual), root, size));
    if (passed) await passed;
    return undefined;
  }
  return packets.map((_, source) => packets[around(source, -root, size)] ?? packet);
}
