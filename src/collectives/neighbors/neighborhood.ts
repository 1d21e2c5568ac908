/** Who gives to this rank and to whom it gives: its edges in a process topology (MPI 4.1, 8.6). */
import { algorithmUnknown } from '../../errors.ts';
import { PROC_NULL } from '../../matching/envelope.ts';
import type { CollectiveOptions } from '../context.ts';

/** Any rank may stand there more than once, this one too; `PROC_NULL` is a neighbour that is not there. */
export interface Neighborhood {
  readonly sources: readonly number[];
  readonly destinations: readonly number[];
  /**
   * In which order messages to the destinations leave: the k-th from one rank to another meets the receiver's k-th source of
   * that rank. Indices into `destinations`, each once.
   */
  readonly order: readonly number[];
}

/** The destinations that are there, as indices, in the order in which their messages leave. */
export function leavingOrder({ destinations, order }: Neighborhood): number[] {
  return order.filter((index) => destinations[index] !== PROC_NULL);
}

/** There is one way to talk to one's neighbours. @throws MpiError ERR_ARG where another one is asked for. */
export function checkNoAlgorithm(call: string, { algorithm }: CollectiveOptions): void {
  if (algorithm !== undefined) throw algorithmUnknown(call, algorithm, []);
}
