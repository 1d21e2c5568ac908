import { encode } from '../../wire/value.ts';
import type { CollectiveContext, CollectiveOptions } from '../context.ts';
import { openCall } from '../fingerprint.ts';
import { inboxFor } from '../inbox.ts';
import { privateFrom } from '../outgoing.ts';
import { choose } from '../selection.ts';
import { share } from './share.ts';

/**
 * The values of all ranks in rank order, on every rank (MPI 4.1, 6.7). With `out` every rank gets the elements of all values, which
 * must be numeric, one after the other in it.
 *
 * @throws MpiError ERR_TYPE, ERR_BUFFER, ERR_ARG; ERR_TRUNCATE where the values do not fit `out`.
 */
export async function allgather<T>(
  context: CollectiveContext,
  value: T,
  options: CollectiveOptions = {},
): Promise<T[]> {
  const { out } = options;
  const inboxOf = inboxFor('allgather', out);
  const own = privateFrom(out, encode(value, 'allgather'));
  const { code, run } = choose(context, 'allgather', options.algorithm);
  const channel = openCall(context, 'allgather', { algorithm: code });
  return (await share(context, channel, run, own, inboxOf)) as T[];
}
