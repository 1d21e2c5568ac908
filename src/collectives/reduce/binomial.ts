import type { TypedArray } from '../../wire/dtype.ts';
import type { Channel } from '../channel.ts';
import type { Reducer } from '../kernels/reducer.ts';
import { borrow, copyInto, giveBack } from '../scratch.ts';
import { absoluteRank, childrenOf, parentOf, relativeRank } from '../shapes/binomial.ts';

/**
 * Binomial tree reduce: every rank combines what its children send, in ascending order, and passes it up.
 *
 * The tree hangs at the root where the operator commutes. Where it does not, it hangs at rank 0, so that subtrees are runs of
 * neighbours in rank order, and rank 0 passes the result on.
 *
 * Cost: ceil(log2 p) (alpha + n beta + n gamma), plus one message for another root when the order counts. For short vectors.
 */
export async function binomial(
  channel: Channel,
  input: TypedArray,
  work: TypedArray | undefined,
  reducer: Reducer,
  root: number,
  commutative: boolean,
): Promise<void> {
  const { rank, size } = channel;
  const top = commutative ? root : 0;
  const virtual = relativeRank(rank, top, size);
  const children = childrenOf(virtual, size);
  let mine = input;
  /** In place of a result, where the user gets none. */
  let borrowed: TypedArray | undefined;
  if (children.length > 0) {
    work ??= borrowed = borrow(input, input.length);
    const scratch = borrow(input, input.length);
    for (const child of children) {
      const arrived = channel.recv(scratch, absoluteRank(child, top, size));
      if (arrived) await arrived;
      reducer.combine(mine, scratch, work);
      mine = work;
    }
    giveBack(scratch);
  }
  if (virtual > 0) {
    const passed = channel.send(mine, absoluteRank(parentOf(virtual), top, size));
    if (passed) await passed;
  }
  if (top !== root && rank === top) {
    const handed = channel.send(mine, root);
    if (handed) await handed;
  } else if (rank === root && work !== undefined) {
    if (top !== root) {
      const done = channel.recv(work, top);
      if (done) await done;
    } else if (mine === input) copyInto(work, input);
  }
  if (borrowed !== undefined) giveBack(borrowed);
}
