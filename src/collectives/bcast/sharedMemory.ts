import { isTypedArray } from '../../wire/dtype.ts';
import { Format } from '../../wire/format.ts';
import { NO_SEGMENTS } from '../../wire/memory.ts';
import type { Packet, PacketHead, Reception } from '../../wire/packet.ts';
import { copySegments } from '../../wire/segments.ts';
import { encode } from '../../wire/value.ts';
import type { Board } from '../board/board.ts';
import {
  HEAD_BYTES,
  hasHead,
  IncomingPacket,
  Outgoing,
  viewOfWhole,
  wholeBytesOf,
  writeWhole,
} from '../board/stream.ts';
import type { Wait } from '../channel.ts';

/**
 * Broadcast through shared memory: the root writes the value with its head into its banks, one after the other, and all others copy it
 * out. The root goes on as soon as it has written.
 *
 * Cost: one copy in, one copy out, at the same time but for the first bank; no message. HOT (bench: bcast).
 */
export function giveShared(board: Board, packet: Packet): Wait {
  if (wholeBytesOf(packet) > board.bankBytes) return giveInPieces(board, packet);
  const round = board.next();
  const free = board.room(round);
  if (free) return free.then(() => giveWhole(board, round, packet));
  giveWhole(board, round, packet);
  return undefined;
}

function giveWhole(board: Board, round: number, packet: Packet): void {
  writeWhole(board.memory, board.memory.data(board.rank, round), packet);
  board.fill(round, 0);
  board.finish(round);
}

async function giveInPieces(board: Board, packet: Packet): Promise<void> {
  const { rank, memory, bankBytes } = board;
  const outgoing = Outgoing.packet(packet);
  for (let left = outgoing.pieces(bankBytes) - 1; left >= 0; left--) {
    const round = board.next();
    const free = board.room(round) ?? board.turn();
    if (free) await free;
    outgoing.fill(memory.bytes, memory.data(rank, round), bankBytes);
    board.fill(round, left);
    board.finish(round);
  }
}

/** Where a value lands that nobody but the root knows. */
export class Landing {
  /** What comes most often: an array like `out`. */
  readonly #expected: Packet | undefined;
  readonly #reception: Reception;
  readonly #receive: (head: PacketHead) => Reception;

  /** @param receive - says where a value with such a head belongs. */
  constructor(out: unknown, receive: (head: PacketHead) => Reception) {
    this.#expected = isTypedArray(out) && out.length > 0 ? encode(out, 'bcast', 'out') : undefined;
    this.#reception = { segments: NO_SEGMENTS, value: () => out };
    this.#receive = receive;
  }

  receive(head: PacketHead): Reception {
    return this.#receive(head);
  }

  /** Copies to `out` what lies whole at `at`, if it is what was expected. HOT (bench: bcast). */
  take(board: Board, root: number, round: number): Reception | undefined {
    const expected = this.#expected;
    const at = board.memory.data(root, round);
    if (expected === undefined || expected.format !== Format.TYPED_ARRAY || !hasHead(board.memory, at, expected)) {
      return undefined;
    }
    expected.segments[0]!.set(board.part(at + HEAD_BYTES, expected.bytes, root, round));
    return this.#reception;
  }
}

export function takeShared(board: Board, root: number, landing: Landing): Reception | Promise<Reception> {
  const round = board.next();
  const filled = board.filled(root, round);
  return filled ? filled.then(() => take(board, root, round, landing)) : take(board, root, round, landing);
}

function take(board: Board, root: number, round: number, landing: Landing): Reception | Promise<Reception> {
  if (board.note(root, round) > 0) return takeInPieces(board, root, round, landing);
  let reception = landing.take(board, root, round);
  if (reception === undefined) {
    const packet = viewOfWhole(board.memory, board.memory.data(root, round));
    reception = landing.receive(packet);
    copySegments(packet.segments, reception.segments);
  }
  board.finish(round);
  return reception;
}

/** @param first - the round of the first piece, which is there. */
async function takeInPieces(board: Board, root: number, first: number, landing: Landing): Promise<Reception> {
  const { memory, bankBytes } = board;
  let reception: Reception | undefined;
  const incoming = new IncomingPacket((head) => (reception = landing.receive(head)).segments);
  for (let round = first; ; round = board.next()) {
    const filled = board.filled(root, round) ?? board.turn();
    if (filled) await filled;
    const left = board.note(root, round);
    incoming.take(memory.bytes, memory.data(root, round), bankBytes);
    board.finish(round);
    if (left === 0) return reception!;
  }
}
