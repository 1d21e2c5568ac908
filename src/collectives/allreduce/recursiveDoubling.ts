import type { TypedArray } from '../../wire/dtype.ts';
import type { Channel } from '../channel.ts';
import type { Reducer } from '../kernels/reducer.ts';
import { borrow, copyInto, giveBack } from '../scratch.ts';
import { coreIndex, coreRank, foldOf, isPair } from '../shapes/fold.ts';

/**
 * Recursive doubling allreduce (Thakur, Rabenseifner, Gropp 2005): partners at distance 1, 2, 4, … exchange all that they have and
 * both combine it, the lower block on the left, so that every rank computes the same expression and gets the same bits.
 *
 * Cost: ceil(log2 p) (alpha + n beta + n gamma), plus two messages for a folded rank. For short vectors. Keeps the operand order.
 */
export async function recursiveDoubling(
  channel: Channel,
  input: TypedArray,
  work: TypedArray,
  reducer: Reducer,
): Promise<void> {
  const { rank, size } = channel;
  const { combine } = reducer;
  const fold = foldOf(size);
  const index = coreIndex(fold, rank);
  if (index < 0) {
    const handed = channel.send(input, rank - 1);
    if (handed) await handed;
    const done = channel.recv(work, rank - 1);
    if (done) await done;
    return;
  }

  const scratch = borrow(input, input.length);
  let mine = input;
  if (isPair(fold, index)) {
    const joined = channel.recv(scratch, rank + 1);
    if (joined) await joined;
    combine(mine, scratch, work);
    mine = work;
  }
  for (let distance = 1; distance < fold.core; distance *= 2) {
    const partner = coreRank(fold, index ^ distance);
    const met = channel.exchange(mine, partner, scratch, partner);
    if (met) await met;
    if (partner < rank) combine(scratch, mine, work);
    else combine(mine, scratch, work);
    mine = work;
  }
  giveBack(scratch);
  if (mine === input) copyInto(work, input);
  if (isPair(fold, index)) {
    const returned = channel.send(work, rank + 1);
    if (returned) await returned;
  }
}
