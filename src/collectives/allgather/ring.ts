import type { Packet, PacketHead } from '../../wire/packet.ts';
import type { Channel, Place } from '../channel.ts';
import { around } from '../shapes/ring.ts';

/**
 * Ring allgather: every packet goes once around the ring, whole, each landing where it belongs and passed on from there.
 *
 * Cost: (p - 1) alpha + n beta (p - 1) / p for n bytes in all, only between neighbours.
 *
 * @returns the packets by rank.
 */
export async function ring(channel: Channel, packet: Packet, place?: Place): Promise<Packet[]> {
  const { rank, size } = channel;
  const packets: Packet[] = new Array(size).fill(packet);
  let leaving = packet;
  for (let hop = 1; hop < size; hop++) {
    const source = around(rank, -hop, size);
    const here = place && ((head: PacketHead) => place(head, source));
    leaving = await channel.exchangePacket(leaving, around(rank, 1, size), around(rank, -1, size), here);
    packets[source] = leaving;
  }
  return packets;
}
