import { checkOut, decode } from '../../wire/value.ts';
import { binomial as broadcast } from '../bcast/binomial.ts';
import type { CollectiveOptions } from '../context.ts';
import { checkNoAlgorithm } from '../neighbors/neighborhood.ts';
import { type OpLike, resolveOp, SUM } from '../ops.ts';
import { contributionOf } from './combine.ts';
import { type InterContext, openBoth } from './context.ts';
import { roleOf } from './root.ts';

/**
 * The values of all ranks of the other group combined by `op`, in rank order, at the root; `undefined` elsewhere (MPI 4.1, 6.9.1). In the
 * root's group `value` is not looked at.
 *
 * @throws MpiError ERR_ROOT, ERR_OP, ERR_TYPE, ERR_COUNT, ERR_BUFFER, ERR_ARG; ERR_TRUNCATE where the result does not fit `out`.
 */
export async function reduce<T>(
  context: InterContext,
  value: T | undefined,
  op: OpLike = SUM,
  root: number,
  options: CollectiveOptions = {},
): Promise<T | undefined> {
  const { out } = options;
  checkNoAlgorithm('reduce', options);
  const role = roleOf(context, root, 'reduce');
  if (role.as === 'partner') {
    const { traits, combine } = contributionOf(context, value, op, 'reduce');
    const { local, bridge } = openBoth(context, 'reduce', { ...traits, root: role.code });
    const result = await combine(local);
    if (result !== undefined) await bridge.sendPacket(result, role.root);
    context.bridge.close(bridge);
    return undefined;
  }
  if (role.as === 'root' && out !== undefined) checkOut(out, 'reduce');
  const { bridge } = openBoth(context, 'reduce', { op: resolveOp(op, 'reduce').code, root: role.code });
  const result = role.as === 'root' ? await bridge.recvPacket(0) : undefined;
  context.bridge.close(bridge);
  return result && (decode(result, out, 'reduce') as T);
}

/**
 * The values of all ranks of the other group combined by `op`, in rank order, on every rank (MPI 4.1, 6.9.6). Both groups give equally
 * many elements of the same kind.
 *
 * @throws MpiError ERR_OP, ERR_TYPE, ERR_COUNT, ERR_BUFFER, ERR_ARG; ERR_TRUNCATE where the result does not fit `out`.
 */
export async function allreduce<T>(
  context: InterContext,
  value: T,
  op: OpLike = SUM,
  options: CollectiveOptions = {},
): Promise<T> {
  const { out } = options;
  checkNoAlgorithm('allreduce', options);
  if (out !== undefined) checkOut(out, 'allreduce');
  const { traits, combine } = contributionOf(context, value, op, 'allreduce');
  const { local, bridge } = openBoth(context, 'allreduce', traits);
  const ours = await combine(local);
  const theirs = ours && (await bridge.exchangePacket(ours, 0, 0));
  const result = await broadcast(local, theirs, 0);
  context.bridge.close(bridge);
  return decode(result, out, 'allreduce') as T;
}
