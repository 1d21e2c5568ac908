import type { Packet } from '../../wire/packet.ts';
import type { Bulk } from '../bulk.ts';
import type { Board } from './board.ts';
import { type Incoming, IncomingBytes, Kept, Outgoing } from './stream.ts';

/** Packets to all others alike; theirs, by rank, ours among them. */
export async function sharePackets(board: Board, own: Packet): Promise<Packet[]> {
  const arriving = keepers(board);
  await exchange(board, [Outgoing.packet(own)], arriving);
  return arriving.map((kept) => kept?.packet ?? own);
}

/**
 * A packet to each rank; those from each, ours for ourselves among them.
 *
 * @param announces - some of ours are announcements; answered is whether those of any rank were.
 */
export async function swapPackets(
  board: Board,
  packets: readonly Packet[],
  announces: boolean,
): Promise<{ arrived: Packet[]; announced: boolean }> {
  const arriving = keepers(board);
  const leaving = packets.map((packet, dest) => (dest === board.rank ? undefined : Outgoing.packet(packet)));
  const announced = await exchange(board, leaving, arriving, announces);
  return { arrived: arriving.map((kept, source) => kept?.packet ?? (packets[source] as Packet)), announced };
}

function keepers({ rank, size }: Board): (Kept | undefined)[] {
  return Array.from({ length: size }, (_, peer) => (peer === rank ? undefined : new Kept()));
}

/** The bytes of announced values: ours to all others, theirs to where they land. @param bulks - by rank. */
export async function shareBulks(board: Board, bulks: readonly (Bulk | undefined)[]): Promise<void> {
  await exchange(board, [outgoing(bulks[board.rank])], bulks.map(incoming));
}

/** The same, other ones for each rank. @param leaving - by destination; @param arriving - by source. */
export async function swapBulks(
  board: Board,
  leaving: readonly (Bulk | undefined)[],
  arriving: readonly (Bulk | undefined)[],
): Promise<void> {
  await exchange(board, leaving.map(outgoing), arriving.map(incoming));
}

function outgoing(bulk: Bulk | undefined): Outgoing | undefined {
  return bulk && new Outgoing(bulk.segments);
}

function incoming(bulk: Bulk | undefined): Incoming | undefined {
  return bulk && new IncomingBytes(bulk.segments);
}

/** Beside how many pieces are still to come: what {@link exchange} answers. */
const FLAG = 2 ** 30;

/**
 * Every rank writes a piece of what it has into its bank, reads those of the others, and again, until nobody has anything left: each says
 * how many pieces are still to come. With one entry in `leaving` all read the same, else the bank has a place for each rank.
 *
 * @returns whether `flag` was set on any rank.
 */
async function exchange(
  board: Board,
  leaving: readonly (Outgoing | undefined)[],
  arriving: readonly (Incoming | undefined)[],
  flag = false,
): Promise<boolean> {
  const { rank, size, memory } = board;
  const room = leaving.length === 1 ? board.bankBytes : Math.floor(board.bankBytes / size / 8) * 8;
  const place = leaving.length === 1 ? 0 : rank * room;
  let left = 0;
  for (const outgoing of leaving) if (outgoing !== undefined) left = Math.max(left, outgoing.pieces(room));
  let flags = flag ? FLAG : 0;
  for (let more = 1; more > 0; ) {
    const round = board.next();
    const free = board.room(round);
    if (free) await free;
    const own = memory.data(rank, round);
    for (let dest = 0; dest < leaving.length; dest++) leaving[dest]?.fill(memory.bytes, own + dest * room, room);
    left = Math.max(0, left - 1);
    board.fill(round, left | (flag ? FLAG : 0));
    more = left;
    for (let step = 1; step < size; step++) {
      const peer = (rank + step) % size;
      const filled = board.filled(peer, round);
      if (filled) await filled;
      const note = board.note(peer, round);
      flags |= note & FLAG;
      more = Math.max(more, note & ~FLAG);
      arriving[peer]?.take(memory.bytes, memory.data(peer, round) + place, room);
    }
    board.finish(round);
  }
  return flags !== 0;
}
