/** How messages meet receives, in lists that are searched from the front: what the engine must do, one event after the other. */
import { matches } from '../../src/matching/envelope.ts';

export interface Pattern {
  readonly source: number;
  readonly tag: number;
}

/** One message; `number` tells it from all others. */
export interface Envelope extends Pattern {
  readonly number: number;
}

/** A receive, a probe or a matched probe that waits; `number` tells it from all others. */
export interface Wait extends Pattern {
  readonly number: number;
  readonly kind: 'receive' | 'probe' | 'mprobe';
}

const fits = (wait: Pattern, message: Pattern) => matches(wait.source, wait.tag, message.source, message.tag);

/** One context of one process, from the moment when it is opened; messages may come before. */
export class ContextModel {
  readonly unexpected: Envelope[] = [];
  readonly waits: Wait[] = [];
  /** Which message each wait has got, by their numbers. */
  readonly got = new Map<number, number>();
  #open = false;
  readonly #early: Envelope[] = [];

  open(): void {
    this.#open = true;
    for (const message of this.#early.splice(0)) this.arrive(message);
  }

  arrive(message: Envelope): void {
    if (!this.#open) return void this.#early.push(message);
    // Receives come before probes, whoever was there first: a probe looks at what nobody has received.
    const receive = this.waits.find((wait) => wait.kind === 'receive' && fits(wait, message));
    if (receive !== undefined) return this.#give(receive, message);
    for (const probe of this.waits.filter((wait) => fits(wait, message))) {
      this.#give(probe, message);
      if (probe.kind === 'mprobe') return;
    }
    this.unexpected.push(message);
  }

  wait(wait: Wait): void {
    const message = this.peek(wait);
    this.waits.push(wait);
    if (message === undefined) return;
    this.#give(wait, message);
    if (wait.kind !== 'probe') this.takeBack(message.number);
  }

  /** The message that a receive would get now. */
  peek(pattern: Pattern): Envelope | undefined {
    return this.unexpected.find((message) => fits(pattern, message));
  }

  /** Whether it was still waiting. */
  withdraw(number: number): boolean {
    const at = this.waits.findIndex((wait) => wait.number === number);
    if (at >= 0) this.waits.splice(at, 1);
    return at >= 0;
  }

  /** The sender wants a message back; whether it was still there. */
  takeBack(number: number): boolean {
    for (const list of [this.unexpected, this.#early]) {
      const at = list.findIndex((message) => message.number === number);
      if (at < 0) continue;
      list.splice(at, 1);
      return true;
    }
    return false;
  }

  #give(wait: Wait, message: Envelope): void {
    this.waits.splice(this.waits.indexOf(wait), 1);
    this.got.set(wait.number, message.number);
  }
}
