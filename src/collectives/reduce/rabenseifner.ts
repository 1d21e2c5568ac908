import type { TypedArray } from '../../wire/dtype.ts';
import type { Channel, Wait } from '../channel.ts';
import type { Reducer } from '../kernels/reducer.ts';
import { halve } from '../reduceScatter/halve.ts';
import { borrow, giveBack } from '../scratch.ts';
import { blockStart } from '../shapes/blocks.ts';
import { coreIndex, coreRank, foldOf, isPair } from '../shapes/fold.ts';
import { halvingNearFirst } from '../shapes/halving.ts';
import { all, guarded } from '../waits.ts';

/**
 * Rabenseifner's reduce (2004): a reduce-scatter by recursive halving, near partners first, which keeps the operand order; then every
 * rank of the core sends its finished block straight to the root.
 *
 * Cost: log2 p alpha + n beta (p - 1) / p + n gamma (p - 1) / p, and p alpha + n beta at the root. For long vectors.
 */
export async function rabenseifner(
  channel: Channel,
  input: TypedArray,
  work: TypedArray | undefined,
  reducer: Reducer,
  root: number,
): Promise<void> {
  const { rank, size } = channel;
  const fold = foldOf(size);
  const index = coreIndex(fold, rank);
  const startOf = (block: number) => blockStart(block, fold.core, input.length, reducer.grain);
  if (index < 0) {
    const handed = channel.send(input, rank - 1);
    if (handed) await handed;
  } else {
    const result = work ?? borrow(input, input.length);
    let mine = input;
    if (isPair(fold, index)) {
      const theirs = borrow(input, input.length);
      const joined = channel.recv(theirs, rank + 1);
      if (joined) await joined;
      reducer.combine(mine, theirs, result);
      giveBack(theirs);
      mine = result;
    }
    const steps = halvingNearFirst(index, fold.core);
    await halve(channel, mine, result, reducer, fold, steps, startOf);
    if (rank !== root) {
      const finished = finishedBlock(index, fold.core);
      const passed = channel.send(result.subarray(startOf(finished), startOf(finished + 1)), root);
      if (passed) await passed;
    }
    if (result !== work) giveBack(result);
  }

  if (rank !== root || work === undefined) return;
  const arriving: Wait[] = [];
  for (let other = 0; other < fold.core; other++) {
    if (other === index) continue;
    const block = finishedBlock(other, fold.core);
    arriving.push(guarded(channel.recv(work.subarray(startOf(block), startOf(block + 1)), coreRank(fold, other))));
  }
  const done = all(arriving);
  if (done) await done;
}

/** The block that halving leaves with an index. */
function finishedBlock(index: number, core: number): number {
  return halvingNearFirst(index, core).at(-1)?.keepFrom ?? 0;
}
