import { checkOut, decode, encode } from '../../wire/value.ts';
import { binomial } from '../bcast/binomial.ts';
import type { CollectiveOptions } from '../context.ts';
import { checkNoAlgorithm } from '../neighbors/neighborhood.ts';
import { type InterContext, openBoth } from './context.ts';
import { roleOf } from './root.ts';

/**
 * The root's value, on every rank of the other group; `undefined` in its own (MPI 4.1, 6.4).
 *
 * Cost: ceil(log2 p) + 1 messages of the whole value one after the other, for p ranks that get it.
 *
 * @throws MpiError ERR_ROOT, ERR_TYPE, ERR_BUFFER, ERR_ARG; ERR_TRUNCATE where the value does not fit `out`.
 */
export async function bcast<T>(
  context: InterContext,
  value: T | undefined,
  root: number,
  options: CollectiveOptions = {},
): Promise<T | undefined> {
  const { out } = options;
  checkNoAlgorithm('bcast', options);
  const role = roleOf(context, root, 'bcast');
  const packet = role.as === 'root' ? encode(value, 'bcast') : undefined;
  if (role.as === 'partner' && out !== undefined) checkOut(out, 'bcast');
  const { local, bridge } = openBoth(context, 'bcast', { root: role.code });
  if (packet !== undefined) await bridge.sendPacket(packet, 0);
  if (role.as !== 'partner') return void context.bridge.close(bridge);

  const arrived = await binomial(local, local.rank === 0 ? await bridge.recvPacket(role.root) : undefined, 0);
  context.bridge.close(bridge);
  return decode(arrived, out, 'bcast') as T;
}
