import type { TypedArray } from '../../wire/dtype.ts';
import type { CallChannel } from '../channel.ts';
import type { Reducer } from '../kernels/reducer.ts';
import { levelsOf } from '../levels/levels.ts';
import { borrow, giveBack } from '../scratch.ts';
import { binomial } from './binomial.ts';
import { chain } from './chain.ts';

/** Between the leaders, longer vectors go through all of them in pieces. */
const TREE_BYTES = 1024 * 1024;

/**
 * Reduce in two levels: each host at its leader, then the leaders' at the root, which leads its own host. Operands keep their order where
 * each host's ranks follow one on another.
 *
 * Cost: ceil(log2 h) (alpha + n beta) between h hosts, for long vectors (h - 1 + n / s) (alpha + s beta), and that of a reduce within them.
 */
export async function twoLevel(
  channel: CallChannel,
  input: TypedArray,
  work: TypedArray | undefined,
  reducer: Reducer,
  root: number,
  commutative: boolean,
  segment: number,
): Promise<void> {
  const { near, far, home } = await levelsOf(channel, root);
  const borrowed = far !== undefined && work === undefined ? borrow(input, input.length) : undefined;
  const partial = await near.reduce(input, work ?? borrowed, reducer, commutative, segment);
  if (far !== undefined && far.size > 1) {
    const run = input.byteLength <= TREE_BYTES ? binomial : chain;
    await run(far, partial, work, reducer, home, commutative, segment);
  }
  if (borrowed !== undefined) giveBack(borrowed);
}
