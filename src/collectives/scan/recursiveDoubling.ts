import type { TypedArray } from '../../wire/dtype.ts';
import type { Channel } from '../channel.ts';
import type { Reducer } from '../kernels/reducer.ts';
import { borrow, copyInto, giveBack } from '../scratch.ts';

/**
 * Recursive doubling scan (Hillis, Steele 1986; in the form of MPICH): partners at distance 1, 2, 4, … exchange the reduction of their
 * block; the higher one also puts it before its own prefix. A block that lacks partners beyond the last rank is never a lower one.
 *
 * Cost: ceil(log2 p) (alpha + n beta + 2 n gamma). For short vectors. Keeps the operand order.
 */
export async function recursiveDoubling(
  channel: Channel,
  input: TypedArray,
  work: TypedArray,
  reducer: Reducer,
): Promise<void> {
  const { rank, size } = channel;
  const { combine } = reducer;
  const scratch = borrow(input, input.length);
  const block = borrow(input, input.length);
  let mine = input;
  let prefix = input;
  for (let distance = 1; distance < size; distance *= 2) {
    const partner = rank ^ distance;
    if (partner >= size) continue;
    const met = channel.exchange(mine, partner, scratch, partner);
    if (met) await met;
    // The block first: in place, `work` is `input`, which the first block is still to be made from.
    if (partner < rank) {
      combine(scratch, mine, block);
      combine(scratch, prefix, work);
      prefix = work;
    } else combine(mine, scratch, block);
    mine = block;
  }
  giveBack(scratch);
  giveBack(block);
  if (prefix === input) copyInto(work, input);
}
