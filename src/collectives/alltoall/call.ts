import { encode } from '../../wire/value.ts';
import { checkValues } from '../arguments.ts';
import { Alike } from '../board/alike.ts';
import type { CollectiveContext, CollectiveOptions } from '../context.ts';
import { fingerprintOf } from '../fingerprint.ts';
import { inboxFor, placeAlike } from '../inbox.ts';
import { privateFrom } from '../outgoing.ts';
import { type Plan, whileOut, whileViewOf } from '../plan.ts';
import { COLLECTIVES } from '../registry.ts';
import { choose } from '../selection.ts';
import { swap } from './swap.ts';

const CODE = COLLECTIVES.alltoall.code;

/**
 * Gives `values[i]` to rank i and returns what the ranks have given to this one, in rank order (MPI 4.1, 6.8). With `out` the elements
 * of all values received, which must be numeric, go one after the other in it.
 *
 * @throws MpiError ERR_COUNT unless there is one value for each rank; ERR_TYPE, ERR_BUFFER, ERR_ARG; ERR_TRUNCATE where the values do
 *   not fit `out`.
 */
export function alltoall<T>(
  context: CollectiveContext,
  values: readonly T[],
  options: CollectiveOptions = {},
): Plan<T[]> {
  return context.recent.plan(context, CODE, values, undefined, options, () => prepare(context, values, options));
}

function prepare<T>(context: CollectiveContext, values: readonly T[], options: CollectiveOptions): Plan<T[]> {
  const { out } = options;
  checkValues(values, context.size, 'alltoall');
  const inboxOf = inboxFor('alltoall', out);
  const packets = values.map((value) => privateFrom(out, encode(value, 'alltoall')));
  const choice = choose(context, 'alltoall', options.algorithm);
  const fingerprint = fingerprintOf('alltoall', { algorithm: choice.code });
  const place = placeAlike(out, packets[context.rank]!, context.size);
  const alike = Alike.of(packets, context.rank, context.size, out);
  const one = { choice, exchange: { leaving: packets, inboxOf, lends: out !== undefined, alike }, place };
  const sent = values.slice();
  const views = sent.map((value, dest) => whileViewOf(value, [packets[dest]]));
  const stays = whileOut(out);
  return {
    lasting: () => views.every((view, dest) => values[dest] === sent[dest] && view()) && stays(),
    start: () => swap(context, context.open(fingerprint), one) as T[] | Promise<T[]>,
  };
}
