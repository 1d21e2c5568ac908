/** The signals that are to end this tsrun, from its first moment on: nothing of it may stay behind, so none ends it by itself. */
import { constants } from 'node:os';
import { ExitCode } from '../failure.ts';

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export class Signals {
  /** The first one that came. */
  first: NodeJS.Signals | undefined;
  count = 0;
  /** Called with each one. */
  onSignal: (signal: NodeJS.Signals) => void = () => {};
  readonly #controller = new AbortController();
  readonly #handler = (signal: NodeJS.Signals): void => {
    this.first ??= signal;
    this.count++;
    this.#controller.abort(new Error(signal));
    this.onSignal(signal);
  };

  constructor() {
    for (const signal of ENDING) process.on(signal, this.#handler);
  }

  /** The first one has come. */
  get aborted(): AbortSignal {
    return this.#controller.signal;
  }

  /** From now on they do what they always do. */
  release(): void {
    for (const signal of ENDING) process.off(signal, this.#handler);
  }
}

/** A shell's number for it. */
export function signalCode(signal: NodeJS.Signals): number {
  return ExitCode.SIGNAL + constants.signals[signal];
}
