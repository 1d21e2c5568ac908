import type { Packet } from '../../wire/packet.ts';
import { announce } from '../announcement.ts';
import { Bulk } from '../bulk.ts';
import type { Channel } from '../channel.ts';
import type { CollectiveContext } from '../context.ts';
import type { InboxOf } from '../inbox.ts';
import type { RunOf } from '../registry.ts';
import { pieceBytes, wholeBytes } from '../selection.ts';
import { ringBulk } from './ringBulk.ts';

/** What every allgather does: small packets go by the algorithm, large ones are announced by it and then go around the ring. */
export async function share(
  context: CollectiveContext,
  channel: Channel,
  run: RunOf<'allgather'>,
  own: Packet,
  inboxOf: InboxOf,
): Promise<unknown> {
  const { rank, size } = context;
  const large = own.bytes > wholeBytes(context);
  const packets = size > 1 ? (await run(channel, large ? announce(own) : own)).slice() : [own];
  packets[rank] = own;
  const inbox = inboxOf(packets, rank);
  if (size > 1) {
    const bulks = inbox.landings.slice();
    if (large) bulks[rank] = new Bulk(own.segments);
    if (bulks.some((bulk) => bulk !== undefined)) await ringBulk(channel, bulks, pieceBytes(context));
  }
  context.close(channel);
  return inbox.finish();
}
