import { countsDiffer } from '../../errors.ts';
import type { TypedArray } from '../../wire/dtype.ts';
import type { Packet } from '../../wire/packet.ts';
import { checkOut, decode, elementCount, encode } from '../../wire/value.ts';
import { checkCounts, checkFlat, checkPlacement, checkValues } from '../arguments.ts';
import type { CollectiveOptions, ScattervOptions } from '../context.ts';
import { checkNoAlgorithm } from '../neighbors/neighborhood.ts';
import { type InterContext, openBoth } from './context.ts';
import { sendToAll } from './direct.ts';
import { type Role, roleOf } from './root.ts';

const EACH = 'rank of the other group';
const NAMES = { counts: 'counts', displs: 'displs', each: EACH };

/**
 * Gives `values[i]` of the root to rank i of the other group; `undefined` in its own (MPI 4.1, 6.6).
 *
 * @throws MpiError ERR_ROOT; ERR_COUNT unless the root has one value for each rank of the other group; ERR_TYPE, ERR_BUFFER, ERR_ARG;
 *   ERR_TRUNCATE where the value does not fit `out`.
 */
export async function scatter<T>(
  context: InterContext,
  values: readonly T[] | undefined,
  root: number,
  options: CollectiveOptions = {},
): Promise<T | undefined> {
  const { out } = options;
  checkNoAlgorithm('scatter', options);
  const role = roleOf(context, root, 'scatter');
  if (role.as === 'root') checkValues(values, context.bridge.size, 'scatter', EACH);
  if (role.as === 'partner' && out !== undefined) checkOut(out, 'scatter');
  const packets = role.as === 'root' ? (values ?? []).map((value) => encode(value, 'scatter')) : [];
  return (await distribute(context, 'scatter', role, packets, out)) as T | undefined;
}

/**
 * Gives `counts[i]` elements of the root's flat array to rank i of the other group, from `displs[i]` on; `undefined` in its own
 * (MPI 4.1, 6.6.1). In the other group `counts` may be left out, or must agree.
 *
 * @throws MpiError ERR_ROOT; ERR_TYPE, ERR_BUFFER or ERR_COUNT for what the root gives; ERR_ARG; ERR_TRUNCATE where the part does not
 *   fit `out`; ERR_MISMATCH on a rank whose own `counts` say otherwise.
 */
export async function scatterv<A>(
  context: InterContext,
  array: A | undefined,
  counts: readonly number[] | undefined,
  root: number,
  options: ScattervOptions = {},
): Promise<A | undefined> {
  const { bridge, local } = context;
  const { out } = options;
  checkNoAlgorithm('scatterv', options);
  const role = roleOf(context, root, 'scatterv');
  let packets: Packet[] = [];
  let expected: number | undefined;
  if (role.as === 'root') {
    const whole: unknown = array;
    checkFlat(whole, 'scatterv');
    const { counts: lengths, displs } = checkPlacement(whole, counts, options.displs, bridge.size, 'scatterv', NAMES);
    packets = partsOf(whole, lengths, displs, 'scatterv');
  } else if (role.as === 'partner') {
    if (out !== undefined) checkOut(out, 'scatterv');
    if (counts !== undefined) checkCounts(counts, local.size, 'scatterv', 'counts');
    expected = counts?.[local.rank];
  }
  return (await distribute(context, 'scatterv', role, packets, out, expected)) as A | undefined;
}

/** The parts of a flat array, each as a packet on its memory. */
export function partsOf(
  whole: TypedArray,
  counts: readonly number[],
  displs: readonly number[],
  call: string,
): Packet[] {
  return Array.from(counts, (count, index) => {
    const start = displs[index] ?? 0;
    return encode(whole.subarray(start, start + count), call);
  });
}

/** Straight from the root to everybody. Cost: p alpha + n beta for n bytes to p ranks. */
async function distribute(
  context: InterContext,
  call: 'scatter' | 'scatterv',
  role: Role,
  packets: readonly Packet[],
  out: unknown,
  expected?: number,
): Promise<unknown> {
  const { bridge } = openBoth(context, call, { root: role.code });
  if (role.as === 'root') await sendToAll(bridge, (dest) => bridge.sendPacket(packets[dest] as Packet, dest));
  if (role.as !== 'partner') return void context.bridge.close(bridge);

  const arrived = await bridge.recvPacket(role.root);
  context.bridge.close(bridge);
  const actual = elementCount(arrived);
  if (expected !== undefined && expected !== actual) {
    throw countsDiffer(call, role.root, expected, actual, context.local.rank);
  }
  return decode(arrived, out, call);
}
