import { dtypeOf } from '../../wire/dtype.ts';
import { checkOut, encode } from '../../wire/value.ts';
import { checkCounts, checkDispls, checkFlat } from '../arguments.ts';
import { Alike } from '../board/alike.ts';
import type { CollectiveContext, GathervOptions } from '../context.ts';
import { fingerprintOf } from '../fingerprint.ts';
import { flatInbox, placeIn } from '../inbox.ts';
import { privateFrom } from '../outgoing.ts';
import { type Plan, whileOut, whileViewOf } from '../plan.ts';
import { choose } from '../selection.ts';
import { share } from './share.ts';

/**
 * The flat arrays of all ranks in one, on every rank (MPI 4.1, 6.7). The part of rank i goes to `displs[i]`, where left out behind the
 * one before. Gaps are zero, or what `out` has there.
 *
 * @throws MpiError ERR_TYPE, ERR_BUFFER, ERR_COUNT, ERR_ARG; ERR_TRUNCATE where the result does not fit `out`; ERR_MISMATCH where
 *   `counts` is not what the ranks have sent.
 */
export function allgatherv<A>(context: CollectiveContext, array: A, options: GathervOptions = {}): Plan<A> {
  const { size } = context;
  const { out, counts, displs } = options;
  const part: unknown = array;
  checkFlat(part, 'allgatherv');
  if (out !== undefined) checkOut(out, 'allgatherv');
  if (counts !== undefined) {
    checkCounts(counts, size, 'allgatherv', 'counts');
  }
  checkDispls(displs, size, 'allgatherv', 'displs');
  const dtype = dtypeOf(part);
  const own = privateFrom(out, encode(part, 'allgatherv'));
  const choice = choose(context, 'allgatherv', options.algorithm);
  const fingerprint = fingerprintOf('allgatherv', { algorithm: choice.code, dtype });
  const inboxOf = flatInbox({ call: 'allgatherv', dtype, out, counts, displs });
  const leaving = [own];
  const packed = displs === undefined && (counts?.every((count) => count === part.length) ?? true);
  const alike = packed ? Alike.of(leaving, context.rank, size, out) : undefined;
  const place = counts && placeIn(out, own, counts, displs);
  const sharing = { choice, exchange: { leaving, inboxOf, lends: true, alike }, place };
  const views = whileViewOf(part, [own]);
  const stays = whileOut(out);
  return {
    lasting: () => views() && stays(),
    start: () => share(context, context.open(fingerprint), sharing) as A | Promise<A>,
  };
}
