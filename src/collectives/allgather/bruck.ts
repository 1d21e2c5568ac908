import { bundle, unbundle } from '../../wire/bundle.ts';
import type { Packet } from '../../wire/packet.ts';
import type { Channel } from '../channel.ts';
import { around } from '../shapes/ring.ts';

/**
 * Bruck allgather (Bruck, Ho, Kipnis, Weathersby 1997): in round k every rank sends all that it has, at most what is missing, to the one
 * 2^k places down the ring, and so has the packets of twice as many ranks upwards from itself.
 *
 * Cost: ceil(log2 p) alpha + n beta (p - 1) / p for n bytes in all, any p. For short values, and for the announcements of long ones.
 *
 * @returns the packets by rank.
 */
export async function bruck(channel: Channel, packet: Packet): Promise<Packet[]> {
  const { rank, size } = channel;
  const packets = [packet];
  for (let distance = 1; distance < size; distance *= 2) {
    const count = Math.min(distance, size - distance);
    const whole = count === 1 ? packet : bundle(packets.slice(0, count));
    const arrived = await channel.exchangePacket(whole, around(rank, -distance, size), around(rank, distance, size));
    if (count === 1) packets.push(arrived);
    else packets.push(...unbundle(arrived));
  }
  return packets.map((_, source) => packets[around(source, -rank, size)] ?? packet);
}
