import type { TypedArray } from '../../wire/dtype.ts';
import type { Channel } from '../channel.ts';
import type { Reducer } from '../kernels/reducer.ts';
import { DEPTH, pipeline } from '../pipeline.ts';
import { borrow, copyInto, giveBack } from '../scratch.ts';

/**
 * Pipelined linear scan: every rank takes the prefix of the rank below it, adds its own and passes it up, piece by piece.
 *
 * Cost: (p - 1 + n / s) (alpha + s beta + s gamma) for pieces of s. For long vectors: every element crosses each link once, is
 * combined once a rank. Keeps the operand order.
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
  const pieces = Math.max(1, Math.ceil(count / segment));
  const scratch = rank === 0 ? work : borrow(input, Math.min(count, segment) * DEPTH);
  if (rank === 0) copyInto(work, input);

  const pieceOf = (array: TypedArray, piece: number) =>
    array.subarray(piece * segment, Math.min(count, (piece + 1) * segment));
  const slotFor = (piece: number) => {
    const start = (piece % DEPTH) * Math.min(count, segment);
    return scratch.subarray(start, start + Math.min(segment, count - piece * segment));
  };
  await pipeline(
    pieces,
    (piece) => (rank > 0 ? channel.recv(slotFor(piece), rank - 1) : undefined),
    (piece) => {
      const into = pieceOf(work, piece);
      if (rank > 0) reducer.combine(slotFor(piece), pieceOf(input, piece), into);
      return rank + 1 < size ? channel.send(into, rank + 1) : undefined;
    },
  );
  if (rank > 0) giveBack(scratch);
}
