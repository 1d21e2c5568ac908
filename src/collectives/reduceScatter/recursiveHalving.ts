import type { TypedArray } from '../../wire/dtype.ts';
import type { Channel } from '../channel.ts';
import type { Reducer } from '../kernels/reducer.ts';
import { borrow, copyInto, giveBack } from '../scratch.ts';
import { coreIndex, coreRank, foldOf, isPair } from '../shapes/fold.ts';
import { halvingFarFirst } from '../shapes/halving.ts';
import { halve } from './halve.ts';

/**
 * Recursive halving reduce-scatter (Thakur, Rabenseifner, Gropp 2005): partners at distance p / 2, …, 2, 1 exchange the half that the
 * other goes on with. Far partners first leaves each rank with its own part, but operands meet out of order: commutative
 * operators only.
 *
 * Cost: log2 p alpha + n beta (p - 1) / p + n gamma (p - 1) / p, plus a fold of n where p is no power of two. For short vectors.
 */
export async function recursiveHalving(
  channel: Channel,
  input: TypedArray,
  work: TypedArray,
  reducer: Reducer,
  offsets: readonly number[],
): Promise<void> {
  const { rank, size } = channel;
  const fold = foldOf(size);
  const index = coreIndex(fold, rank);
  if (index < 0) {
    const handed = channel.send(input, rank - 1);
    if (handed) await handed;
    const done = channel.recv(work, rank - 1);
    if (done) await done;
    return;
  }

  let mine = input;
  const partial = borrow(input, input.length);
  if (isPair(fold, index)) {
    const theirs = borrow(input, input.length);
    const joined = channel.recv(theirs, rank + 1);
    if (joined) await joined;
    reducer.combine(mine, theirs, partial);
    giveBack(theirs);
    mine = partial;
  }
  const startOf = (block: number) => offsets[block < fold.core ? coreRank(fold, block) : size] ?? 0;
  const combined = await halve(channel, mine, partial, reducer, fold, halvingFarFirst(index, fold.core), startOf);
  copyInto(work, combined.subarray(offsets[rank], offsets[rank + 1]));
  if (isPair(fold, index)) {
    const returned = channel.send(combined.subarray(offsets[rank + 1], offsets[rank + 2]), rank + 1);
    if (returned) await returned;
  }
  giveBack(partial);
}
