import type { Packet } from '../../wire/packet.ts';
import { announce } from '../announcement.ts';
import { swapBulks, swapPackets } from '../board/exchange.ts';
import { Bulk } from '../bulk.ts';
import type { Channel } from '../channel.ts';
import type { CollectiveContext } from '../context.ts';
import type { InboxOf } from '../inbox.ts';
import type { RunOf } from '../registry.ts';
import { boardOf, type Choice, pieceBytes, wholeBytes } from '../selection.ts';
import { pairwiseBulk } from './pairwiseBulk.ts';

/**
 * What every alltoall does: small packets go by the algorithm, large ones are announced by it and then sent straight. At a board all write
 * theirs, and all copy out what is for them.
 */
export async function swap(
  context: CollectiveContext,
  channel: Channel,
  choice: Choice<RunOf<'alltoall'>>,
  packets: readonly Packet[],
  inboxOf: InboxOf,
): Promise<unknown> {
  const { rank, size } = context;
  const whole = wholeBytes(context);
  const large = (packet: Packet, dest: number) => dest !== rank && packet.bytes > whole;
  const first = packets.map((packet, dest) => (large(packet, dest) ? announce(packet) : packet));
  const leaving = () => packets.map((packet, dest) => (large(packet, dest) ? new Bulk(packet.segments) : undefined));
  const board = await boardOf(channel, choice);
  let inbox: ReturnType<InboxOf>;
  if (board !== undefined) {
    const { arrived, announced } = await swapPackets(board, first, packets.some(large));
    inbox = inboxOf(arrived, rank);
    // Also where neither we nor those who send to us have announced anything: all take part.
    if (announced) await swapBulks(board, leaving(), inbox.landings);
  } else {
    inbox = inboxOf(size > 1 ? await choice.run(channel, first) : first, rank);
    if (size > 1) await pairwiseBulk(channel, leaving(), inbox.landings, pieceBytes(context));
  }
  context.close(channel);
  return inbox.finish();
}
