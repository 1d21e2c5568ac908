import { invariant } from '../../base/invariant.ts';
import { countsDiffer } from '../../errors.ts';
import type { Packet } from '../../wire/packet.ts';
import { decode, elementCount } from '../../wire/value.ts';
import { announce, announcementIn } from '../announcement.ts';
import { Bulk, recvBulk, sendBulk } from '../bulk.ts';
import type { Channel } from '../channel.ts';
import type { CollectiveContext } from '../context.ts';
import { receiveInto } from '../inbox.ts';
import type { RunOf } from '../registry.ts';
import { pieceBytes, wholeBytes } from '../selection.ts';
import { ownValue } from '../values.ts';
import { all, guarded } from '../waits.ts';

/**
 * What every scatter does: small packets go by the algorithm, large ones are announced by it and then sent straight.
 *
 * @param expected elements that this rank counts on, where it has said so: another number is ERR_MISMATCH, once all has come.
 */
export async function distribute(
  context: CollectiveContext,
  channel: Channel,
  run: RunOf<'scatter'>,
  packets: readonly Packet[] | undefined,
  root: number,
  out: unknown,
  call: string,
  expected?: number,
): Promise<unknown> {
  const piece = pieceBytes(context);
  if (packets !== undefined) {
    const whole = wholeBytes(context);
    const large = (packet: Packet, dest: number) => dest !== root && packet.bytes > whole;
    if (context.size > 1) {
      const first = packets.map((packet, dest) => (large(packet, dest) ? announce(packet) : packet));
      await run(channel, first, root);
      const sent = all(
        packets.map((packet, dest) =>
          large(packet, dest) ? guarded(sendBulk(channel, new Bulk(packet.segments), piece, dest)) : undefined,
        ),
      );
      if (sent) await sent;
    }
    context.close(channel);
    const own = packets[root];
    invariant(own !== undefined, 'no packet for the root', root);
    return ownValue(own, out, call);
  }

  const packet = await run(channel, undefined, root);
  const announcement = announcementIn(packet);
  const actual = elementCount(announcement?.head ?? packet);
  const differs =
    expected !== undefined && expected !== actual ? countsDiffer(call, root, expected, actual, context.rank) : null;
  if (announcement === undefined) {
    context.close(channel);
    if (differs !== null) throw differs;
    return decode(packet, out, call);
  }
  const reception = receiveInto(announcement.head, differs === null ? out : undefined, call);
  const landed = recvBulk(channel, new Bulk(reception.segments), piece, root);
  if (landed) await landed;
  context.close(channel);
  if (differs !== null) throw differs;
  return reception.value();
}
