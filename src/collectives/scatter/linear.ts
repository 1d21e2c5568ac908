import { invariant } from '../../base/invariant.ts';
import type { Packet } from '../../wire/packet.ts';
import type { Channel } from '../channel.ts';
import { all, guarded } from '../waits.ts';

/**
 * Linear scatter: the root sends every rank its packet.
 *
 * Cost: alpha for the others, (p - 1) alpha + n beta for the root. For few ranks.
 */
export async function linear(channel: Channel, packets: readonly Packet[] | undefined, root: number): Promise<Packet> {
  if (packets === undefined) return channel.recvPacket(root);
  const passed = packets.map((packet, dest) => (dest === root ? undefined : guarded(channel.sendPacket(packet, dest))));
  const done = all(passed);
  if (done) await done;
  const own = packets[root];
  invariant(own !== undefined, 'no packet for the root');
  return own;
}
