import { encode } from '../../wire/value.ts';
import type { CollectiveContext, CollectiveOptions } from '../context.ts';
import { fingerprintOf } from '../fingerprint.ts';
import { privateFrom } from '../outgoing.ts';
import { type Plan, whileViewOf } from '../plan.ts';
import { exchange } from './exchange.ts';
import { incomingValues } from './incoming.ts';
import { checkNoAlgorithm, type Neighborhood } from './neighborhood.ts';

const CALL = 'neighborAllgather';

/**
 * Gives one value to all destinations and returns those of the sources, in their order; `undefined` for one that is `PROC_NULL`
 * (MPI 4.1, 8.6.1). With `out` the elements of all values received, which must be numeric, go one after the other in it. Where a source
 * is `PROC_NULL` the others must have sent equally many, and its place between theirs stays as it is.
 *
 * @throws MpiError ERR_TYPE, ERR_BUFFER, ERR_ARG; ERR_TRUNCATE where the values do not fit `out`; ERR_COUNT where they leave open where
 *   in `out` they belong.
 */
export function neighborAllgather<T>(
  context: CollectiveContext,
  neighbors: Neighborhood,
  value: T,
  options: CollectiveOptions = {},
): Plan<(T | undefined)[]> {
  const { out } = options;
  checkNoAlgorithm(CALL, options);
  const incoming = incomingValues(CALL, neighbors.sources, out, 'neighborAllgatherv');
  const own = privateFrom(out, encode(value, CALL));
  const packets = neighbors.destinations.map(() => own);
  const fingerprint = fingerprintOf(CALL);
  return {
    lasting: whileViewOf(value, packets),
    start: async () =>
      (await exchange(context, context.open(fingerprint), neighbors, packets, incoming)) as (T | undefined)[],
  };
}
