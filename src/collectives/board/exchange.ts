/** Values of all ranks for all ranks, through a board. */
import { Format } from '../../wire/format.ts';
import type { Packet } from '../../wire/packet.ts';
import { copyOf } from '../../wire/value.ts';
import type { Bulk } from '../bulk.ts';
import type { Board } from './board.ts';
import { type Incoming, IncomingBytes, Kept, Outgoing, viewOfWhole, wholeBytesOf, writeWhole } from './stream.ts';

/** Beside how many pieces are still to come in the note of a bank: {@link PacketExchange.flag}. */
const FLAG = 2 ** 30;

/** A round of packets: each rank writes one for all, or one for each. */
export interface PacketExchange<R> {
  /** One packet, or one for each rank. */
  readonly leaving: readonly Packet[];
  /** Told to all ranks: whether it was set on any comes with the packets. */
  readonly flag: boolean;
  /** What `use` makes of packets has no memory of theirs: these may lie in the banks. */
  readonly lends: boolean;
  /** Those of all ranks, by rank; our own is what we have written for ourselves. */
  use(packets: readonly Packet[], flag: boolean): R;
}

/** Gives what `use` does, at once if nobody had to be waited for. HOT (bench: allgather, alltoall). */
export function exchangePackets<R>(board: Board, exchange: PacketExchange<R>): R | Promise<R> {
  const round = board.next();
  const free = board.room(round);
  return free ? free.then(() => write(board, round, exchange)) : write(board, round, exchange);
}

function write<R>(board: Board, round: number, exchange: PacketExchange<R>): R | Promise<R> {
  const { leaving, flag } = exchange;
  const room = placeBytes(board, leaving.length);
  const own = board.memory.data(board.rank, round);
  let outgoing: (Outgoing | undefined)[] | undefined;
  let left = 0;
  for (let dest = 0; dest < leaving.length; dest++) {
    if (leaving.length > 1 && dest === board.rank) continue;
    const packet = leaving[dest]!;
    if (wholeBytesOf(packet) <= room) {
      writeWhole(board.memory, own + dest * room, packet);
      continue;
    }
    const pieces = Outgoing.packet(packet);
    outgoing ??= leaving.map(() => undefined);
    outgoing[dest] = pieces;
    left = Math.max(left, pieces.pieces(room) - 1);
    pieces.fill(board.memory.bytes, own + dest * room, room);
  }
  board.fill(round, left | (flag ? FLAG : 0));
  const here = board.allFilled(round);
  return here
    ? here.then(() => read(board, round, exchange, outgoing, left))
    : read(board, round, exchange, outgoing, left);
}

function read<R>(
  board: Board,
  round: number,
  exchange: PacketExchange<R>,
  outgoing: readonly (Outgoing | undefined)[] | undefined,
  left: number,
): R | Promise<R> {
  const { rank, size, memory } = board;
  const { leaving, lends } = exchange;
  let flags = exchange.flag ? FLAG : 0;
  let more = left;
  for (let peer = 0; peer < size; peer++) {
    if (peer === rank) continue;
    const note = board.note(peer, round);
    flags |= note & FLAG;
    more = Math.max(more, note & ~FLAG);
  }
  if (more > 0) return readPieces(board, round, exchange, outgoing ?? [], flags !== 0);

  const place = placeOf(board, leaving.length);
  const packets = new Array<Packet>(size);
  let announced = false;
  for (let peer = 0; peer < size; peer++) {
    const packet =
      peer === rank ? leaving[leaving.length === 1 ? 0 : rank]! : viewOfWhole(memory, memory.data(peer, round) + place);
    if (packet.format === Format.BUNDLE) announced = true;
    packets[peer] = packet;
  }
  // What is not announced is taken out when what is has come.
  if (!lends || announced) {
    for (let peer = 0; peer < size; peer++) if (peer !== rank) packets[peer] = copyOf(packets[peer]!);
  }
  const used = exchange.use(packets, flags !== 0);
  board.finish(round);
  return used;
}

/** Somebody's packet is longer than its place. */
async function readPieces<R>(
  board: Board,
  round: number,
  { leaving, use }: PacketExchange<R>,
  outgoing: readonly (Outgoing | undefined)[],
  flag: boolean,
): Promise<R> {
  const { rank, size } = board;
  const arriving = Array.from({ length: size }, (_, peer) => (peer === rank ? undefined : new Kept()));
  const places = leaving.length;
  const more = take(board, round, arriving, places);
  board.finish(round);
  if (more) await exchangePieces(board, outgoing, arriving, places);
  return use(
    arriving.map((kept) => kept?.packet ?? leaving[places === 1 ? 0 : rank]!),
    flag,
  );
}

/** The bytes of announced values: ours to all others, theirs to where they land. @param bulks - by rank. */
export function shareBulks(board: Board, bulks: readonly (Bulk | undefined)[]): Promise<void> {
  return exchangePieces(board, [outgoing(bulks[board.rank])], bulks.map(incoming), 1);
}

/** The same, other ones for each rank. @param leaving - by destination; @param arriving - by source. */
export function swapBulks(
  board: Board,
  leaving: readonly (Bulk | undefined)[],
  arriving: readonly (Bulk | undefined)[],
): Promise<void> {
  return exchangePieces(board, leaving.map(outgoing), arriving.map(incoming), board.size);
}

function outgoing(bulk: Bulk | undefined): Outgoing | undefined {
  return bulk && new Outgoing(bulk.segments);
}

function incoming(bulk: Bulk | undefined): Incoming | undefined {
  return bulk && new IncomingBytes(bulk.segments);
}

/**
 * Every rank writes a piece of what it has into its bank, reads those of the others, and again, until nobody has anything left: each says
 * how many pieces are still to come. With one place all read the same, else the bank has one for each rank.
 */
async function exchangePieces(
  board: Board,
  leaving: readonly (Outgoing | undefined)[],
  arriving: readonly (Incoming | undefined)[],
  places: number,
): Promise<void> {
  const { rank, memory } = board;
  const room = placeBytes(board, places);
  let left = 0;
  for (const outgoing of leaving) if (outgoing !== undefined) left = Math.max(left, outgoing.pieces(room));
  for (let more = true; more; ) {
    const round = board.next();
    const free = board.room(round);
    if (free) await free;
    const own = memory.data(rank, round);
    for (let dest = 0; dest < leaving.length; dest++) leaving[dest]?.fill(memory.bytes, own + dest * room, room);
    left = Math.max(0, left - 1);
    board.fill(round, left);
    const here = board.allFilled(round);
    if (here) await here;
    more = take(board, round, arriving, places) || left > 0;
    board.finish(round);
  }
}

/** Takes what all others have written. Answers whether any rank has more. */
function take(board: Board, round: number, arriving: readonly (Incoming | undefined)[], places: number): boolean {
  const { rank, size, memory } = board;
  const room = placeBytes(board, places);
  let more = (board.note(rank, round) & ~FLAG) > 0;
  for (let peer = 0; peer < size; peer++) {
    if (peer === rank) continue;
    if ((board.note(peer, round) & ~FLAG) > 0) more = true;
    arriving[peer]?.take(memory.bytes, memory.data(peer, round) + placeOf(board, places), room);
  }
  return more;
}

/** Bytes of a packet that, mostly, fits into its place whole: with a head and some meta data. */
export function wholeIn(board: Board, places: number): number {
  return placeBytes(board, places) - 64;
}

function placeBytes(board: Board, places: number): number {
  return places === 1 ? board.bankBytes : Math.floor(board.bankBytes / places / 8) * 8;
}

/** Where in a bank what is for us begins. */
function placeOf(board: Board, places: number): number {
  return places === 1 ? 0 : board.rank * placeBytes(board, places);
}
