import { OpState, type Work } from '../matching/operation.ts';

/** A call of many messages, known by its promise alone: a collective. */
export class Running implements Work {
  state: OpState = OpState.PENDING;
  value: unknown = undefined;
  error: unknown = undefined;
  waiter: Work['waiter'] = null;

  constructor(promise: Promise<unknown>) {
    promise.then(
      (value) => {
        this.value = value;
        this.#end(OpState.DONE);
      },
      (error: unknown) => {
        this.error = error;
        this.#end(OpState.FAILED);
      },
    );
  }

  get pending(): boolean {
    return this.state === OpState.PENDING;
  }

  #end(state: OpState): void {
    this.state = state;
    const { waiter } = this;
    this.waiter = null;
    waiter?.woken(undefined);
  }
}
