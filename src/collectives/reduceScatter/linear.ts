import type { TypedArray } from '../../wire/dtype.ts';
import type { Channel, Wait } from '../channel.ts';
import type { Reducer } from '../kernels/reducer.ts';
import { borrow, copyInto, giveBack } from '../scratch.ts';
import { all, guarded } from '../waits.ts';

/**
 * Linear reduce-scatter: every rank sends each other one its part at once, and combines what it gets in rank order.
 *
 * Cost: (p - 1) alpha + n beta (p - 1) / p + n gamma (p - 1) / p, less evenly spread over the links than `pairwise`. For
 * operators that do not commute.
 */
export async function linear(
  channel: Channel,
  input: TypedArray,
  work: TypedArray,
  reducer: Reducer,
  offsets: readonly number[],
): Promise<void> {
  const { rank, size } = channel;
  const leaving: Wait[] = [];
  for (let other = 0; other < size; other++) {
    if (other !== rank) leaving.push(guarded(channel.send(input.subarray(offsets[other], offsets[other + 1]), other)));
  }
  const sent = all(leaving);
  const scratch = borrow(input, work.length);
  for (let source = 0; source < size; source++) {
    const ours = input.subarray(offsets[rank], offsets[rank + 1]);
    const theirs = source === rank ? ours : source === 0 ? work : scratch;
    if (source !== rank) {
      const arrived = channel.recv(theirs, source);
      if (arrived) await arrived;
    }
    if (source > 0) reducer.combine(work, theirs, work);
    else if (source === rank) copyInto(work, ours);
  }
  giveBack(scratch);
  if (sent) await sent;
}
