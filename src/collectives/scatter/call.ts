import { checkOut, encode } from '../../wire/value.ts';
import { checkRoot, checkValues } from '../arguments.ts';
import type { CollectiveContext, CollectiveOptions } from '../context.ts';
import { fingerprintOf } from '../fingerprint.ts';
import { always, never, type Plan } from '../plan.ts';
import { choose } from '../selection.ts';
import { distribute } from './distribute.ts';

/**
 * Gives `values[i]` of the root to rank i (MPI 4.1, 6.6). The other ranks' `values` are not looked at.
 *
 * @throws MpiError ERR_ROOT; ERR_COUNT unless the root has one value for each rank; ERR_TYPE, ERR_BUFFER, ERR_ARG;
 *   ERR_TRUNCATE where the value does not fit `out`.
 */
export function scatter<T>(
  context: CollectiveContext,
  values: readonly T[] | undefined,
  root = 0,
  options: CollectiveOptions = {},
): Plan<T> {
  const { rank, size } = context;
  const { out } = options;
  checkRoot(root, size, 'scatter');
  if (out !== undefined) checkOut(out, 'scatter');
  if (rank === root) checkValues(values, size, 'scatter');
  const packets = rank === root ? (values ?? []).map((value) => encode(value, 'scatter')) : undefined;
  const { code, run } = choose(context, 'scatter', options.algorithm);
  const fingerprint = fingerprintOf('scatter', { algorithm: code, root });
  return {
    lasting: packets === undefined ? always : never,
    start: async () => (await distribute(context, context.open(fingerprint), run, packets, root, out, 'scatter')) as T,
  };
}
