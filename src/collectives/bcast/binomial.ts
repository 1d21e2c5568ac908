import { invariant } from '../../base/invariant.ts';
import type { Packet } from '../../wire/packet.ts';
import type { Channel } from '../channel.ts';
import { absoluteRank, childrenOf, parentOf, relativeRank } from '../shapes/binomial.ts';
import { all, guarded } from '../waits.ts';

/**
 * Binomial tree broadcast: every rank takes the whole packet from its parent and passes it to its children, the one with the largest
 * subtree first. Only the root has a packet to begin with.
 *
 * Cost: ceil(log2 p) (alpha + n beta). For short values, and for the announcement of long ones.
 */
export async function binomial(channel: Channel, packet: Packet | undefined, root: number): Promise<Packet> {
  const { rank, size } = channel;
  const virtual = relativeRank(rank, root, size);
  if (virtual > 0) packet = await channel.recvPacket(absoluteRank(parentOf(virtual), root, size));
  invariant(packet !== undefined, 'the root has nothing to send');
  const whole = packet;
  const passed = childrenOf(virtual, size)
    .reverse()
    .map((child) => guarded(channel.sendPacket(whole, absoluteRank(child, root, size))));
  const done = all(passed);
  if (done) await done;
  return packet;
}
