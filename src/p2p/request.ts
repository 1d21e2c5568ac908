/** Operations that run while the program goes on (MPI 4.1, section 3.7). */
import { type Operation, OpState, ReceiveOperation, SendOperation } from '../matching/operation.ts';
import { Status } from './status.ts';
import { relocated, wait } from './wait.ts';

/**
 * What `isend`, `issend`, `irecv` and `PersistentRequest.start` return. Await it for its value (`undefined` for sends and for
 * what was cancelled). A request that fails and is never awaited is an unhandled rejection, as with any promise.
 */
export class Request<T = unknown> implements PromiseLike<T> {
  /** What was received, for receives; source, tag and size are set once it is done. */
  readonly status: Status;
  readonly #op: Operation | null;
  #promise: Promise<T> | undefined;
  #active = true;
  /** Why it was never started: its arguments were wrong. */
  #refusal: { readonly error: unknown } | undefined;
  /** Told when it ends; by `waitAny` and the like, which must not leave a handler behind at every call. */
  #watchers: Set<() => void> | undefined;

  /** @internal Made by the communicator; `op` is null where there is nobody to talk to. */
  constructor(op: Operation | null, status: Status = new Status()) {
    this.#op = op;
    this.status = status;
    // A pending one has its promise from the start, so that its failure can't go unnoticed.
    if (op !== null && op.state !== OpState.DONE) this.#promise = this.#settlement();
  }

  /** Has ended: completed, failed or cancelled. */
  get done(): boolean {
    return this.#op === null || !this.#op.pending;
  }

  /** One whose arguments were wrong. @internal */
  static rejected<T>(error: unknown): Request<T> {
    const request = new Request<T>(null);
    request.#refusal = { error };
    request.#promise = Promise.reject(error);
    return request;
  }

  /** Has ended with an error. @internal */
  get failed(): boolean {
    return this.#refusal !== undefined || this.#op?.state === OpState.FAILED;
  }

  /** Was withdrawn by {@link cancel}. */
  get cancelled(): boolean {
    return this.#op?.state === OpState.CANCELLED;
  }

  /**
   * Still to be waited for: neither awaited nor reported by `waitAny`, `testSome` and the like. An inactive request is like
   * MPI_REQUEST_NULL to them.
   */
  get active(): boolean {
    return this.#active;
  }

  /** Whether it has ended; never waits. Messages arrive between turns of the event loop: `await` something in between. */
  test(): boolean {
    return this.done;
  }

  /**
   * Withdraws the operation if it has not been matched yet (MPI 4.1, section 3.8.4). True: it is as if it had never been
   * started, and awaiting it gives `undefined`. False: it has been matched, or is done, and completes as usual.
   */
  async cancel(): Promise<boolean> {
    const op = this.#op;
    if (op === null || !op.pending) return this.cancelled;
    if (op instanceof ReceiveOperation) {
      if (!op.context.engine.withdraw(op)) return false;
      this.status.cancelled = true;
      op.cancelled();
      return true;
    }
    if (op instanceof SendOperation) op.context.engine.requestCancel(op);
    await this.then(
      () => {},
      () => {},
    );
    return this.cancelled;
  }

  then<A = T, B = never>(
    onfulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onrejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#active = false;
    this.#promise ??= this.#settlement();
    return this.#promise.then(onfulfilled, onrejected);
  }

  catch<B = never>(onrejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(undefined, onrejected);
  }

  finally(onfinally?: (() => void) | null): Promise<T> {
    return this.then().finally(onfinally);
  }

  /** Resolves when one of them has ended, well or not, and leaves all of them active. @internal */
  static whenAny(requests: readonly Request[]): Promise<void> {
    return new Promise((resolve) => {
      const ended = () => {
        for (const request of requests) request.#watchers?.delete(ended);
        resolve();
      };
      for (const request of requests) request.#watch(ended);
    });
  }

  /** The value of one that has ended; throws its error. Makes it inactive. @internal */
  take(): T {
    this.#active = false;
    const op = this.#op;
    if (this.failed) this.#promise?.catch(() => {});
    if (this.#refusal !== undefined) throw this.#refusal.error;
    if (op?.state === OpState.FAILED && op.error !== undefined) {
      throw relocated(op.error);
    }
    return op?.value as T;
  }

  get [Symbol.toStringTag](): string {
    return 'Request';
  }

  #watch(ended: () => void): void {
    if (this.#watchers === undefined) {
      const watchers = new Set<() => void>();
      this.#watchers = watchers;
      const tell = () => {
        for (const watcher of [...watchers]) watcher();
      };
      this.#promise ??= this.#settlement();
      this.#promise.then(tell, tell);
    }
    this.#watchers.add(ended);
  }

  #settlement(): Promise<T> {
    const op = this.#op;
    if (op === null) return Promise.resolve(undefined as T);
    if (op.state === OpState.FAILED && op.error !== undefined) return Promise.reject(relocated(op.error));
    return wait<T>(op);
  }
}
