import type { Packet, PacketHead, Reception } from '../../wire/packet.ts';
import type { Board } from '../board/board.ts';
import { IncomingPacket, Outgoing } from '../board/stream.ts';

/**
 * Broadcast through shared memory: the root writes the value with its head into its banks, one after the other, and all others copy it
 * out. The root goes on as soon as it has written.
 *
 * Cost: one copy in, one copy out, at the same time but for the first bank; no message.
 */
export async function giveShared(board: Board, packet: Packet): Promise<void> {
  const { rank, memory, bankBytes } = board;
  const outgoing = Outgoing.packet(packet);
  for (let left = outgoing.pieces(bankBytes) - 1; left >= 0; left--) {
    const round = board.next();
    const free = board.room(round);
    if (free) await free;
    outgoing.fill(memory.bytes, memory.data(rank, round), bankBytes);
    board.fill(round, left);
    board.finish(round);
  }
}

/** @param receive - says where a value with such a head belongs. */
export async function takeShared(
  board: Board,
  root: number,
  receive: (head: PacketHead) => Reception,
): Promise<Reception> {
  const { memory, bankBytes } = board;
  let reception: Reception | undefined;
  const incoming = new IncomingPacket((head) => (reception = receive(head)).segments);
  for (let left = 1; left > 0; ) {
    const round = board.next();
    const filled = board.filled(root, round);
    if (filled) await filled;
    left = board.note(root, round);
    incoming.take(memory.bytes, memory.data(root, round), bankBytes);
    board.finish(round);
  }
  return reception!;
}
