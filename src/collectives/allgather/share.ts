import { announce } from '../announcement.ts';
import { Board } from '../board/board.ts';
import { type Exchange, exchangePackets } from '../board/exchange.ts';
import { Bulk } from '../bulk.ts';
import type { CallChannel, Place } from '../channel.ts';
import type { CollectiveContext } from '../context.ts';
import type { Inbox } from '../inbox.ts';
import { type RunOf, TWO_LEVEL_CODE } from '../registry.ts';
import { boardOf, type Choice, pieceBytes, wholeBytes } from '../selection.ts';
import { ringBulk } from './ringBulk.ts';
import { shareLevels } from './twoLevel.ts';

/** One allgather, from what it sends to what it gives. */
export interface Sharing {
  readonly choice: Choice<RunOf<'allgather'>>;
  /** What leaves is one packet, for all. */
  readonly exchange: Exchange;
  /** Where in one array what comes lands at once, if that is known. */
  readonly place: Place | undefined;
}

/**
 * What every allgather does: packets go by the algorithm, large ones that it can't carry, or that nobody knows a place for, are announced by it and
 * then go around the ring. At a board all write theirs, and all copy out those of the others.
 */
export function share(context: CollectiveContext, channel: CallChannel, sharing: Sharing): unknown {
  const turn = boardOf(channel, sharing.choice);
  return turn instanceof Board ? atBoard(context, channel, sharing, turn) : byMessages(context, channel, sharing, turn);
}

/** HOT (bench: allgather). */
function atBoard(context: CollectiveContext, channel: CallChannel, { exchange }: Sharing, board: Board): unknown {
  const inbox = exchangePackets(board, exchange);
  return inbox instanceof Promise
    ? inbox.then((filled) => finish(context, channel, filled))
    : finish(context, channel, inbox);
}

async function byMessages(
  context: CollectiveContext,
  channel: CallChannel,
  sharing: Sharing,
  turn: ReturnType<CallChannel['board']>,
): Promise<unknown> {
  const board = turn && (await turn);
  if (board !== undefined) return atBoard(context, channel, sharing, board);
  const { choice, exchange, place } = sharing;
  const { inboxOf, lends: flat } = exchange;
  const own = exchange.leaving[0]!;
  const { rank, size } = context;
  const whole = choice.whole && (place !== undefined || !flat);
  const large = !whole && own.bytes > wholeBytes(context);
  const packets = size > 1 ? (await choice.run(channel, large ? announce(own) : own, place)).slice() : [own];
  packets[rank] = own;
  const inbox = inboxOf(packets, rank);
  if (size > 1) {
    const bulks = inbox.landings.slice();
    if (large) bulks[rank] = new Bulk(own.segments);
    const announced = bulks.some((bulk) => bulk !== undefined);
    if (announced && choice.code === TWO_LEVEL_CODE) {
      await shareLevels(channel, bulks, pieceBytes(context), context.segmentBytes);
    } else if (announced) await ringBulk(channel, bulks, pieceBytes(context));
  }
  return finish(context, channel, inbox);
}

function finish(context: CollectiveContext, channel: CallChannel, inbox: Inbox): unknown {
  context.close(channel);
  return inbox.finish();
}
