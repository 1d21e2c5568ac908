/** What ranks have to tell each other before there are links between them, or where there never will be: addresses and good-byes. */
import type { Address, FromRank } from '../../src/contract/control.ts';
import type { Agent } from '../agents/agent.ts';

/** Good-byes are passed on in batches of this many milliseconds: N ranks that leave together would make N * N messages. */
const BATCH = 2;

type Hello = Extract<FromRank, { type: 'hello' }>;

export class Messenger {
  readonly #agent: Agent;
  readonly #hellos: (Hello | undefined)[];
  #missing: number;
  /** By the rank to be told: who said good-bye to it. */
  readonly #byes = new Map<number, number[]>();
  #timer: NodeJS.Timeout | undefined;

  constructor(agent: Agent, size: number) {
    this.#agent = agent;
    this.#hellos = Array.from({ length: size }, () => undefined);
    this.#missing = size;
  }

  /** The rank has said hello. */
  knows(rank: number): boolean {
    return this.#hellos[rank] !== undefined;
  }

  /** With the last one everybody learns where the others are. */
  hello(rank: number, hello: Hello): void {
    if (this.#hellos[rank] !== undefined) return;
    this.#hellos[rank] = hello;
    if (--this.#missing > 0) return;
    const local: Address[] = this.#hellos.map((each) => each!.local);
    const remote: Address[] = this.#hellos.map((each) => each!.remote);
    this.#agent.send({ type: 'control', ranks: [...this.#hellos.keys()], message: { type: 'peers', local, remote } });
  }

  bye(from: number, to: readonly number[]): void {
    for (const rank of to) {
      const leavers = this.#byes.get(rank);
      if (leavers === undefined) this.#byes.set(rank, [from]);
      else leavers.push(from);
    }
    this.#timer ??= setTimeout(() => this.#passByes(), BATCH);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #passByes(): void {
    this.#timer = undefined;
    for (const [rank, from] of this.#byes) {
      this.#agent.send({ type: 'control', ranks: [rank], message: { type: 'bye', from } });
    }
    this.#byes.clear();
  }
}
