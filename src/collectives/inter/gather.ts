import { dtypeOf } from '../../wire/dtype.ts';
import type { Packet } from '../../wire/packet.ts';
import { checkOut, encode } from '../../wire/value.ts';
import { checkCounts, checkDispls, checkFlat } from '../arguments.ts';
import type { CollectiveOptions, GathervOptions } from '../context.ts';
import { type InboxOf, inboxFor } from '../inbox.ts';
import { checkNoAlgorithm } from '../neighbors/neighborhood.ts';
import { type InterContext, openBoth } from './context.ts';
import { direct, everybody } from './direct.ts';
import { partsInbox } from './inbox.ts';
import { type Role, roleOf } from './root.ts';

const EACH = 'rank of the other group';

/**
 * The values of all ranks of the other group, by rank, at the root; `undefined` elsewhere (MPI 4.1, 6.5). In the root's group `value` is
 * not looked at. `out` as in the call within one group.
 *
 * @throws MpiError ERR_ROOT, ERR_TYPE, ERR_BUFFER, ERR_ARG; ERR_TRUNCATE where the values do not fit `out`.
 */
export async function gather<T>(
  context: InterContext,
  value: T | undefined,
  root: number,
  options: CollectiveOptions = {},
): Promise<T[] | undefined> {
  checkNoAlgorithm('gather', options);
  const role = roleOf(context, root, 'gather');
  const own = role.as === 'partner' ? encode(value, 'gather') : undefined;
  const inboxOf = inboxFor('gather', role.as === 'root' ? options.out : undefined);
  return (await collect(context, 'gather', role, own, inboxOf)) as T[] | undefined;
}

/**
 * The flat arrays of all ranks of the other group in one at the root; `undefined` elsewhere (MPI 4.1, 6.5.1). In the root's group `array`
 * is not looked at; `counts` and `displs` matter at the root only.
 *
 * @throws MpiError ERR_ROOT, ERR_TYPE, ERR_BUFFER, ERR_COUNT, ERR_ARG; ERR_TRUNCATE where the result does not fit `out`; ERR_MISMATCH
 *   where `counts` is not what the ranks have sent, or they have sent elements of different kinds.
 */
export async function gatherv<A>(
  context: InterContext,
  array: A | undefined,
  root: number,
  options: GathervOptions = {},
): Promise<A | undefined> {
  const { out, counts, displs } = options;
  checkNoAlgorithm('gatherv', options);
  const role = roleOf(context, root, 'gatherv');
  let own: Packet | undefined;
  let dtype = 0;
  if (role.as === 'partner') {
    const part: unknown = array;
    checkFlat(part, 'gatherv');
    own = encode(part, 'gatherv');
    dtype = dtypeOf(part);
  } else if (role.as === 'root') {
    if (out !== undefined) checkOut(out, 'gatherv');
    if (counts !== undefined) checkCounts(counts, context.bridge.size, 'gatherv', 'counts', EACH);
    checkDispls(displs, context.bridge.size, 'gatherv', 'displs', EACH);
  }
  return (await collect(context, 'gatherv', role, own, partsInbox('gatherv', { out, counts, displs }), dtype)) as
    | A
    | undefined;
}

/** Straight to the root. Cost: alpha for the others, p alpha + n beta for the root, for n bytes of p ranks. */
async function collect(
  context: InterContext,
  call: 'gather' | 'gatherv',
  role: Role,
  own: Packet | undefined,
  inboxOf: InboxOf,
  dtype = 0,
): Promise<unknown> {
  const { bridge } = openBoth(context, call, { root: role.code, dtype });
  const destinations = own === undefined ? [] : [role.root];
  const packets = own === undefined ? [] : [own];
  if (role.as === 'root') {
    return direct(context, bridge, { sources: everybody(context), destinations, packets, inboxOf });
  }
  await direct(context, bridge, { sources: [], destinations, packets, inboxOf: inboxFor(call, undefined) });
  return undefined;
}
