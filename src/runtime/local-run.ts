/**
 * Many ranks in one process, whatever carries their messages.
 *
 * Nothing is in flight but what this process holds itself, so a deadlock is known at once: nothing is under way, every rank waits.
 */
import type { Clock } from '../base/clock.ts';
import { Deferred } from '../base/deferred.ts';
import type { Communicator } from '../comm/communicator.ts';
import {
  type BoardSettings,
  type CollectiveSettings,
  DEFAULT_SETTINGS,
  type Job,
  Member,
  type Sharing,
} from '../comm/member.ts';
import * as errors from '../errors.ts';
import { MpiError } from '../errors.ts';
import { Engine, type Liveness } from '../matching/engine.ts';
import type { MemoryFabric } from '../transport/memory/fabric.ts';
import { Stillness } from './stillness.ts';

/** Options of every way to run many ranks in one process. */
export interface LocalOptions {
  /** Largest payload that travels with its envelope, in bytes; small values drive small programs through the rendezvous. */
  eagerLimit?: number;
  /** Pipelined collectives work in pieces of this many bytes. */
  segmentBytes?: number;
  /** Algorithms to take instead of the selection's, by collective: `{ allreduce: 'ring' }`. */
  algorithms?: Readonly<Record<string, string>>;
}

/** Where the ranks are. */
export interface Surroundings {
  readonly fabric: MemoryFabric;
  /** The host of each rank. */
  readonly hosts: readonly string[];
  /** What the time limits of a rank go by, unless it is the system's. */
  readonly clock?: (rank: number) => Clock;
  /** Memory that they share besides: what each rank has of it, and of which shape boards are. */
  readonly boards?: { readonly sharing: () => Sharing; readonly settings: BoardSettings } | undefined;
}

/** running → finished (its result is there) | failed | dropped (by the run). */
type RankState = 'running' | 'finished' | 'failed' | 'dropped';

/** What a rank asks of its run. */
interface Run extends Job {
  /** It has finished and its sends are through: who still waits for it waits in vain. */
  farewell(rank: number): void;
}

/** One rank of a run. */
export class LocalRank implements Liveness {
  readonly rank: number;
  readonly engine: Engine;
  readonly member: Member;
  readonly world: Communicator;
  state: RankState = 'running';
  #holds = 0;
  readonly #run: Run;

  constructor(endpoints: readonly number[], rank: number, place: Surroundings, options: LocalOptions, run: Run) {
    const { fabric, hosts, clock, boards } = place;
    const { eagerLimit } = options;
    this.rank = rank;
    this.#run = run;
    this.engine = new Engine({
      transport: fabric.transport(rank),
      endpoints: fabric.size,
      liveness: this,
      ...(clock === undefined ? {} : { clock: clock(rank) }),
      ...(eagerLimit === undefined ? {} : { eagerLimit }),
    });
    this.member = new Member({
      engine: this.engine,
      job: this.#run,
      settings: { ...settingsOf(options), ...(boards && { board: boards.settings }) },
      hosts,
      sharing: boards?.sharing(),
    });
    this.world = this.member.world(endpoints);
  }

  /** Its program is over and nothing of it is under way. */
  get quiet(): boolean {
    return this.state === 'finished' && this.#holds === 0;
  }

  hold(): void {
    this.#holds++;
  }

  release(): void {
    this.#holds--;
    if (this.quiet) this.#run.farewell(this.rank);
  }

  describe(): string {
    if (this.state === 'dropped') return `rank ${this.rank} was dropped`;
    if (this.quiet) return `rank ${this.rank} has finished`;
    const calls = new Set([...this.engine.pending()].map((op) => op.report()));
    return calls.size === 0
      ? `rank ${this.rank} waits for something outside tsmpi`
      : `rank ${this.rank} waits in ${[...calls].join(' and ')}`;
  }
}

function settingsOf({ segmentBytes, algorithms }: LocalOptions): CollectiveSettings {
  return {
    ...DEFAULT_SETTINGS,
    segmentBytes: segmentBytes ?? DEFAULT_SETTINGS.segmentBytes,
    algorithms: algorithms === undefined ? DEFAULT_SETTINGS.algorithms : new Map(Object.entries(algorithms)),
  };
}

export abstract class LocalRun<T> implements Run {
  readonly restart = 0;
  protected readonly ranks: readonly LocalRank[];
  readonly #fabric: MemoryFabric;
  readonly #stillness: Stillness;
  readonly #results: T[];
  #running: number;
  readonly #over = new Deferred<void>();
  #failed = false;

  constructor(surroundings: Surroundings, options: LocalOptions) {
    const { fabric } = surroundings;
    this.#fabric = fabric;
    this.#running = fabric.size;
    this.#results = new Array<T>(fabric.size);
    const endpoints = Array.from({ length: fabric.size }, (_, endpoint) => endpoint);
    this.ranks = endpoints.map((rank) => new LocalRank(endpoints, rank, surroundings, options, this));
    this.#stillness = new Stillness(
      () => fabric.inFlight === 0,
      () => this.#still(),
    );
    fabric.onIdle(() => this.#stillness.suspect());
  }

  abstract farewell(rank: number): void;

  /** Nothing can happen any more, and some rank waits. True: it has been told something, and may go on. */
  protected abstract rouse(): boolean;

  /** Runs `program` on every rank; gives their results, where a rank that was dropped leaves a hole. */
  async run(program: (comm: Communicator, rank: number) => T | Promise<T>): Promise<T[]> {
    for (const rank of this.ranks) void this.#runRank(rank, program);
    this.#stillness.suspect();
    try {
      await this.#over.promise;
      return this.#results;
    } finally {
      this.#stillness.stop();
    }
  }

  began(): void {
    // Whoever waits asks when everything has come to rest.
  }

  abort(code: number, reason: string | undefined): never {
    const error = errors.abortedJob(code, reason);
    this.#over.reject(error);
    throw error;
  }

  /** Whatever this rank still does is of no interest. */
  protected drop(rank: LocalRank): void {
    if (rank.state === 'running') this.#end(rank, 'dropped');
  }

  async #runRank(rank: LocalRank, program: (comm: Communicator, rank: number) => T | Promise<T>): Promise<void> {
    try {
      const result = await program(rank.world, rank.rank);
      if (rank.state !== 'running') return;
      this.#results[rank.rank] = result;
      this.#end(rank, 'finished');
      if (rank.quiet) this.farewell(rank.rank);
    } catch (error) {
      if (rank.state !== 'running') return;
      rank.state = 'failed';
      if (this.#failed) return;
      this.#fail(error);
      const cause = error instanceof MpiError ? error : errors.rankThrew(rank.rank, error);
      for (const other of this.ranks) {
        if (other !== rank && other.state === 'running') other.engine.peerFailed(rank.rank, cause);
      }
      // Those that wait for others who wait for this rank need not find out one after the other.
      setImmediate(() => {
        for (const { state, member } of this.ranks) if (state === 'running') member.end(cause);
      });
    }
  }

  /** With the first error the run is over: what others make of it is of no interest. */
  #fail(error: unknown): void {
    this.#failed = true;
    this.#over.reject(error);
  }

  #end(rank: LocalRank, state: RankState): void {
    rank.state = state;
    if (--this.#running === 0) this.#over.resolve();
    this.#stillness.suspect();
  }

  #still(): void {
    const waiting = this.ranks.filter(({ state, quiet }) => state !== 'dropped' && !quiet);
    if (this.#running === 0 || waiting.length === 0) return;
    if (this.rouse()) return this.#stillness.suspect();
    // Perhaps they wait for each other because they disagree: asking shows it.
    let left = false;
    for (const { member } of waiting) if (member.inquire() || member.inquire()) left = true;
    if (left || this.#fabric.inFlight > 0) return this.#stillness.suspect();
    const error = errors.deadlock(this.ranks.map((rank) => rank.describe()));
    this.#fail(error);
    for (const { member } of waiting) member.end(error);
  }
}
