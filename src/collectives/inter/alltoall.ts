import { dtypeOf } from '../../wire/dtype.ts';
import { checkOut, encode } from '../../wire/value.ts';
import { checkCounts, checkDispls, checkFlat, checkPlacement, checkValues } from '../arguments.ts';
import type { AlltoallvOptions, CollectiveOptions } from '../context.ts';
import { inboxFor } from '../inbox.ts';
import { checkNoAlgorithm } from '../neighbors/neighborhood.ts';
import { privateFrom } from '../outgoing.ts';
import { type InterContext, openBoth } from './context.ts';
import { direct, everybody } from './direct.ts';
import { partsInbox } from './inbox.ts';
import { partsOf } from './scatter.ts';

const EACH = 'rank of the other group';
const NAMES = { counts: 'sendCounts', displs: 'sendDispls', each: EACH };

/**
 * Gives `values[i]` to rank i of the other group and returns what its ranks have given to this one, by rank (MPI 4.1, 6.8).
 *
 * @throws MpiError ERR_COUNT unless there is one value for each rank of the other group; ERR_TYPE, ERR_BUFFER, ERR_ARG; ERR_TRUNCATE
 *   where the values do not fit `out`.
 */
export async function alltoall<T>(
  context: InterContext,
  values: readonly T[],
  options: CollectiveOptions = {},
): Promise<T[]> {
  const { out } = options;
  checkNoAlgorithm('alltoall', options);
  checkValues(values, context.bridge.size, 'alltoall', EACH);
  const inboxOf = inboxFor('alltoall', out);
  const packets = values.map((value) => privateFrom(out, encode(value, 'alltoall')));
  const { bridge } = openBoth(context, 'alltoall', {});
  const ranks = everybody(context);
  return (await direct(context, bridge, { sources: ranks, destinations: ranks, packets, inboxOf })) as T[];
}

/**
 * Gives `sendCounts[i]` elements of a flat array to rank i of the other group and returns in one flat array what its ranks have given to
 * this one (MPI 4.1, 6.8). The groups may give elements of different kinds.
 *
 * @throws MpiError ERR_TYPE, ERR_BUFFER, ERR_COUNT, ERR_ARG; ERR_TRUNCATE where the result does not fit `out`; ERR_MISMATCH where
 *   `recvCounts` is not what the ranks have sent, or they have sent elements of different kinds.
 */
export async function alltoallv<A>(
  context: InterContext,
  array: A,
  sendCounts: readonly number[],
  options: AlltoallvOptions = {},
): Promise<A> {
  const { size } = context.bridge;
  const { out, recvCounts: counts, recvDispls: displs } = options;
  const whole: unknown = array;
  checkNoAlgorithm('alltoallv', options);
  checkFlat(whole, 'alltoallv');
  const sent = checkPlacement(whole, sendCounts, options.sendDispls, size, 'alltoallv', NAMES);
  if (out !== undefined) checkOut(out, 'alltoallv');
  if (counts !== undefined) checkCounts(counts, size, 'alltoallv', 'recvCounts', EACH);
  checkDispls(displs, size, 'alltoallv', 'recvDispls', EACH);
  const packets = partsOf(whole, sent.counts, sent.displs, 'alltoallv').map((packet) => privateFrom(out, packet));
  const { bridge } = openBoth(context, 'alltoallv', {}, { dtype: dtypeOf(whole) });
  const ranks = everybody(context);
  const inboxOf = partsInbox('alltoallv', { out, counts, displs });
  return (await direct(context, bridge, { sources: ranks, destinations: ranks, packets, inboxOf })) as A;
}
