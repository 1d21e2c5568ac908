/**
 * Reductions of values that travel encoded: whole values under a user's function, bigints, arrays of anything.
 *
 * Operators get values as another rank would receive them, their own rank's too: they may change what they are given.
 */
import { invariant } from '../base/invariant.ts';
import type { Packet } from '../wire/packet.ts';
import { decode, decodeCopy, encode } from '../wire/value.ts';
import { binomial as broadcast } from './bcast/binomial.ts';
import type { Channel } from './channel.ts';
import type { ValueOperand } from './operands/operand.ts';
import { childrenOf, parentOf } from './shapes/binomial.ts';

/**
 * Reduces up a binomial tree that hangs at rank 0, so that subtrees are runs of neighbours and the operand order is kept; rank 0
 * passes the result on to another root. An operator is called p - 1 times in all.
 *
 * @returns the result at the root.
 */
export async function reduceValues(
  channel: Channel,
  operand: ValueOperand,
  own: Packet,
  root: number,
  call: string,
): Promise<unknown> {
  const { rank, size } = channel;
  const children = childrenOf(rank, size);
  let packet = own;
  let value: unknown;
  if (children.length > 0) {
    value = ownValue(own, undefined, call);
    for (const child of children) {
      const arrived = await channel.recvPacket(child);
      value = operand.combine(value, decode(arrived, undefined, call));
    }
    // It travels on: to the parent, or from rank 0 to another root.
    if (rank > 0 || root > 0) packet = encode(value, call);
  }
  if (rank > 0) {
    const passed = channel.sendPacket(packet, parentOf(rank));
    if (passed) await passed;
    return rank === root ? decode(await channel.recvPacket(0), undefined, call) : undefined;
  }
  if (root === 0) return value;
  const handed = channel.sendPacket(packet, root);
  if (handed) await handed;
  return undefined;
}

/** A rank's own value as it would have come from another one: shares no memory with what was encoded. */
export function ownValue(packet: Packet, out: unknown, call: string): unknown {
  return out === undefined ? decodeCopy(packet, call) : decode(packet, out, call);
}

/** Reduces to rank 0 and hands the result down the same tree: every rank gets the same, whatever the operator does. */
export async function allreduceValues(
  channel: Channel,
  operand: ValueOperand,
  own: Packet,
  call: string,
): Promise<unknown> {
  const value = await reduceValues(channel, operand, own, 0, call);
  const packet = await broadcast(channel, channel.rank === 0 ? encode(value, call) : undefined, 0);
  return channel.rank === 0 ? decodeCopy(packet, call) : decode(packet, undefined, call);
}

/**
 * Every rank takes the prefix of the rank below it, combines its own value and passes the result up.
 *
 * @returns the prefix that arrived (undefined on rank 0) when `exclusive`, else the prefix with the own value.
 */
export async function scanValues(
  channel: Channel,
  operand: ValueOperand,
  own: Packet,
  call: string,
  exclusive = false,
): Promise<unknown> {
  const { rank, size } = channel;
  let packet = own;
  let arrived: Packet | undefined;
  let value: unknown;
  if (rank > 0) arrived = await channel.recvPacket(rank - 1);
  if (!exclusive || rank + 1 < size) {
    value = ownValue(own, undefined, call);
    if (arrived !== undefined) {
      value = operand.combine(decodeCopy(arrived, call), value);
      packet = encode(value, call);
    }
    if (rank + 1 < size) {
      const passed = channel.sendPacket(packet, rank + 1);
      if (passed) await passed;
    }
  }
  if (!exclusive) return value;
  return arrived === undefined ? undefined : decode(arrived, undefined, call);
}

/** Combines the parts that the ranks have sent, in rank order. */
export function foldValues(operand: ValueOperand, parts: readonly Packet[], call: string): unknown {
  invariant(parts.length > 0, 'nothing to fold');
  let value: unknown;
  for (const [rank, part] of parts.entries()) {
    const next = decode(part, undefined, call);
    value = rank === 0 ? next : operand.combine(value, next);
  }
  return value;
}
