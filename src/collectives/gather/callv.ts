import { dtypeOf } from '../../wire/dtype.ts';
import { checkOut, encode } from '../../wire/value.ts';
import { checkCounts, checkDispls, checkFlat, checkRoot } from '../arguments.ts';
import type { CollectiveContext, GathervOptions } from '../context.ts';
import { fingerprintOf } from '../fingerprint.ts';
import { flatInbox } from '../inbox.ts';
import { privateFrom } from '../outgoing.ts';
import { type Plan, whileViewOf } from '../plan.ts';
import { choose } from '../selection.ts';
import { collect } from './collect.ts';

/**
 * The flat arrays of all ranks in one at the root, undefined elsewhere (MPI 4.1, 6.5.1). `counts` and `displs` matter at the root only:
 * the part of rank i goes to `displs[i]`, where left out behind the one before. Gaps are zero, or what `out` has there.
 *
 * @throws MpiError ERR_ROOT, ERR_TYPE, ERR_BUFFER, ERR_COUNT, ERR_ARG; ERR_TRUNCATE where the result does not fit `out`;
 *   ERR_MISMATCH where `counts` is not what the ranks have sent.
 */
export function gatherv<A>(
  context: CollectiveContext,
  array: A,
  root = 0,
  options: GathervOptions = {},
): Plan<A | undefined> {
  const { rank, size } = context;
  const { out, counts, displs } = options;
  checkRoot(root, size, 'gatherv');
  const part: unknown = array;
  checkFlat(part, 'gatherv');
  if (out !== undefined) checkOut(out, 'gatherv');
  if (rank === root && counts !== undefined) checkCounts(counts, size, 'gatherv', 'counts');
  if (rank === root) checkDispls(displs, size, 'gatherv', 'displs');
  const dtype = dtypeOf(part);
  const own = privateFrom(out, encode(part, 'gatherv'));
  const { code, run } = choose(context, 'gatherv', options.algorithm);
  const fingerprint = fingerprintOf('gatherv', { algorithm: code, dtype, root });
  const inboxOf = flatInbox({ call: 'gatherv', dtype, out, counts, displs });
  return {
    lasting: whileViewOf(part, [own]),
    start: async () => (await collect(context, context.open(fingerprint), run, own, root, inboxOf)) as A | undefined,
  };
}
