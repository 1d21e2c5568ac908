import type { Packet } from '../../wire/packet.ts';
import type { Bulk } from '../bulk.ts';
import type { CallChannel, Wait } from '../channel.ts';
import { levelsOf } from '../levels/levels.ts';
import { absoluteRank, relativeRank } from '../shapes/binomial.ts';
import { all, guarded } from '../waits.ts';
import { binomial } from './binomial.ts';

/**
 * Broadcast in two levels: from the root, which leads its host, down a binomial tree of the leaders, and from each of them to its host.
 *
 * Cost: ceil(log2 h) (alpha + n beta) between h hosts, and that of a bcast within them. For short values, and for the announcement of long
 * ones.
 */
export async function tellLevels(channel: CallChannel, packet: Packet | undefined, root: number): Promise<Packet> {
  const { near, far, home } = await levelsOf(channel, root);
  if (far === undefined) return near.spreadPacket(undefined);
  if (packet === undefined) return near.spreadPacket(await binomial(far, undefined, home));
  const [, told] = await Promise.all([binomial(far, packet, home), near.spreadPacket(packet)]);
  return told;
}

/**
 * The bytes of a long value: from leader to leader in pieces, each of which goes on to the next leader and to the host as it comes.
 *
 * Cost: (h - 2 + n / s) (alpha + s beta) between h hosts for pieces of s, and that of a bcast within them.
 */
export async function twoLevel(channel: CallChannel, bulk: Bulk, root: number, segment: number): Promise<void> {
  const { near, far, home } = await levelsOf(channel, root);
  const size = far?.size ?? 1;
  const place = far === undefined ? 0 : relativeRank(far.rank, home, size);
  const [previous, next] = [-1, 1].map((step) => absoluteRank((place + step + size) % size, home, size)) as [
    number,
    number,
  ];
  const endOf = (start: number) => Math.min(bulk.bytes, start + segment);
  const receive = (start: number): Wait => {
    if (far === undefined || place === 0 || start >= bulk.bytes) return undefined;
    return guarded(bulk.recv(far, start, endOf(start), previous));
  };
  const leaving: Wait[] = [];
  let arriving = receive(0);
  for (let start = 0; start < bulk.bytes; start += segment) {
    if (arriving) await arriving;
    arriving = receive(start + segment);
    if (far !== undefined && place + 1 < size) leaving.push(guarded(bulk.send(far, start, endOf(start), next)));
    await near.spread(bulk.parts(start, endOf(start)), segment);
  }
  const gone = all(leaving);
  if (gone) await gone;
}
