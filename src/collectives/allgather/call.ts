import { encode } from '../../wire/value.ts';
import { Alike } from '../board/alike.ts';
import type { CollectiveContext, CollectiveOptions } from '../context.ts';
import { fingerprintOf } from '../fingerprint.ts';
import { inboxFor, placeAlike } from '../inbox.ts';
import { privateFrom } from '../outgoing.ts';
import { type Plan, whileOut, whileViewOf } from '../plan.ts';
import { COLLECTIVES } from '../registry.ts';
import { choose } from '../selection.ts';
import { share } from './share.ts';

const CODE = COLLECTIVES.allgather.code;

/**
 * The values of all ranks in rank order, on every rank (MPI 4.1, 6.7). With `out` every rank gets the elements of all values, which
 * must be numeric, one after the other in it.
 *
 * @throws MpiError ERR_TYPE, ERR_BUFFER, ERR_ARG; ERR_TRUNCATE where the values do not fit `out`.
 */
export function allgather<T>(context: CollectiveContext, value: T, options: CollectiveOptions = {}): Plan<T[]> {
  return context.recent.plan(context, CODE, value, undefined, options, () => prepare(context, value, options));
}

function prepare<T>(context: CollectiveContext, value: T, options: CollectiveOptions): Plan<T[]> {
  const { out } = options;
  const inboxOf = inboxFor('allgather', out);
  const own = privateFrom(out, encode(value, 'allgather'));
  const choice = choose(context, 'allgather', options.algorithm);
  const fingerprint = fingerprintOf('allgather', { algorithm: choice.code });
  const leaving = [own];
  const alike = Alike.of(leaving, context.rank, context.size, out);
  const exchange = { leaving, inboxOf, lends: out !== undefined, alike };
  const sharing = { choice, exchange, place: placeAlike(out, own, context.size) };
  const views = whileViewOf(value, [own]);
  const stays = whileOut(out);
  return {
    lasting: () => views() && stays(),
    start: () => share(context, context.open(fingerprint), sharing) as T[] | Promise<T[]>,
  };
}
