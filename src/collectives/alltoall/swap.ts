import type { Packet } from '../../wire/packet.ts';
import { announce } from '../announcement.ts';
import { Board } from '../board/board.ts';
import { type Exchange, exchangePackets } from '../board/exchange.ts';
import { Bulk } from '../bulk.ts';
import type { CallChannel, Place } from '../channel.ts';
import type { CollectiveContext } from '../context.ts';
import type { Inbox } from '../inbox.ts';
import type { RunOf } from '../registry.ts';
import { boardOf, type Choice, pieceBytes, wholeBytes } from '../selection.ts';
import { pairwiseBulk } from './pairwiseBulk.ts';

/** One alltoall, from what it sends to what it gives. */
export interface Swap {
  readonly choice: Choice<RunOf<'alltoall'>>;
  /** What leaves is by destination. */
  readonly exchange: Exchange;
  /** Where in one array what comes lands at once, if that is known. */
  readonly place: Place | undefined;
}

/**
 * What every alltoall does: packets go by the algorithm, large ones that it can't carry, or that nobody knows a place for, are announced by it and
 * then sent straight. At a board all write theirs, and all copy out what is for them.
 */
export function swap(context: CollectiveContext, channel: CallChannel, one: Swap): unknown {
  const turn = boardOf(channel, one.choice);
  return turn instanceof Board ? atBoard(context, channel, one, turn) : byMessages(context, channel, one, turn);
}

/** HOT (bench: alltoall). */
function atBoard(context: CollectiveContext, channel: CallChannel, { exchange }: Swap, board: Board): unknown {
  const inbox = exchangePackets(board, exchange);
  return inbox instanceof Promise
    ? inbox.then((filled) => finish(context, channel, filled))
    : finish(context, channel, inbox);
}

async function byMessages(
  context: CollectiveContext,
  channel: CallChannel,
  one: Swap,
  turn: ReturnType<CallChannel['board']>,
): Promise<unknown> {
  const board = turn && (await turn);
  if (board !== undefined) return atBoard(context, channel, one, board);
  const { rank, size } = context;
  const { choice, exchange, place } = one;
  const { leaving: packets, inboxOf, lends: flat } = exchange;
  const large = choice.whole && (place !== undefined || !flat) ? undefined : largeOnes(context, packets);
  const first = packets.map((packet, dest) => (large?.[dest] ? announce(packet) : packet));
  const inbox = inboxOf(size > 1 ? await choice.run(channel, first, place) : first, rank);
  if (size > 1 && (large !== undefined || inbox.landings.some((landing) => landing !== undefined))) {
    const leaving = packets.map((packet, dest) => (large?.[dest] ? new Bulk(packet.segments) : undefined));
    await pairwiseBulk(channel, leaving, inbox.landings, pieceBytes(context));
  }
  return finish(context, channel, inbox);
}

/** Which are announced: those for others that are large; undefined where none is. */
function largeOnes(context: CollectiveContext, packets: readonly Packet[]): readonly boolean[] | undefined {
  const whole = wholeBytes(context);
  const large = packets.map(({ bytes }, dest) => dest !== context.rank && bytes > whole);
  return large.includes(true) ? large : undefined;
}

function finish(context: CollectiveContext, channel: CallChannel, inbox: Inbox): unknown {
  context.close(channel);
  return inbox.finish();
}
