import type { TypedArray } from '../../wire/dtype.ts';
import { segmentsOf } from '../../wire/memory.ts';
import type { CallChannel, Channel, Wait } from '../channel.ts';
import type { Reducer } from '../kernels/reducer.ts';
import { levelsOf } from '../levels/levels.ts';
import { guarded } from '../waits.ts';
import { rabenseifner } from './rabenseifner.ts';
import { recursiveDoubling } from './recursiveDoubling.ts';
import { ring } from './ring.ts';

/** Longer vectors are reduced in parts, one for each leader. */
const DOUBLING_BYTES = 64 * 1024;
/** Each leader's part of a piece has so many segments. */
const PART_SEGMENTS = 2;

/**
 * Allreduce in two levels: each host at its leader, an allreduce of the leaders, and from them to their hosts. Long vectors go in pieces:
 * one is between the hosts while the next is reduced within them. The leaders get the same bits, and give them to all others.
 *
 * Cost: ceil(log2 h) (alpha + n beta) between h hosts, for long vectors 2 n beta (h - 1) / h, and that of a reduce and a bcast within them.
 */
export async function twoLevel(
  channel: CallChannel,
  input: TypedArray,
  work: TypedArray,
  reducer: Reducer,
  segment: number,
  commutative: boolean,
): Promise<void> {
  const { near, far } = await levelsOf(channel);
  const most = segment * PART_SEGMENTS * channel.hosts.count;
  const spread = (piece: TypedArray) => near.spread(segmentsOf(piece), segment * piece.BYTES_PER_ELEMENT);
  let crossing: Wait;
  let waiting: TypedArray | undefined;
  for (let start = 0; start === 0 || start < input.length; start += most) {
    const piece = work.subarray(start, start + most);
    const mine = input.subarray(start, start + most);
    const partial = await near.reduce(mine, far && piece, reducer, commutative, segment);
    const before = crossing;
    crossing = far && guarded(cross(before, far, partial, piece, reducer, commutative));
    if (waiting !== undefined) {
      await before;
      await spread(waiting);
    }
    waiting = piece;
  }
  await crossing;
  if (waiting !== undefined) await spread(waiting);
}

/** The leaders' part, once that of the piece before is done. */
async function cross(
  before: Wait,
  far: Channel,
  partial: TypedArray,
  work: TypedArray,
  reducer: Reducer,
  commutative: boolean,
): Promise<void> {
  if (before) await before;
  const { size } = far;
  if (size === 1) return;
  if (work.byteLength <= DOUBLING_BYTES) await recursiveDoubling(far, partial, work, reducer);
  else if (commutative && (size & (size - 1)) !== 0) await ring(far, partial, work, reducer);
  else await rabenseifner(far, partial, work, reducer);
}
