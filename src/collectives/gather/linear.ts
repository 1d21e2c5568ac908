import type { Packet } from '../../wire/packet.ts';
import type { Channel } from '../channel.ts';

/**
 * Linear gather: every rank sends its packet straight to the root.
 *
 * Cost: alpha for the others, (p - 1) alpha + n beta for the root. For few ranks.
 *
 * @returns the packets by rank, at the root.
 */
export async function linear(channel: Channel, packet: Packet, root: number): Promise<Packet[] | undefined> {
  const { rank, size } = channel;
  if (rank !== root) {
    const passed = channel.sendPacket(packet, root);
    if (passed) await passed;
    return undefined;
  }
  const packets: Packet[] = [];
  for (let source = 0; source < size; source++) {
    packets.push(source === root ? packet : await channel.recvPacket(source));
  }
  return packets;
}
