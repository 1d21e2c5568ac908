import type { TypedArray } from '../../wire/dtype.ts';
import type { Channel } from '../channel.ts';
import type { Reducer } from '../kernels/reducer.ts';
import { DEPTH, pipeline } from '../pipeline.ts';
import { borrow, copyInto, giveBack } from '../scratch.ts';

/**
 * Pipelined linear exscan: the prefix that arrives is the result; with the rank's own operand behind it, it goes on.
 *
 * Cost: (p - 1 + n / s) (alpha + s beta + s gamma) for pieces of s. For long vectors. Keeps the operand order.
 */
export async function chain(
  channel: Channel,
  input: TypedArray,
  work: TypedArray,
  reducer: Reducer,
  segment: number,
): Promise<void> {
  const { rank, size } = channel;
  const count = input.length;
  const stride = Math.min(count, segment);
  const arrived = borrow(input, rank > 0 ? stride * DEPTH : 0);
  const leaving = borrow(input, rank > 0 ? stride * DEPTH : 0);

  const pieceOf = (array: TypedArray, piece: number) =>
    array.subarray(piece * segment, Math.min(count, (piece + 1) * segment));
  const slotFor = (array: TypedArray, piece: number) => {
    const start = (piece % DEPTH) * stride;
    return array.subarray(start, start + Math.min(segment, count - piece * segment));
  };
  await pipeline(
    Math.max(1, Math.ceil(count / segment)),
    (piece) => (rank > 0 ? channel.recv(slotFor(arrived, piece), rank - 1) : undefined),
    (piece) => {
      if (rank === 0) return channel.send(pieceOf(input, piece), 1);
      const prefix = slotFor(arrived, piece);
      const passed = slotFor(leaving, piece);
      // In place, `work` is `input`: read it before it is written.
      if (rank + 1 < size) reducer.combine(prefix, pieceOf(input, piece), passed);
      copyInto(pieceOf(work, piece), prefix);
      return rank + 1 < size ? channel.send(passed, rank + 1) : undefined;
    },
  );
  giveBack(arrived);
  giveBack(leaving);
}
