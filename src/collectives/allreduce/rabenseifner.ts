import type { TypedArray } from '../../wire/dtype.ts';
import type { Channel } from '../channel.ts';
import type { Reducer } from '../kernels/reducer.ts';
import { halve } from '../reduceScatter/halve.ts';
import { borrow, giveBack } from '../scratch.ts';
import { blockStart } from '../shapes/blocks.ts';
import { coreIndex, coreRank, foldOf, isPair } from '../shapes/fold.ts';
import { halvingNearFirst } from '../shapes/halving.ts';

/**
 * Rabenseifner's allreduce (2004): a reduce-scatter by recursive halving, then an allgather by recursive doubling back along the same
 * steps. Near partners come first, so neighbouring blocks are combined and the operand order is kept.
 *
 * Cost: 2 log2 p alpha + 2 n beta (p - 1) / p + n gamma (p - 1) / p, plus 2 (alpha + n beta) where p is no power of two.
 * For long vectors.
 */
export async function rabenseifner(
  channel: Channel,
  input: TypedArray,
  work: TypedArray,
  reducer: Reducer,
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
  if (isPair(fold, index)) {
    const theirs = borrow(input, input.length);
    const joined = channel.recv(theirs, rank + 1);
    if (joined) await joined;
    reducer.combine(mine, theirs, work);
    giveBack(theirs);
    mine = work;
  }
  const steps = halvingNearFirst(index, fold.core);
  const startOf = (block: number) => blockStart(block, fold.core, input.length, reducer.grain);
  await halve(channel, mine, work, reducer, fold, steps, startOf);
  for (const step of steps.reverse()) {
    const partner = coreRank(fold, step.partner);
    const ours = work.subarray(startOf(step.keepFrom), startOf(step.keepTo));
    const theirs = work.subarray(startOf(step.giveFrom), startOf(step.giveTo));
    const met = channel.exchange(ours, partner, theirs, partner);
    if (met) await met;
  }
  if (isPair(fold, index)) {
    const returned = channel.send(work, rank + 1);
    if (returned) await returned;
  }
}
