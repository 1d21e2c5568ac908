import type { Packet } from '../../wire/packet.ts';
import { checkOut, encode } from '../../wire/value.ts';
import { checkCounts, checkFlat, checkPlacement, checkRoot } from '../arguments.ts';
import type { CollectiveContext, ScattervOptions } from '../context.ts';
import { fingerprintOf } from '../fingerprint.ts';
import { always, type Plan, whileViewOf } from '../plan.ts';
import { choose } from '../selection.ts';
import { distribute } from './distribute.ts';

const NAMES = { counts: 'counts', displs: 'displs' };

/**
 * Gives `counts[i]` elements of the root's flat array to rank i, from `displs[i]` on (MPI 4.1, 6.6.1). `array`, `counts` and `displs`
 * matter at the root only; `counts` of another rank may be left out, or must agree.
 *
 * @throws MpiError ERR_ROOT; ERR_TYPE, ERR_BUFFER or ERR_COUNT for what the root gives; ERR_ARG; ERR_TRUNCATE where the part does
 *   not fit `out`; ERR_MISMATCH on a rank whose own `counts` say otherwise.
 */
export function scatterv<A>(
  context: CollectiveContext,
  array: A | undefined,
  counts: readonly number[] | undefined,
  root = 0,
  options: ScattervOptions = {},
): Plan<A> {
  const { rank, size } = context;
  const { out } = options;
  checkRoot(root, size, 'scatterv');
  if (out !== undefined) checkOut(out, 'scatterv');
  let packets: Packet[] | undefined;
  if (rank === root) {
    const whole: unknown = array;
    checkFlat(whole, 'scatterv');
    const { counts: lengths, displs } = checkPlacement(whole, counts, options.displs, size, 'scatterv', NAMES);
    packets = Array.from(lengths, (count, dest) => {
      const start = displs[dest] ?? 0;
      return encode(whole.subarray(start, start + count), 'scatterv');
    });
  } else if (counts !== undefined) checkCounts(counts, size, 'scatterv', 'counts');
  const { code, run } = choose(context, 'scatterv', options.algorithm);
  const fingerprint = fingerprintOf('scatterv', { algorithm: code, root });
  const expected = counts?.[rank];
  return {
    lasting: packets === undefined ? always : whileViewOf(array, packets),
    start: async () =>
      (await distribute(context, context.open(fingerprint), run, packets, root, out, 'scatterv', expected)) as A,
  };
}
