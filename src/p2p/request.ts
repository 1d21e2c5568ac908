/** Operations that run while the program goes on (MPI 4.1, section 3.7). */
import {
  type Locate,
  OpState,
  ReceiveOperation,
  SendOperation,
  type Waiter,
  type Work,
} from '../matching/operation.ts';
import { Status } from './status.ts';
import { here } from './wait.ts';

/**
 * What `isend`, `issend`, `irecv` and `PersistentRequest.start` return. Await it for its value (`undefined` for sends and for
 * what was cancelled). A request that fails and is never awaited is an unhandled rejection, as with any promise.
 */
export class Request<T = unknown> implements PromiseLike<T>, Waiter {
  #status: Status | undefined;
  readonly #op: Work | null;
  /** Made when somebody asks for it, or when it has failed and nobody has. */
  #promise: Promise<T> | undefined;
  #active = true;
  /** Why it was never started: its arguments were wrong. */
  #refusal: { readonly error: unknown } | undefined;
  /** Told when it ends: mostly one, rarely more. */
  #watcher: Watcher | null = null;
  #watchers: Watcher[] | undefined;

  /** @internal Made by the communicator; `op` is null where there is nobody to talk to. */
  constructor(op: Work | null, status?: Status) {
    this.#op = op;
    this.#status = status;
    if (op === null || op.state === OpState.DONE) return;
    if (op.state === OpState.PENDING) op.waiter = this;
    else this.#promise = this.#settlement();
  }

  /** What was received, for receives; source, tag and size are set once it is done. */
  get status(): Status {
    if (this.#status === undefined) {
      this.#status = new Status();
      if (this.#op instanceof ReceiveOperation) this.#op.tell(this.#status);
    }
    return this.#status;
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
   * started, and awaiting it gives `undefined`. False: it has been matched, or is done, and completes as usual. So does a collective,
   * always: the other ranks count on this one.
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
    if (!(op instanceof SendOperation)) return false;
    op.context.engine.requestCancel(op);
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

  /** Resolves when one of these, all pending, has ended, well or not, and leaves all of them active. @internal */
  static whenAny(requests: readonly Request[]): Promise<void> {
    return new Promise((resolve) => {
      const ended = () => {
        for (const request of requests) request.#unwatch(ended);
        resolve();
      };
      for (const request of requests) request.#watch(ended);
    });
  }

  /**
   * Resolves when all of these, all pending, have ended, or one has failed. What fails after that one was waited for too: it
   * is no unhandled rejection. HOT (bench: rate). @internal
   */
  static whenAll(requests: readonly Request[]): Promise<void> {
    return new Promise((resolve) => {
      let left = requests.length;
      const ended = (request: Request<never>) => {
        if (--left === 0 || request.failed) resolve();
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
    if (op?.state === OpState.FAILED) throw here(op.error);
    return op?.value as T;
  }

  get [Symbol.toStringTag](): string {
    return 'Request';
  }

  /** Where a request waits nobody knows: only its promise is awaited, if at all. HOT (bench: rate). @internal */
  woken(locate: Locate | undefined): void {
    if (locate !== undefined) {
      this.#op!.waiter = this;
      return;
    }
    const watcher = this.#watcher;
    if (watcher === null) {
      // Nobody waits for it: its failure must not go unnoticed.
      if (this.failed) this.#promise = this.#settlement();
      return;
    }
    this.#watcher = null;
    watcher(this as unknown as Request<never>);
    const others = this.#watchers;
    if (others === undefined) return;
    for (const other of others) other(this as unknown as Request<never>);
    this.#watchers = undefined;
  }

  #watch(watcher: Watcher): void {
    if (this.#watcher === null) this.#watcher = watcher;
    else if (this.#watchers === undefined) this.#watchers = [watcher];
    else this.#watchers.push(watcher);
  }

  #unwatch(watcher: Watcher): void {
    if (this.#watcher === watcher) {
      this.#watcher = this.#watchers?.shift() ?? null;
      return;
    }
    const at = this.#watchers?.indexOf(watcher) ?? -1;
    if (at >= 0) this.#watchers?.splice(at, 1);
  }

  #settlement(): Promise<T> {
    const op = this.#op;
    if (op === null) return Promise.resolve(undefined as T);
    if (op.state === OpState.FAILED) return Promise.reject(here(op.error));
    if (!op.pending) return Promise.resolve(op.value as T);
    return new Promise<T>((resolve, reject) => {
      this.#watch(() => (op.state === OpState.FAILED ? reject(op.error) : resolve(op.value as T)));
    });
  }
}

type Watcher = (request: Request<never>) => void;
