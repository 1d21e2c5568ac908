import { dtypeOf } from '../../wire/dtype.ts';
import { encode } from '../../wire/value.ts';
import { checkFlat } from '../arguments.ts';
import type { CollectiveContext, GathervOptions } from '../context.ts';
import { fingerprintOf } from '../fingerprint.ts';
import { privateFrom } from '../outgoing.ts';
import { type Plan, whileViewOf } from '../plan.ts';
import { exchange } from './exchange.ts';
import { incomingParts } from './incoming.ts';
import { checkNoAlgorithm, type Neighborhood } from './neighborhood.ts';

const CALL = 'neighborAllgatherv';
const NAMES = { counts: 'counts', displs: 'displs' };

/**
 * Gives one flat array to all destinations and returns those of the sources in one (MPI 4.1, 8.6.1). The part of source i goes to
 * `displs[i]`, where left out behind the one before. Gaps are zero, or what `out` has there; so is the place that `counts` give to a
 * source that is `PROC_NULL`.
 *
 * @throws MpiError ERR_TYPE, ERR_BUFFER, ERR_COUNT, ERR_ARG; ERR_TRUNCATE where the result does not fit `out`; ERR_MISMATCH where
 *   `counts` is not what the sources have sent.
 */
export function neighborAllgatherv<A>(
  context: CollectiveContext,
  neighbors: Neighborhood,
  array: A,
  options: GathervOptions = {},
): Plan<A> {
  const { sources, destinations } = neighbors;
  const { out, counts, displs } = options;
  const part: unknown = array;
  checkNoAlgorithm(CALL, options);
  checkFlat(part, CALL);
  const incoming = incomingParts(context, { call: CALL, sources, array: part, out, counts, displs, names: NAMES });
  const own = privateFrom(out, encode(part, CALL));
  const packets = destinations.map(() => own);
  const fingerprint = fingerprintOf(CALL, { dtype: dtypeOf(part) });
  return {
    lasting: whileViewOf(part, packets),
    start: async () => (await exchange(context, context.open(fingerprint), neighbors, packets, incoming)) as A,
  };
}
