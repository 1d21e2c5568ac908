import { PROC_NULL } from '../../matching/envelope.ts';
import { dtypeOf } from '../../wire/dtype.ts';
import { encode } from '../../wire/value.ts';
import { checkFlat, checkPlacement } from '../arguments.ts';
import type { AlltoallvOptions, CollectiveContext } from '../context.ts';
import { fingerprintOf } from '../fingerprint.ts';
import { privateFrom } from '../outgoing.ts';
import { type Plan, whileViewOf } from '../plan.ts';
import { exchange } from './exchange.ts';
import { incomingParts } from './incoming.ts';
import { checkNoAlgorithm, type Neighborhood } from './neighborhood.ts';

const CALL = 'neighborAlltoallv';
const SENT = { counts: 'sendCounts', displs: 'sendDispls', each: 'destination' };
const RECEIVED = { counts: 'recvCounts', displs: 'recvDispls' };

/**
 * Gives `sendCounts[i]` elements of a flat array to destination i, from `sendDispls[i]` on, and returns in one flat array what the
 * sources have given to this rank, that of source i at `recvDispls[i]` (MPI 4.1, 8.6.2). Displacements left out: one behind the other.
 * Nothing is sent to `PROC_NULL`; gaps and the places of sources that are `PROC_NULL` are as in `neighborAllgatherv`.
 *
 * @throws MpiError ERR_TYPE, ERR_BUFFER, ERR_COUNT, ERR_ARG; ERR_TRUNCATE where the result does not fit `out`; ERR_MISMATCH where
 *   `recvCounts` is not what the sources have sent.
 */
export function neighborAlltoallv<A>(
  context: CollectiveContext,
  neighbors: Neighborhood,
  array: A,
  sendCounts: readonly number[],
  options: AlltoallvOptions = {},
): Plan<A> {
  const { sources, destinations } = neighbors;
  const { out, recvCounts: counts, recvDispls: displs } = options;
  const whole: unknown = array;
  checkNoAlgorithm(CALL, options);
  checkFlat(whole, CALL);
  const sent = checkPlacement(whole, sendCounts, options.sendDispls, destinations.length, CALL, SENT);
  const incoming = incomingParts(context, { call: CALL, sources, array: whole, out, counts, displs, names: RECEIVED });
  const packets = destinations.map((dest, index) => {
    if (dest === PROC_NULL) return undefined;
    const start = sent.displs[index] ?? 0;
    return privateFrom(out, encode(whole.subarray(start, start + (sent.counts[index] ?? 0)), CALL));
  });
  const fingerprint = fingerprintOf(CALL, { dtype: dtypeOf(whole) });
  return {
    lasting: whileViewOf(whole, packets),
    start: async () => (await exchange(context, context.open(fingerprint), neighbors, packets, incoming)) as A,
  };
}
