/**
 * Many ranks in one process: the same communicator, over memory. Needs no launcher, so any test runner can test SPMD code.
 *
 * Nothing is in flight but what this process holds itself, so a deadlock is known at once: every queue is empty, every rank waits.
 */
import { hostname } from 'node:os';
import type { Communicator } from '../comm/communicator.ts';
import { type CollectiveSettings, DEFAULT_SETTINGS, type Job, Member } from '../comm/member.ts';
import * as errors from '../errors.ts';
import { MpiError } from '../errors.ts';
import { Engine, type Liveness } from '../matching/engine.ts';
import { MemoryNetwork } from '../transport/memory/network.ts';
import { Stillness } from './stillness.ts';

/** A program: called once a rank, with that rank's communicator. */
export type SpmdProgram<T> = (comm: Communicator) => T | Promise<T>;

export interface SpmdOptions {
  /**
   * Draws the order in which messages of different pairs are delivered. The same seed gives the same order; without one, messages
   * arrive in the order in which they were sent.
   */
  seed?: number;
  /** Largest payload that travels with its envelope, in bytes; small values drive small programs through the rendezvous. */
  eagerLimit?: number;
  /** Pipelined collectives work in pieces of this many bytes. */
  segmentBytes?: number;
  /** Algorithms to take instead of the selection's, by collective: `{ allreduce: 'ring' }`. */
  algorithms?: Readonly<Record<string, string>>;
}

/**
 * Runs `program` on `size` ranks in this process and gives their results, by rank.
 *
 * Rejects with the first error of a rank; the calls of the others fail then. A deadlock rejects at once with `ERR_DEADLOCK`, and says
 * what each rank waits for.
 */
export async function spmd<T>(size: number, program: SpmdProgram<T>, options: SpmdOptions = {}): Promise<T[]> {
  if (!(Number.isInteger(size) && size >= 1)) throw errors.badSize(size);
  return new Run(size, options).results(program);
}

/** One rank of a run. */
class Rank implements Liveness {
  readonly engine: Engine;
  readonly member: Member;
  readonly world: Communicator;
  finished = false;
  #holds = 0;
  readonly #idle: () => void;

  constructor(rank: number, size: number, network: MemoryNetwork, options: SpmdOptions, job: Job, idle: () => void) {
    this.#idle = idle;
    const { eagerLimit } = options;
    const transport = network.transport(rank);
    this.engine = new Engine({
      transport,
      endpoints: size,
      liveness: this,
      ...(eagerLimit === undefined ? {} : { eagerLimit }),
    });
    const hosts = Array<string>(size).fill(hostname());
    this.member = new Member({ engine: this.engine, job, settings: settingsOf(options), hosts });
    this.world = this.member.world();
  }

  /** Its program is over and nothing of it is under way. */
  get quiet(): boolean {
    return this.finished && this.#holds === 0;
  }

  hold(): void {
    this.#holds++;
  }

  release(): void {
    this.#holds--;
    if (this.quiet) this.#idle();
  }

  describe(rank: number): string {
    if (this.finished && this.#holds === 0) return `rank ${rank} has finished`;
    const calls = new Set([...this.engine.pending()].map((op) => op.describe()));
    return calls.size === 0
      ? `rank ${rank} waits for something outside tsmpi`
      : `rank ${rank} waits in ${[...calls].join(' and ')}`;
  }
}

function settingsOf({ segmentBytes, algorithms }: SpmdOptions): CollectiveSettings {
  return {
    segmentBytes: segmentBytes ?? DEFAULT_SETTINGS.segmentBytes,
    algorithms: algorithms === undefined ? DEFAULT_SETTINGS.algorithms : new Map(Object.entries(algorithms)),
  };
}

class Run implements Job {
  readonly restart = 0;
  readonly #network: MemoryNetwork;
  readonly #ranks: Rank[];
  readonly #stillness: Stillness;
  #over = false;
  #fail!: (error: unknown) => void;

  constructor(size: number, options: SpmdOptions) {
    this.#network = new MemoryNetwork(size, options.seed === undefined ? {} : { seed: options.seed });
    this.#ranks = Array.from(
      { length: size },
      (_, rank) => new Rank(rank, size, this.#network, options, this, () => this.#leave(rank)),
    );
    this.#stillness = new Stillness(
      () => this.#network.inFlight === 0,
      () => this.#deadlock(),
    );
    this.#network.onIdle(() => this.#stillness.suspect());
  }

  async results<T>(program: SpmdProgram<T>): Promise<T[]> {
    const failure = new Promise<never>((_, reject) => {
      this.#fail = reject;
    });
    const ranks = this.#ranks.map((member, rank) => this.#runRank(member, rank, program));
    this.#stillness.suspect();
    try {
      return await Promise.race([Promise.all(ranks), failure]);
    } finally {
      this.#over = true;
      this.#stillness.stop();
    }
  }

  began(): void {
    // Whoever waits asks when everything has come to rest.
  }

  abort(code: number, reason: string | undefined): never {
    const error = errors.abortedJob(code, reason);
    this.#fail(error);
    throw error;
  }

  async #runRank<T>(member: Rank, rank: number, program: SpmdProgram<T>): Promise<T> {
    try {
      const result = await program(member.world);
      member.finished = true;
      if (member.quiet) this.#leave(rank);
      this.#stillness.suspect();
      return result;
    } catch (error) {
      this.#fail(error);
      const cause = error instanceof MpiError ? error : errors.rankThrew(rank, error);
      for (const [other, { engine }] of this.#ranks.entries()) if (other !== rank) engine.peerFailed(rank, cause);
      throw error;
    }
  }

  /** A rank that has finished, and whose sends are through, says good-bye: who still waits for it waits in vain. */
  #leave(rank: number): void {
    this.#ranks[rank]?.engine.leave();
  }

  #deadlock(): void {
    if (this.#over || this.#ranks.every((member) => member.quiet)) return;
    // Perhaps they wait for each other because they disagree: asking shows it.
    let left = false;
    for (const { member } of this.#ranks) if (member.inquire() || member.inquire()) left = true;
    if (left || this.#network.inFlight > 0) return this.#stillness.suspect();
    const error = errors.deadlock(this.#ranks.map((member, rank) => member.describe(rank)));
    this.#fail(error);
    for (const { member } of this.#ranks) member.end(error);
  }
}
