/** Communicators whose ranks have neighbours, and the collectives among these (MPI 4.1, section 8.6). */
import * as collectives from '../collectives/calls.ts';
import type { Neighborhood } from '../collectives/neighbors/neighborhood.ts';
import type { PersistentRequest } from '../p2p/persistent.ts';
import type { AlltoallOptions, CallOptions, GathervOptions } from './collective.ts';
import { Communicator } from './communicator.ts';
import type { Domain } from './domain.ts';

export abstract class NeighborhoodCommunicator extends Communicator {
  readonly #neighbors: Neighborhood;

  /** @internal */
  protected constructor(domain: Domain, neighbors: Neighborhood) {
    super(domain);
    this.#neighbors = neighbors;
  }

  /** The ranks from which this one receives, in the order in which neighbourhood collectives give their values. */
  get sources(): readonly number[] {
    return this.#neighbors.sources;
  }

  /** The ranks to which this one sends, in the order in which neighbourhood collectives take their values. */
  get destinations(): readonly number[] {
    return this.#neighbors.destinations;
  }

  /**
   * Gives `value` to every destination; gives the values of the sources, in their order, `undefined` for one that is not there
   * (PROC_NULL). Every rank calls it, also one without neighbours.
   */
  neighborAllgather<T>(value: T, options?: CallOptions): Promise<(T | undefined)[]> {
    return this.call('neighborAllgather', options, (domain) =>
      collectives.neighborAllgather(domain, this.#neighbors, value, options).start(),
    );
  }

  /** The same for flat TypedArrays of any lengths, joined in the order of the sources or placed by `displs`. */
  neighborAllgatherv<A>(array: A, options?: GathervOptions): Promise<A> {
    return this.call('neighborAllgatherv', options, (domain) =>
      collectives.neighborAllgatherv(domain, this.#neighbors, array, options).start(),
    );
  }

  /** Gives `values[i]` to the i-th destination; gives the values of the sources, `undefined` for one that is not there. */
  neighborAlltoall<T>(values: readonly T[], options?: CallOptions): Promise<(T | undefined)[]> {
    return this.call('neighborAlltoall', options, (domain) =>
      collectives.neighborAlltoall(domain, this.#neighbors, values, options).start(),
    );
  }

  /** Sends `sendCounts[i]` elements of a flat TypedArray to the i-th destination; gives what came, joined by source. */
  neighborAlltoallv<A>(array: A, sendCounts: readonly number[], options?: AlltoallOptions): Promise<A> {
    return this.call('neighborAlltoallv', options, (domain) =>
      collectives.neighborAlltoallv(domain, this.#neighbors, array, sendCounts, options).start(),
    );
  }

  // To be started again and again, as in PersistentCommunicator (MPI 4.1, section 8.7).

  /** MPI_Neighbor_allgather_init. */
  neighborAllgatherInit<T>(value: T, options?: CallOptions): PersistentRequest<(T | undefined)[]> {
    return this.init('neighborAllgather', options, (domain, given) =>
      collectives.neighborAllgather(domain, this.#neighbors, value, given),
    );
  }

  /** MPI_Neighbor_allgatherv_init. */
  neighborAllgathervInit<A>(array: A, options?: GathervOptions): PersistentRequest<A> {
    return this.init('neighborAllgatherv', options, (domain, given) =>
      collectives.neighborAllgatherv(domain, this.#neighbors, array, given),
    );
  }

  /** MPI_Neighbor_alltoall_init. */
  neighborAlltoallInit<T>(values: readonly T[], options?: CallOptions): PersistentRequest<(T | undefined)[]> {
    return this.init('neighborAlltoall', options, (domain, given) =>
      collectives.neighborAlltoall(domain, this.#neighbors, values, given),
    );
  }

  /** MPI_Neighbor_alltoallv_init. */
  neighborAlltoallvInit<A>(array: A, sendCounts: readonly number[], options?: AlltoallOptions): PersistentRequest<A> {
    return this.init('neighborAlltoallv', options, (domain, given) =>
      collectives.neighborAlltoallv(domain, this.#neighbors, array, sendCounts, given),
    );
  }
}
