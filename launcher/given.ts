/** What was given of the options: looked up by name. */
import type { Scanned } from './scan.ts';

export class Given {
  readonly #options: Scanned['options'];

  constructor({ options }: Scanned) {
    this.#options = options;
  }

  has(name: string): boolean {
    return this.#options.some((option) => option.name === name);
  }

  /** What is given again replaces what was given before. Undefined also for an optional value that was left out. */
  get(name: string): string | undefined {
    return this.#options.findLast((option) => option.name === name)?.value;
  }

  /** Of an option that may be given several times: each value, in order. */
  all(name: string): string[] {
    return this.#options.flatMap((option) => (option.name === name ? [option.value!] : []));
  }
}
