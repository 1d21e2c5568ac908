/** Requests whose arguments are fixed once and started again and again (MPI 4.1, sections 3.9 and 6.13). */
import * as errors from '../errors.ts';
import type { Request } from './request.ts';

/**
 * What `sendInit`, `recvInit` and `allreduceInit`, `barrierInit`, … return: inactive until started. What is sent is read anew at each
 * start.
 */
export class PersistentRequest<T = unknown> {
  readonly #begin: () => Request<T>;
  #current: Request<T> | undefined;

  /** @internal Made by the communicator. */
  constructor(begin: () => Request<T>) {
    this.#begin = begin;
  }

  /** Starts it and returns the running request. `ERR_ARG` while the one started before has not ended. */
  start(): Request<T> {
    if (this.#current !== undefined && !this.#current.done) throw errors.alreadyStarted();
    this.#current = this.#begin();
    return this.#current;
  }

  /** Started and not ended. */
  get active(): boolean {
    return this.#current !== undefined && !this.#current.done;
  }
}

/** Starts all of them, in order (MPI_Startall). */
export function startAll<T = unknown>(requests: readonly PersistentRequest<T>[]): Request<T>[] {
  if (!Array.isArray(requests) || !requests.every((request) => request instanceof PersistentRequest)) {
    throw errors.badPersistent(requests);
  }
  return requests.map((request) => request.start());
}
