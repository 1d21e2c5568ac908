import { dtypeOf, type TypedArray } from '../../wire/dtype.ts';
import { decode, encode } from '../../wire/value.ts';
import { recursiveDoubling } from '../allreduce/recursiveDoubling.ts';
import { binomial as broadcast } from '../bcast/binomial.ts';
import type { Channel } from '../channel.ts';
import { reducerFor } from '../kernels/reducer-for.ts';
import type { Op } from '../ops.ts';
import { copyInto, scratchLike } from '../scratch.ts';
import type { Channels } from './context.ts';

/**
 * A few numbers of every rank, combined in its group, for all ranks of both: the ranks 0 swap them. When it returns all ranks of the
 * other group have called it.
 *
 * Cost: 2 ceil(log2 p) + 1 alpha for p ranks of a group.
 *
 * @param theirs takes the numbers of the other group. @returns those of our own.
 */
export async function across<A extends TypedArray>(
  { local, bridge }: Channels,
  own: A,
  theirs: TypedArray,
  op: Op,
): Promise<A> {
  const ours = await within(local, own, op);
  if (local.rank === 0) await bridge.exchange(ours, 0, theirs, 0);
  const packet = await broadcast(local, local.rank === 0 ? encode(theirs, 'across') : undefined, 0);
  if (local.rank > 0) decode(packet, theirs, 'across');
  return ours;
}

/** The same among the ranks of a group alone. */
export async function within<A extends TypedArray>(local: Channel, own: A, op: Op): Promise<A> {
  const ours = scratchLike(own, own.length) as A;
  if (local.size === 1) copyInto(ours, own);
  else await recursiveDoubling(local, own, ours, reducerFor(op, dtypeOf(own)));
  return ours;
}
