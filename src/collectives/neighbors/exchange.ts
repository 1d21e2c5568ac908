import { PROC_NULL } from '../../matching/envelope.ts';
import type { Packet } from '../../wire/packet.ts';
import { announce } from '../announcement.ts';
import { Bulk, recvBulk, sendBulk } from '../bulk.ts';
import type { Channel, Wait } from '../channel.ts';
import type { CollectiveContext } from '../context.ts';
import { pieceBytes } from '../selection.ts';
import { all, guarded } from '../waits.ts';
import type { Incoming } from './incoming.ts';
import { leavingOrder, type Neighborhood } from './neighborhood.ts';

/** No packet is this rank's own: those that it sends to itself come through the channel as well. */
const NONE = -1;

/**
 * What every neighbourhood collective does: a message along every edge, straight to where it is for (MPI 4.1, 8.6).
 *
 * All receives stand before anything is sent, and everything has been sent before anything is awaited: no graph deadlocks, and what
 * comes lands in its memory at once. Between two ranks the packets go first, in the order of the edges, then the bytes of those that
 * were only announced, in the same order.
 *
 * Cost: alpha a destination + n beta for n bytes a rank, whatever the number of ranks.
 *
 * @param packets by destination; that of one who is not there is never looked at.
 */
export async function exchange(
  context: CollectiveContext,
  channel: Channel,
  neighbors: Neighborhood,
  packets: readonly (Packet | undefined)[],
  incoming: Incoming,
): Promise<unknown> {
  const { sources, destinations } = neighbors;
  const piece = pieceBytes(context);
  const arrived = sources.map(() => incoming.nobody);
  const meeting: Wait[] = sources.map((source, index) =>
    source === PROC_NULL ? undefined : receive(channel, source, arrived, index),
  );
  const large: { bulk: Bulk; dest: number }[] = [];
  for (const index of leavingOrder(neighbors)) {
    const packet = packets[index] as Packet;
    const dest = destinations[index] as number;
    const announced = packet.bytes > incoming.whole;
    if (announced) large.push({ bulk: new Bulk(packet.segments), dest });
    meeting.push(guarded(channel.sendPacket(announced ? announce(packet) : packet, dest)));
  }
  const following = large.map(({ bulk, dest }) => guarded(sendBulk(channel, bulk, piece, dest)));
  const met = all(meeting);
  if (met) await met;

  const inbox = incoming.inboxOf(arrived, NONE);
  for (const [index, landing] of inbox.landings.entries()) {
    if (landing) following.push(guarded(recvBulk(channel, landing, piece, sources[index] as number)));
  }
  const landed = all(following);
  if (landed) await landed;
  context.close(channel);
  return inbox.finish();
}

/** Posts a receive; what comes takes its place in `arrived`. */
function receive(channel: Channel, source: number, arrived: Packet[], index: number): Wait {
  const packet = channel.recvPacket(source);
  if (packet instanceof Promise) {
    return guarded(
      packet.then((value) => {
        arrived[index] = value;
      }),
    );
  }
  arrived[index] = packet;
  return undefined;
}
