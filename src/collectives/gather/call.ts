import { encode } from '../../wire/value.ts';
import { checkRoot } from '../arguments.ts';
import type { CollectiveContext, CollectiveOptions } from '../context.ts';
import { fingerprintOf } from '../fingerprint.ts';
import { inboxFor } from '../inbox.ts';
import { privateFrom } from '../outgoing.ts';
import { type Plan, whileViewOf } from '../plan.ts';
import { choose } from '../selection.ts';
import { collect } from './collect.ts';

/**
 * The values of all ranks in rank order at the root, undefined elsewhere (MPI 4.1, 6.5). With `out` the root gets the elements of all
 * values, which must be numeric, one after the other in it.
 *
 * @throws MpiError ERR_ROOT, ERR_TYPE, ERR_BUFFER, ERR_ARG; ERR_TRUNCATE where the values do not fit `out`.
 */
export function gather<T>(
  context: CollectiveContext,
  value: T,
  root = 0,
  options: CollectiveOptions = {},
): Plan<T[] | undefined> {
  const { out } = options;
  checkRoot(root, context.size, 'gather');
  const inboxOf = inboxFor('gather', out);
  const own = privateFrom(out, encode(value, 'gather'));
  const { code, run } = choose(context, 'gather', options.algorithm);
  const fingerprint = fingerprintOf('gather', { algorithm: code, root });
  return {
    lasting: whileViewOf(value, [own]),
    start: async () => (await collect(context, context.open(fingerprint), run, own, root, inboxOf)) as T[] | undefined,
  };
}
