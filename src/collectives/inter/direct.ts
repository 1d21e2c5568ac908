import type { Packet } from '../../wire/packet.ts';
import { encode } from '../../wire/value.ts';
import type { Channel, Wait } from '../channel.ts';
import type { InboxOf } from '../inbox.ts';
import { exchange } from '../neighbors/exchange.ts';
import { wholeBytes } from '../selection.ts';
import { all, guarded } from '../waits.ts';
import type { InterContext } from './context.ts';

export interface Messages {
  /** Ranks of the other group that this one gets something from. */
  readonly sources: readonly number[];
  /** Ranks of the other group that get something from this one: a packet each. */
  readonly destinations: readonly number[];
  readonly packets: readonly Packet[];
  /** Makes the result of what has come. */
  readonly inboxOf: InboxOf;
}

/** Every rank of the other group. */
export function everybody({ bridge }: InterContext): readonly number[] {
  return [...Array(bridge.size).keys()];
}

/**
 * Messages across, straight to where they are for; closes the call. Two groups are a graph in which no rank has a neighbour on its own
 * side.
 */
export function direct(context: InterContext, bridge: Channel, messages: Messages): Promise<unknown> {
  const { sources, destinations, packets, inboxOf } = messages;
  const neighbors = { sources, destinations, order: [...destinations.keys()] };
  const incoming = { nobody: encode(undefined, 'direct'), whole: wholeBytes(context.bridge), inboxOf };
  return exchange(context.bridge, bridge, neighbors, packets, incoming);
}

/** Something to every rank of the other group, all at once. */
export function sendToAll(bridge: Channel, send: (dest: number) => Wait): Wait {
  return all(Array.from({ length: bridge.size }, (_, dest) => guarded(send(dest))));
}
