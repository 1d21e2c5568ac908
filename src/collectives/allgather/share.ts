import { announce } from '../announcement.ts';
import { Board } from '../board/board.ts';
import { type Exchange, exchangePackets } from '../board/exchange.ts';
import { Bulk } from '../bulk.ts';
import type { Channel } from '../channel.ts';
import type { CollectiveContext } from '../context.ts';
import type { Inbox } from '../inbox.ts';
import type { RunOf } from '../registry.ts';
import { boardOf, type Choice, pieceBytes, wholeBytes } from '../selection.ts';
import { ringBulk } from './ringBulk.ts';

/** One allgather, from what it sends to what it gives. */
export interface Sharing {
  readonly choice: Choice<RunOf<'allgather'>>;
  /** What leaves is one packet, for all. */
  readonly exchange: Exchange;
}

/**
 * What every allgather does: small packets go by the algorithm, large ones are announced by it and then go around the ring. At a board all
 * write theirs, and all copy out those of the others.
 */
export function share(context: CollectiveContext, channel: Channel, sharing: Sharing): unknown {
  const turn = boardOf(channel, sharing.choice);
  return turn instanceof Board ? atBoard(context, channel, sharing, turn) : byMessages(context, channel, sharing, turn);
}

/** HOT (bench: allgather). */
function atBoard(context: CollectiveContext, channel: Channel, { exchange }: Sharing, board: Board): unknown {
  const inbox = exchangePackets(board, exchange);
  return inbox instanceof Promise
    ? inbox.then((filled) => finish(context, channel, filled))
    : finish(context, channel, inbox);
}

async function byMessages(
  context: CollectiveContext,
  channel: Channel,
  sharing: Sharing,
  turn: ReturnType<Channel['board']>,
): Promise<unknown> {
  const board = turn && (await turn);
  if (board !== undefined) return atBoard(context, channel, sharing, board);
  const { choice, exchange } = sharing;
  const { inboxOf } = exchange;
  const own = exchange.leaving[0]!;
  const { rank, size } = context;
  const large = own.bytes > wholeBytes(context);
  const packets = size > 1 ? (await choice.run(channel, large ? announce(own) : own)).slice() : [own];
  packets[rank] = own;
  const inbox = inboxOf(packets, rank);
  if (size > 1) {
    const bulks = inbox.landings.slice();
    if (large) bulks[rank] = new Bulk(own.segments);
    if (bulks.some((bulk) => bulk !== undefined)) await ringBulk(channel, bulks, pieceBytes(context));
  }
  return finish(context, channel, inbox);
}

function finish(context: CollectiveContext, channel: Channel, inbox: Inbox): unknown {
  context.close(channel);
  return inbox.finish();
}
