import type { TypedArray } from '../../wire/dtype.ts';
import type { Channel } from '../channel.ts';
import type { Reducer } from '../kernels/reducer.ts';
import { borrow, giveBack } from '../scratch.ts';
import { coreRank, type Fold } from '../shapes/fold.ts';
import type { HalvingStep } from '../shapes/halving.ts';

/**
 * The common part of everything that starts with a reduce-scatter by recursive halving: takes the given steps, after which the last
 * step's kept blocks of the returned array are combined over all ranks. `startOf` tells where a block begins.
 *
 * The first step reads `input` and writes `work`, so nothing is copied beforehand.
 */
export async function halve(
  channel: Channel,
  input: TypedArray,
  work: TypedArray,
  reducer: Reducer,
  fold: Fold,
  steps: readonly HalvingStep[],
  startOf: (block: number) => number,
): Promise<TypedArray> {
  let longest = 0;
  for (const step of steps) longest = Math.max(longest, startOf(step.keepTo) - startOf(step.keepFrom));
  const scratch = borrow(input, longest);
  let mine = input;
  for (const step of steps) {
    const partner = coreRank(fold, step.partner);
    const keepFrom = startOf(step.keepFrom);
    const keepTo = startOf(step.keepTo);
    const give = mine.subarray(startOf(step.giveFrom), startOf(step.giveTo));
    const theirs = scratch.subarray(0, keepTo - keepFrom);
    const met = channel.exchange(give, partner, theirs, partner);
    if (met) await met;
    const ours = mine.subarray(keepFrom, keepTo);
    const into = work.subarray(keepFrom, keepTo);
    if (partner < channel.rank) reducer.combine(theirs, ours, into);
    else reducer.combine(ours, theirs, into);
    mine = work;
  }
  giveBack(scratch);
  return mine;
}
