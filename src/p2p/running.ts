/** What a request stands for. */
import { type Locate, OpState } from '../matching/operation.ts';

/** Something under way, as far as a request looks at it: an operation of the engine, or a collective. */
export interface Work {
  readonly state: OpState;
  readonly pending: boolean;
  /** Of what is done. */
  readonly value: unknown;
  /** Of what has failed. */
  readonly error: unknown;
  /** Called once, when it ends; with a request to say who waits, before that. */
  wake: ((locate: Locate | undefined) => void) | null;
}

/** A call of many messages, known by its promise alone: a collective. */
export class Running implements Work {
  state: OpState = OpState.PENDING;
  value: unknown = undefined;
  error: unknown = undefined;
  wake: Work['wake'] = null;

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
    const { wake } = this;
    this.wake = null;
    wake?.(undefined);
  }
}
