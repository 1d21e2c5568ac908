import { bundle, unbundle } from '../../wire/bundle.ts';
import { dtypeOf } from '../../wire/dtype.ts';
import type { Packet } from '../../wire/packet.ts';
import { checkOut, encode } from '../../wire/value.ts';
import { checkCounts, checkDispls, checkFlat } from '../arguments.ts';
import { binomial as broadcast } from '../bcast/binomial.ts';
import type { CollectiveOptions, GathervOptions } from '../context.ts';
import { binomial as collect } from '../gather/binomial.ts';
import { type InboxOf, inboxFor } from '../inbox.ts';
import { checkNoAlgorithm } from '../neighbors/neighborhood.ts';
import { type Channels, type InterContext, openBoth } from './context.ts';
import { partsInbox } from './inbox.ts';

/** None of the packets is this rank's own. */
const NONE = -1;
const EACH = 'rank of the other group';

/**
 * The values of all ranks of the other group, by rank, on every rank (MPI 4.1, 6.7). `out` as in the call within one group.
 *
 * @throws MpiError ERR_TYPE, ERR_BUFFER, ERR_ARG; ERR_TRUNCATE where the values do not fit `out`.
 */
export async function allgather<T>(context: InterContext, value: T, options: CollectiveOptions = {}): Promise<T[]> {
  checkNoAlgorithm('allgather', options);
  const inboxOf = inboxFor('allgather', options.out);
  const own = encode(value, 'allgather');
  return (await share(context, openBoth(context, 'allgather', {}), own, inboxOf)) as T[];
}

/**
 * The flat arrays of all ranks of the other group in one, on every rank (MPI 4.1, 6.7). The groups may give elements of different kinds.
 *
 * @throws MpiError ERR_TYPE, ERR_BUFFER, ERR_COUNT, ERR_ARG; ERR_TRUNCATE where the result does not fit `out`; ERR_MISMATCH where
 *   `counts` is not what the ranks have sent.
 */
export async function allgatherv<A>(context: InterContext, array: A, options: GathervOptions = {}): Promise<A> {
  const { out, counts, displs } = options;
  const { size } = context.bridge;
  const part: unknown = array;
  checkNoAlgorithm('allgatherv', options);
  checkFlat(part, 'allgatherv');
  if (out !== undefined) checkOut(out, 'allgatherv');
  if (counts !== undefined) checkCounts(counts, size, 'allgatherv', 'counts', EACH);
  checkDispls(displs, size, 'allgatherv', 'displs', EACH);
  const own = encode(part, 'allgatherv');
  const channels = openBoth(context, 'allgatherv', {}, { dtype: dtypeOf(part) });
  return (await share(context, channels, own, partsInbox('allgatherv', { out, counts, displs }))) as A;
}

/**
 * Each group bundles its packets at its rank 0, the two swap their bundles, and give them to everybody.
 *
 * Cost: 2 ceil(log2 p) + 1 alpha, and ceil(log2 p) + 2 times the bytes of a group.
 */
async function share(
  context: InterContext,
  { local, bridge }: Channels,
  own: Packet,
  inboxOf: InboxOf,
): Promise<unknown> {
  const ours = await collect(local, own, 0);
  const theirs = ours && (await bridge.exchangePacket(bundle(ours), 0, 0));
  const packets = unbundle(await broadcast(local, theirs, 0));
  const inbox = inboxOf(packets, NONE);
  context.bridge.close(bridge);
  return inbox.finish();
}
