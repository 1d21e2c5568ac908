import { bundle, unbundle } from '../../wire/bundle.ts';
import type { Packet } from '../../wire/packet.ts';
import { type Bulk, recvBulk, sendBulk } from '../bulk.ts';
import type { CallChannel, Wait } from '../channel.ts';
import { levelsOf } from '../levels/levels.ts';
import { around } from '../shapes/ring.ts';
import { all, guarded } from '../waits.ts';
import { bruck } from './bruck.ts';

/**
 * Allgather in two levels: each host among itself, the leaders what their hosts have, and from each of them to its host what the others have.
 *
 * Cost: ceil(log2 h) alpha + n beta (h - 1) / h between h hosts for n bytes in all, and within them that of an allgather and a bcast. For
 * short values, and for the announcements of long ones.
 *
 * @returns the packets by rank.
 */
export async function twoLevel(channel: CallChannel, packet: Packet): Promise<Packet[]> {
  const { hosts } = channel;
  const { near, far } = await levelsOf(channel);
  const packets: Packet[] = new Array(channel.size).fill(packet);
  const place = (host: number, theirs: readonly Packet[]) => {
    for (const [index, rank] of hosts.ranksOn(host).entries()) packets[rank] = theirs[index] ?? packet;
  };
  const own = hosts.hostOf(channel.rank);
  const ours = await near.gather(packet);
  place(own, ours);
  if (hosts.count === 1) return packets;
  const others = far && (await bruck(far, bundle(ours))).toSpliced(own, 1);
  const theirs = unbundle(await near.spreadPacket(others && bundle(others)));
  for (let host = 0; host < hosts.count; host++) {
    if (host !== own) place(host, unbundle(theirs[host < own ? host : host - 1] as Packet));
  }
  return packets;
}

/**
 * The announced values: those of each host on all of it; then the leaders pass the values of whole hosts around their ring, and each gives to
 * its host what has come while the next is under way.
 *
 * Cost: (h - 1) alpha + n beta (h - 1) / h between h hosts for n bytes in all, and that of an allgather within them.
 *
 * @param bulks by rank: what was announced, undefined for values that came whole. The own one is sent, the others are received.
 */
export async function shareLevels(
  channel: CallChannel,
  bulks: readonly (Bulk | undefined)[],
  piece: number,
  segment: number,
): Promise<void> {
  const { hosts } = channel;
  const { near, far } = await levelsOf(channel);
  const own = hosts.hostOf(channel.rank);
  const bulksOn = (host: number) => Array.from(hosts.ranksOn(host), (rank) => bulks[rank]);
  const arrivingAt = (hop: number) => bulksOn(around(own, -hop, hosts.count));
  const cross = (hop: number): Wait => {
    if (far === undefined || hop >= hosts.count) return undefined;
    const [up, down] = [around(own, 1, hosts.count), around(own, -1, hosts.count)];
    return all([
      ...arrivingAt(hop).map((bulk) => bulk && guarded(recvBulk(far, bulk, piece, down))),
      ...arrivingAt(hop - 1).map((bulk) => bulk && guarded(sendBulk(far, bulk, piece, up))),
    ]);
  };
  await near.share(bulksOn(own), piece);
  let crossing = cross(1);
  for (let hop = 1; hop < hosts.count; hop++) {
    if (crossing) await crossing;
    crossing = cross(hop + 1);
    for (const bulk of arrivingAt(hop)) if (bulk !== undefined) await near.spread(bulk.segments, segment);
  }
}
