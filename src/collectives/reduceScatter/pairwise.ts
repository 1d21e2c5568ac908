import type { TypedArray } from '../../wire/dtype.ts';
import type { Channel } from '../channel.ts';
import type { Reducer } from '../kernels/reducer.ts';
import { borrow, copyInto, giveBack } from '../scratch.ts';
import { around } from '../shapes/ring.ts';

/**
 * Pairwise exchange reduce-scatter: in step k every rank sends to the one k places up the ring that one's part, and combines what
 * comes from k places down into its own. Operands are rotated: commutative operators only.
 *
 * Cost: (p - 1) alpha + n beta (p - 1) / p + n gamma (p - 1) / p for any p, with one part of scratch memory. For long vectors.
 */
export async function pairwise(
  channel: Channel,
  input: TypedArray,
  work: TypedArray,
  reducer: Reducer,
  offsets: readonly number[],
): Promise<void> {
  const { rank, size } = channel;
  const scratch = borrow(input, work.length);
  copyInto(work, input.subarray(offsets[rank], offsets[rank + 1]));
  for (let step = 1; step < size; step++) {
    const up = around(rank, step, size);
    const theirs = input.subarray(offsets[up], offsets[up + 1]);
    const met = channel.exchange(theirs, up, scratch, around(rank, -step, size));
    if (met) await met;
    reducer.combine(scratch, work, work);
  }
  giveBack(scratch);
}
