import type { Packet } from '../../wire/packet.ts';
import { announce } from '../announcement.ts';
import { Bulk } from '../bulk.ts';
import type { Channel } from '../channel.ts';
import type { CollectiveContext } from '../context.ts';
import type { InboxOf } from '../inbox.ts';
import type { RunOf } from '../registry.ts';
import { pieceBytes, wholeBytes } from '../selection.ts';
import { pairwiseBulk } from './pairwiseBulk.ts';

/** What every alltoall does: small packets go by the algorithm, large ones are announced by it and then sent straight. */
export async function swap(
  context: CollectiveContext,
  channel: Channel,
  run: RunOf<'alltoall'>,
  packets: readonly Packet[],
  inboxOf: InboxOf,
): Promise<unknown> {
  const { rank, size } = context;
  const whole = wholeBytes(context);
  const large = (packet: Packet, dest: number) => dest !== rank && packet.bytes > whole;
  const first = packets.map((packet, dest) => (large(packet, dest) ? announce(packet) : packet));
  const inbox = inboxOf(size > 1 ? await run(channel, first) : first, rank);
  if (size > 1) {
    const leaving = packets.map((packet, dest) => (large(packet, dest) ? new Bulk(packet.segments) : undefined));
    await pairwiseBulk(channel, leaving, inbox.landings, pieceBytes(context));
  }
  context.close(channel);
  return inbox.finish();
}
