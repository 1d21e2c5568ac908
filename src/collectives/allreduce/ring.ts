import type { TypedArray } from '../../wire/dtype.ts';
import type { Channel } from '../channel.ts';
import type { Reducer } from '../kernels/reducer.ts';
import { borrow, giveBack } from '../scratch.ts';
import { blockStart } from '../shapes/blocks.ts';
import { around } from '../shapes/ring.ts';

/**
 * Ring allreduce (Patarasuk, Yuan 2009): p blocks travel round the ring, each gathering one operand a hop; a second round hands out
 * the finished blocks. Every block is finished on one rank only, so all get the same bits; but it starts at its own place
 * of the ring, so the operands are rotated: commutative operators only.
 *
 * Cost: 2 (p - 1) alpha + 2 n beta (p - 1) / p + n gamma (p - 1) / p for any p. For long vectors where p is no power of two.
 */
export async function ring(channel: Channel, input: TypedArray, work: TypedArray, reducer: Reducer): Promise<void> {
  const { rank, size } = channel;
  const up = around(rank, 1, size);
  const down = around(rank, -1, size);
  const startOf = (block: number) => blockStart(block, size, input.length, reducer.grain);
  const blockOf = (array: TypedArray, block: number) => array.subarray(startOf(block), startOf(block + 1));
  let longest = 0;
  for (let block = 0; block < size; block++) longest = Math.max(longest, startOf(block + 1) - startOf(block));
  const scratch = borrow(input, longest);

  let leaving = blockOf(input, rank);
  for (let hop = 1; hop < size; hop++) {
    const block = around(rank, -hop, size);
    const ours = blockOf(input, block);
    const theirs = ours.length === longest ? scratch : scratch.subarray(0, ours.length);
    const met = channel.exchange(leaving, up, theirs, down);
    if (met) await met;
    leaving = blockOf(work, block);
    reducer.combine(theirs, ours, leaving);
  }
  giveBack(scratch);
  for (let hop = 0; hop < size - 1; hop++) {
    const arriving = blockOf(work, around(rank, -hop, size));
    const met = channel.exchange(leaving, up, arriving, down);
    if (met) await met;
    leaving = arriving;
  }
}
