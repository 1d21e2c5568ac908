/** Values of all ranks for all ranks, through a board. */
import type { Packet } from '../../wire/packet.ts';
import { copyOf } from '../../wire/value.ts';
import { announce } from '../announcement.ts';
import { type Inbox, type InboxOf, settled } from '../inbox.ts';
import type { Alike } from './alike.ts';
import type { Board } from './board.ts';
import { placeBytes, placeOf } from './places.ts';
import {
  beginning,
  type Incoming,
  IncomingBytes,
  Kept,
  Outgoing,
  viewOfWhole,
  wholeBytesOf,
  writeWhole,
} from './stream.ts';

/** What a rank has for the others, and how it takes what they have. */
export interface Exchange {
  /** One packet for all, or one for each rank. */
  readonly leaving: readonly Packet[];
  /** Our own packet is what leaves for us. What has not come whole is announced to it, and has landed when it is to finish. */
  readonly inboxOf: InboxOf;
  /** What the inbox makes of packets has no memory of theirs: these may lie in the banks. */
  readonly lends: boolean;
  /** Where what leaves is as {@link Alike} has it. */
  readonly alike: Alike | undefined;
}

/**
 * Every rank writes a piece of what it has into its bank, with a head before the first, reads those of the others, and again, until nobody
 * has anything left: each says how many pieces are still to come. One packet all read, of several each has a place of its own in the bank.
 * Gives the inbox when all is in it, at once if nobody had to be waited for. HOT (bench: allgather, alltoall).
 */
export function exchangePackets(board: Board, exchange: Exchange): Inbox | Promise<Inbox> {
  const round = board.next();
  const free = board.room(round);
  return free ? free.then(() => write(board, round, exchange)) : write(board, round, exchange);
}

function write(board: Board, round: number, exchange: Exchange): Inbox | Promise<Inbox> {
  const { leaving } = exchange;
  const room = placeBytes(board, leaving.length);
  let outgoing: (Outgoing | undefined)[] | undefined;
  let left = 0;
  for (let dest = 0; dest < leaving.length; dest++) {
    if (leaving.length > 1 && dest === board.rank) continue;
    const packet = leaving[dest]!;
    const at = placeOf(board, round, leaving.length, board.rank, dest);
    if (wholeBytesOf(packet) <= room) {
      writeWhole(board.memory, at, packet);
      continue;
    }
    const pieces = Outgoing.packet(packet);
    outgoing ??= leaving.map(() => undefined);
    outgoing[dest] = pieces;
    left = Math.max(left, pieces.pieces(room) - 1);
    pieces.fill(board.memory.bytes, at, room);
  }
  board.fill(round, left);
  const here = board.allFilled(round);
  return here
    ? here.then(() => read(board, round, exchange, outgoing, left))
    : read(board, round, exchange, outgoing, left);
}

function read(
  board: Board,
  round: number,
  exchange: Exchange,
  outgoing: readonly (Outgoing | undefined)[] = [],
  left: number,
): Inbox | Promise<Inbox> {
  const { rank, size, memory } = board;
  const { leaving, alike, lends, inboxOf } = exchange;
  for (let peer = 0; peer < size; peer++) {
    if (board.note(peer, round) > 0) return readPieces(board, round, exchange, outgoing, left);
  }
  let inbox: Inbox;
  if (alike?.take(board, round)) {
    inbox = alike.inbox;
  } else {
    const packets = new Array<Packet>(size);
    for (let peer = 0; peer < size; peer++) {
      if (peer === rank) packets[peer] = ownOf(exchange, rank);
      else {
        const view = viewOfWhole(memory, placeOf(board, round, leaving.length, peer, rank));
        packets[peer] = lends ? view : copyOf(view);
      }
    }
    inbox = settled(inboxOf(packets, rank));
  }
  board.finish(round);
  return inbox;
}

function ownOf({ leaving }: Exchange, rank: number): Packet {
  return leaving[leaving.length === 1 ? 0 : rank]!;
}

/** Somebody's packet is longer than its place. Our next piece is written before we wait for theirs: nobody waits for the slowest each time. */
async function readPieces(
  board: Board,
  first: number,
  exchange: Exchange,
  outgoing: readonly (Outgoing | undefined)[],
  pieces: number,
): Promise<Inbox> {
  const { leaving } = exchange;
  let round = first;
  let left = pieces;
  let arrival: Arrival | undefined;
  for (;;) {
    let next: number | undefined;
    if (left > 0) {
      next = board.next();
      const free = board.room(next) ?? board.turn();
      if (free) await free;
      fill(board, next, outgoing, --left);
    }
    const here = arrival && board.allFilled(round);
    if (here) await here;
    if (arrival === undefined) arrival = begin(board, round, exchange);
    else take(board, round, leaving.length, arrival.incoming);
    const more = next !== undefined || othersHaveMore(board, round);
    board.finish(round);
    if (!more) return arrival.inbox();
    if (next === undefined) {
      next = board.next();
      const free = board.room(next);
      if (free) await free;
      board.fill(next);
    }
    round = next;
  }
}

function fill(board: Board, round: number, outgoing: readonly (Outgoing | undefined)[], left: number): void {
  const { rank, memory } = board;
  const room = placeBytes(board, outgoing.length);
  for (let dest = 0; dest < outgoing.length; dest++) {
    outgoing[dest]?.fill(memory.bytes, placeOf(board, round, outgoing.length, rank, dest), room);
  }
  board.fill(round, left);
}

function othersHaveMore(board: Board, round: number): boolean {
  for (let peer = 0; peer < board.size; peer++) if (board.note(peer, round) > 0) return true;
  return false;
}

/** What is still to come, by peer, and what becomes of all when it has. */
interface Arrival {
  readonly incoming: readonly (Incoming | undefined)[];
  inbox(): Inbox;
}

/** Takes the first pieces: from their heads it is known where all bytes land. */
function begin(board: Board, round: number, exchange: Exchange): Arrival {
  const { rank, size, memory } = board;
  const { leaving, inboxOf } = exchange;
  const places = leaving.length;
  const room = placeBytes(board, places);
  const packets = new Array<Packet>(size);
  const begun: number[] = [];
  for (let peer = 0; peer < size; peer++) {
    if (peer === rank) {
      packets[peer] = ownOf(exchange, rank);
      continue;
    }
    const at = placeOf(board, round, places, peer, rank);
    const head = beginning(memory, at, room);
    if (head === undefined) return keepAll(board, round, exchange);
    const before = wholeBytesOf(head) - head.bytes;
    if (before + head.bytes <= room) packets[peer] = copyOf(viewOfWhole(memory, at));
    else {
      packets[peer] = announce(head);
      begun[peer] = before;
    }
  }
  const inbox = inboxOf(packets, rank);
  const incoming = begun.map((before, peer) => {
    const bytes = new IncomingBytes(inbox.landings[peer]!.segments);
    bytes.take(memory.bytes, placeOf(board, round, places, peer, rank) + before, room - before);
    return bytes;
  });
  return { incoming, inbox: () => inbox };
}

/** There is not even room for heads: where bytes land is known when all are there. */
function keepAll(board: Board, round: number, exchange: Exchange): Arrival {
  const { rank, size } = board;
  const incoming = Array.from({ length: size }, (_, peer) => (peer === rank ? undefined : new Kept()));
  take(board, round, exchange.leaving.length, incoming);
  const inbox = () =>
    exchange.inboxOf(
      incoming.map((kept) => kept?.packet ?? ownOf(exchange, rank)),
      rank,
    );
  return { incoming, inbox };
}

function take(board: Board, round: number, places: number, incoming: readonly (Incoming | undefined)[]): void {
  const { rank, memory } = board;
  const room = placeBytes(board, places);
  for (let peer = 0; peer < incoming.length; peer++) {
    incoming[peer]?.take(memory.bytes, placeOf(board, round, places, peer, rank), room);
  }
}
