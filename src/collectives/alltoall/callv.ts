import { dtypeOf } from '../../wire/dtype.ts';
import { checkOut, encode } from '../../wire/value.ts';
import { checkCounts, checkDispls, checkFlat, checkPlacement } from '../arguments.ts';
import type { AlltoallvOptions, CollectiveContext } from '../context.ts';
import { fingerprintOf } from '../fingerprint.ts';
import { flatInbox, placeIn } from '../inbox.ts';
import { privateFrom } from '../outgoing.ts';
import { type Plan, whileViewOf } from '../plan.ts';
import { choose } from '../selection.ts';
import { swap } from './swap.ts';

const NAMES = { counts: 'sendCounts', displs: 'sendDispls' };

/**
 * Gives `sendCounts[i]` elements of a flat array to rank i, from `sendDispls[i]` on, and returns in one flat array what the ranks have
 * given to this one, that of rank i at `recvDispls[i]` (MPI 4.1, 6.8). Displacements left out: one behind the other.
 *
 * @throws MpiError ERR_TYPE, ERR_BUFFER, ERR_COUNT, ERR_ARG; ERR_TRUNCATE where the result does not fit `out`; ERR_MISMATCH where
 *   `recvCounts` is not what the ranks have sent.
 */
export function alltoallv<A>(
  context: CollectiveContext,
  array: A,
  sendCounts: readonly number[],
  options: AlltoallvOptions = {},
): Plan<A> {
  const { size } = context;
  const { out, recvCounts: counts, recvDispls: displs } = options;
  const whole: unknown = array;
  checkFlat(whole, 'alltoallv');
  const sent = checkPlacement(whole, sendCounts, options.sendDispls, size, 'alltoallv', NAMES);
  if (out !== undefined) checkOut(out, 'alltoallv');
  if (counts !== undefined) checkCounts(counts, size, 'alltoallv', 'recvCounts');
  checkDispls(displs, size, 'alltoallv', 'recvDispls');
  const packets = Array.from(sent.counts, (count, dest) => {
    const start = sent.displs[dest] ?? 0;
    return privateFrom(out, encode(whole.subarray(start, start + count), 'alltoallv'));
  });
  const dtype = dtypeOf(whole);
  const choice = choose(context, 'alltoallv', options.algorithm);
  const fingerprint = fingerprintOf('alltoallv', { algorithm: choice.code, dtype });
  const inboxOf = flatInbox({ call: 'alltoallv', dtype, out, counts, displs });
  const place = counts && placeIn(out, packets[context.rank]!, counts, displs);
  const one = { choice, exchange: { leaving: packets, inboxOf, lends: true, alike: undefined }, place };
  return {
    lasting: whileViewOf(whole, packets),
    start: () => swap(context, context.open(fingerprint), one) as A | Promise<A>,
  };
}
