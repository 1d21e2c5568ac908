import type { Packet } from '../../wire/packet.ts';
import { announce } from '../announcement.ts';
import { shareBulks, sharePackets } from '../board/exchange.ts';
import { Bulk } from '../bulk.ts';
import type { Channel } from '../channel.ts';
import type { CollectiveContext } from '../context.ts';
import type { InboxOf } from '../inbox.ts';
import type { RunOf } from '../registry.ts';
import { boardOf, type Choice, pieceBytes, wholeBytes } from '../selection.ts';
import { ringBulk } from './ringBulk.ts';

/**
 * What every allgather does: small packets go by the algorithm, large ones are announced by it and then go around the ring. At a board all
 * write theirs, and all copy out those of the others.
 */
export async function share(
  context: CollectiveContext,
  channel: Channel,
  choice: Choice<RunOf<'allgather'>>,
  own: Packet,
  inboxOf: InboxOf,
): Promise<unknown> {
  const { rank, size } = context;
  const large = own.bytes > wholeBytes(context);
  const board = await boardOf(channel, choice);
  let packets = [own];
  if (size > 1) {
    const first = large ? announce(own) : own;
    packets = (await (board ? sharePackets(board, first) : choice.run(channel, first))).slice();
  }
  packets[rank] = own;
  const inbox = inboxOf(packets, rank);
  if (size > 1) {
    const bulks = inbox.landings.slice();
    if (large) bulks[rank] = new Bulk(own.segments);
    if (bulks.some((bulk) => bulk !== undefined)) {
      await (board ? shareBulks(board, bulks) : ringBulk(channel, bulks, pieceBytes(context)));
    }
  }
  context.close(channel);
  return inbox.finish();
}
