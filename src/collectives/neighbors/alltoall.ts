import { PROC_NULL } from '../../matching/envelope.ts';
import { encode } from '../../wire/value.ts';
import { checkValues } from '../arguments.ts';
import type { CollectiveContext, CollectiveOptions } from '../context.ts';
import { fingerprintOf } from '../fingerprint.ts';
import { privateFrom } from '../outgoing.ts';
import { never, type Plan } from '../plan.ts';
import { exchange } from './exchange.ts';
import { incomingValues } from './incoming.ts';
import { checkNoAlgorithm, type Neighborhood } from './neighborhood.ts';

const CALL = 'neighborAlltoall';

/**
 * Gives `values[i]` to destination i and returns what the sources have given to this rank, in their order; `undefined` for a source that
 * is `PROC_NULL`. A value for a destination that is `PROC_NULL` is not looked at (MPI 4.1, 8.6.2). With `out` the elements of all values
 * received go in it as in `neighborAllgather`.
 *
 * @throws MpiError ERR_COUNT unless there is one value for each destination; ERR_TYPE, ERR_BUFFER, ERR_ARG; ERR_TRUNCATE where the values
 *   do not fit `out`; ERR_COUNT where they leave open where in `out` they belong.
 */
export function neighborAlltoall<T>(
  context: CollectiveContext,
  neighbors: Neighborhood,
  values: readonly T[],
  options: CollectiveOptions = {},
): Plan<(T | undefined)[]> {
  const { sources, destinations } = neighbors;
  const { out } = options;
  checkNoAlgorithm(CALL, options);
  checkValues(values, destinations.length, CALL, 'destination');
  const incoming = incomingValues(CALL, sources, out, 'neighborAlltoallv');
  const packets = destinations.map((dest, index) =>
    dest === PROC_NULL ? undefined : privateFrom(out, encode(values[index], CALL)),
  );
  const fingerprint = fingerprintOf(CALL);
  return {
    lasting: never,
    start: async () =>
      (await exchange(context, context.open(fingerprint), neighbors, packets, incoming)) as (T | undefined)[],
  };
}
