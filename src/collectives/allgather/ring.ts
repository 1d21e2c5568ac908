import type { Packet } from '../../wire/packet.ts';
import type { Channel } from '../channel.ts';
import { around } from '../shapes/ring.ts';

/**
 * Ring allgather: every packet goes once around the ring.
 *
 * Cost: (p - 1) alpha + n beta (p - 1) / p for n bytes in all, only between neighbours.
 *
 * @returns the packets by rank.
 */
export async function ring(channel: Channel, packet: Packet): Promise<Packet[]> {
  const { rank, size } = channel;
  const packets: Packet[] = new Array(size).fill(packet);
  let leaving = packet;
  for (let hop = 1; hop < size; hop++) {
    leaving = await channel.exchangePacket(leaving, around(rank, 1, size), around(rank, -1, size));
    packets[around(rank, -hop, size)] = leaving;
  }
  return packets;
}
