import { bundle, unbundle } from '../../wire/bundle.ts';
import type { Packet } from '../../wire/packet.ts';
import type { Channel } from '../channel.ts';
import { around } from '../shapes/ring.ts';

/**
 * Bruck alltoall (Bruck, Ho, Kipnis, Weathersby 1997): a packet for the rank d places up the ring gets there by the powers of two that d
 * is made of; each round takes along, in one bundle, all packets whose distance has that bit.
 *
 * Cost: ceil(log2 p) (alpha + n beta / 2) for n bytes a rank: few messages, more bytes. For tiny values and many ranks.
 *
 * @param packets by destination. @returns the packets by source.
 */
export async function bruck(channel: Channel, packets: readonly Packet[]): Promise<Packet[]> {
  const { rank, size } = channel;
  /** By distance: first to the destination, in the end from the source. */
  const travelling = packets.map((packet, distance) => packets[around(rank, distance, size)] ?? packet);
  for (let bit = 1; bit < size; bit *= 2) {
    const moving: number[] = [];
    for (let distance = bit; distance < size; distance++) if (distance & bit) moving.push(distance);
    const leaving = moving.map((distance) => travelling[distance]).filter((packet) => packet !== undefined);
    const arrived = unbundle(
      await channel.exchangePacket(bundle(leaving), around(rank, bit, size), around(rank, -bit, size)),
    );
    for (const [place, packet] of arrived.entries()) {
      const distance = moving[place];
      if (distance !== undefined) travelling[distance] = packet;
    }
  }
  return travelling.map((packet, source) => travelling[around(rank, -source, size)] ?? packet);
}
