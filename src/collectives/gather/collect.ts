import type { Packet } from '../../wire/packet.ts';
import { announce } from '../announcement.ts';
import { Bulk, recvBulk, sendBulk } from '../bulk.ts';
import type { Channel } from '../channel.ts';
import type { CollectiveContext } from '../context.ts';
import type { InboxOf } from '../inbox.ts';
import type { RunOf } from '../registry.ts';
import { pieceBytes, wholeBytes } from '../selection.ts';
import { all, guarded } from '../waits.ts';

/** What every gather does: small packets go by the algorithm, large ones are announced by it and then sent straight to the root. */
export async function collect(
  context: CollectiveContext,
  channel: Channel,
  run: RunOf<'gather'>,
  own: Packet,
  root: number,
  inboxOf: InboxOf,
): Promise<unknown> {
  const { rank, size } = context;
  const piece = pieceBytes(context);
  if (rank !== root) {
    const large = own.bytes > wholeBytes(context);
    await run(channel, large ? announce(own) : own, root);
    const sent = large ? sendBulk(channel, new Bulk(own.segments), piece, root) : undefined;
    if (sent) await sent;
    context.close(channel);
    return undefined;
  }
  const packets = size > 1 ? await run(channel, own, root) : [own];
  const inbox = inboxOf(packets ?? [], rank);
  const landed = all(
    inbox.landings.map((landing, source) => landing && guarded(recvBulk(channel, landing, piece, source))),
  );
  if (landed) await landed;
  context.close(channel);
  return inbox.finish();
}
