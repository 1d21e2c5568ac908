import type { TypedArray } from '../../wire/dtype.ts';
import type { Channel, Wait } from '../channel.ts';
import type { Reducer } from '../kernels/reducer.ts';
import { DEPTH, pipeline } from '../pipeline.ts';
import { borrow, giveBack } from '../scratch.ts';
import { absoluteRank, relativeRank } from '../shapes/binomial.ts';
import { guarded } from '../waits.ts';

/**
 * Pipelined chain reduce: the vector runs from the last rank down to the first, piece by piece; every rank puts its own operand on
 * the left of what arrives.
 *
 * The chain ends at the root where the operator commutes. Where it does not, it ends at rank 0, which passes each piece on to the root.
 *
 * Cost: (p - 1 + n / s) (alpha + s beta + s gamma) for pieces of s: next to n beta for long vectors and few ranks.
 */
export async function chain(
  channel: Channel,
  input: TypedArray,
  work: TypedArray | undefined,
  reducer: Reducer,
  root: number,
  commutative: boolean,
  segment: number,
): Promise<void> {
  const { rank, size } = channel;
  const end = commutative ? root : 0;
  const place = relativeRank(rank, end, size);
  const count = input.length;
  const stride = Math.min(count, segment);
  const pieces = Math.max(1, Math.ceil(count / segment));
  const last = place === size - 1;
  const arrived = borrow(input, last ? 0 : stride * DEPTH);
  const leaving = last ? input : borrow(input, stride * DEPTH);

  const pieceOf = (array: TypedArray, piece: number) =>
    array.subarray(piece * segment, Math.min(count, (piece + 1) * segment));
  const slotFor = (array: TypedArray, piece: number) => {
    const start = (piece % DEPTH) * stride;
    return array.subarray(start, start + Math.min(segment, count - piece * segment));
  };
  const next = place > 0 ? absoluteRank(place - 1, end, size) : root;
  const previous = absoluteRank(Math.min(place + 1, size - 1), end, size);
  // The end of the chain is the root, or hands the result over to it.
  const keeps = rank === root && end === root && work !== undefined;
  // At the same time as the rest: a root that took the result only after its own part would hold up the chain that makes it.
  // In place this is safe, for no piece of the result comes before the same piece of the operand has gone.
  const handedOver =
    rank !== root || keeps || work === undefined ? undefined : takeOver(channel, work, pieces, pieceOf, end);
  await pipeline(
    pieces,
    (piece) => (last ? undefined : channel.recv(slotFor(arrived, piece), previous)),
    (piece) => {
      if (last) return channel.send(pieceOf(input, piece), next);
      const into = keeps ? pieceOf(work, piece) : slotFor(leaving, piece);
      reducer.combine(pieceOf(input, piece), slotFor(arrived, piece), into);
      return keeps ? undefined : channel.send(into, next);
    },
  );
  giveBack(arrived);
  if (!last) giveBack(leaving);
  if (handedOver) await handedOver;
}

/** Receives the result from the end of the chain. */
function takeOver(
  channel: Channel,
  work: TypedArray,
  pieces: number,
  pieceOf: (array: TypedArray, piece: number) => TypedArray,
  end: number,
): Wait {
  const receive = (piece: number) => channel.recv(pieceOf(work, piece), end);
  return guarded(pipeline(pieces, receive, () => undefined));
}
