import type { Packet, PacketHead } from '../../wire/packet.ts';
import type { Channel, Place } from '../channel.ts';
import { around } from '../shapes/ring.ts';

/**
 * Pairwise exchange: in step k every rank sends to the one k places up the ring and receives from the one k places down,
 * packets of any size as they are.
 *
 * Cost: (p - 1) alpha + n beta (p - 1) / p for n bytes a rank. For few ranks.
 *
 * @param packets by destination. @returns the packets by source.
 */
export async function pairwise(channel: Channel, packets: readonly Packet[], place?: Place): Promise<Packet[]> {
  const { rank, size } = channel;
  const arrived = packets.slice();
  for (let step = 1; step < size; step++) {
    const up = around(rank, step, size);
    const down = around(rank, -step, size);
    const packet = packets[up];
    const here = place && ((head: PacketHead) => place(head, down));
    if (packet !== undefined) arrived[down] = await channel.exchangePacket(packet, up, down, here);
  }
  return arrived;
}
