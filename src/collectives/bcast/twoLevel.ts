import type { Packet } from '../../wire/packet.ts';
import type { Bulk } from '../bulk.ts';
import type { CallChannel, Wait } from '../channel.ts';
import { levelsOf } from '../levels/levels.ts';
import { absoluteRank, relativeRank } from '../shapes/binomial.ts';
import { all, guarded } from '../waits.ts';
import { binomial } from './binomial.ts';
import { scatterRing } from './scatterRing.ts';

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

/** Pieces that a leader waits for at the same time: while one is asked for others are on the line. */
const AHEAD = 8;

/** Where a leader's part of the bytes is longer, they all go through all leaders. */
const MAX_PART_BYTES = 256 * 1024;

/**
 * The bytes of a long value: scattered over the leaders and around their ring, then from each of them to its host; longer ones from leader to
 * leader in pieces, each of which goes on to the next leader and to the host as it comes.
 *
 * Cost: (log2 h + h - 1) alpha + 2 n beta (h - 1) / h, or (h - 2 + n / s) (alpha + s beta), between h hosts, and that of a bcast within them.
 */
export async function twoLevel(channel: CallChannel, bulk: Bulk, root: number, segment: number): Promise<void> {
  const { near, far, home } = await levelsOf(channel, root);
  const { count } = channel.hosts;
  if (count > 2 && bulk.bytes <= count * MAX_PART_BYTES) {
    if (far !== undefined) await scatterRing(far, bulk, home);
    return near.spread(bulk.segments, segment);
  }
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
  const arriving = Array.from({ length: AHEAD }, (_, index) => receive(index * segment));
  for (let start = 0; start < bulk.bytes; start += segment) {
    const here = arriving.shift();
    if (here) await here;
    arriving.push(receive(start + AHEAD * segment));
    if (far !== undefined && place + 1 < size) leaving.push(guarded(bulk.send(far, start, endOf(start), next)));
    await near.spread(bulk.parts(start, endOf(start)), segment);
  }
  const gone = all(leaving);
  if (gone) await gone;
}
