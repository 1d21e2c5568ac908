/** One process as a member of its job: its engine, where everybody is, and the communicators that it has made. */
import { Deferred } from '../base/deferred.ts';
import type { SharedMemorySource } from '../collectives/board/memory.ts';
import type { Model } from '../collectives/model/model.ts';
import type { MpiError } from '../errors.ts';
import * as errors from '../errors.ts';
import type { Engine } from '../matching/engine.ts';
import { isLimited, type WaitOptions, watch } from '../p2p/guard.ts';
import type { BoardWaits } from './board-waits.ts';
import { CartCommunicator } from './cartesian.ts';
import { Communicator } from './communicator.ts';
import { communicatorId, FIRST_SERIAL, SELF_SERIAL, WORLD_SERIAL } from './context-ids.ts';
import { Domain } from './domain.ts';
import { GraphCommunicator } from './graph.ts';
import type { Sides } from './intercommunication.ts';
import { Intercommunicator } from './intercommunicator.ts';
import type { Edges } from './topologies.ts';
import type { Grid } from './topology/grid.ts';

/** What a communicator asks of the job that it is part of. */
export interface Job {
  /** How often the job was started again. */
  readonly restart: number;
  /** Ends every rank of the job. */
  abort(code: number, reason: string | undefined): never;
  /** A collective has begun on this communicator: if it lasts, {@link Domain.inquire} is to be called. HOT. */
  began(domain: Domain): void;
}

export interface CollectiveSettings {
  /** Pipelines work in pieces of this many bytes. */
  readonly segmentBytes: number;
  /** Algorithms to take instead of the selection's, by collective. */
  readonly algorithms: ReadonlyMap<string, string>;
  /** Chooses where nothing else does; left out where nothing has been measured. */
  readonly model?: Model | undefined;
  readonly board: BoardSettings;
}

/** The memory that the ranks of a communicator share, where they are on one host. */
export interface BoardSettings {
  /** It is made at the first collective that can use it from this one on: what makes few of them needs none. */
  readonly after: number;
  /** A rank writes into so many banks in turn: a power of two, at least 4. */
  readonly banks: number;
  /** A multiple of 64, for 4 ranks or fewer: more of them have as much together. */
  readonly bankBytes: number;
}

export const DEFAULT_SETTINGS: CollectiveSettings = {
  segmentBytes: 128 * 1024,
  algorithms: new Map(),
  // 256 KiB, with a head.
  board: { after: 8, banks: 4, bankBytes: 256 * 1024 + 64 },
};

/** How ranks of this host come to memory that they share; left out where they can't. */
export interface Sharing {
  readonly source: SharedMemorySource;
  readonly waits: BoardWaits;
  /** Gives the processor to others; asked for once there is a board. Undefined where all ranks are in this process. */
  readonly yieldCpu: () => (() => void) | undefined;
  /** This host has more ranks than processors. */
  readonly crowded: boolean;
  /** Told why there is no board where there could be one. */
  readonly refused: (reason: string) => void;
}

export interface MemberOptions {
  engine: Engine;
  job: Job;
  settings: CollectiveSettings;
  /** The name of the host of each endpoint. */
  hosts: readonly string[];
  sharing?: Sharing | undefined;
}

/** Communicators of blocks that have ended may be on their way out while new ones are made, but not without bound: a rank that is ahead waits. */
const MAX_UNSEEN = 64;

export class Member {
  readonly engine: Engine;
  readonly job: Job;
  readonly settings: CollectiveSettings;
  readonly hosts: readonly string[];
  readonly sharing: Sharing | undefined;
  /** Those that have not been freed. */
  readonly domains = new Set<Domain>();
  /** Stands for calls on what has been freed, which then say which call it was: one for all, as it is made for every communicator. */
  readonly afterFree: MpiError = errors.freed('this call', 'of this rank');
  #nextSerial = FIRST_SERIAL;
  /** Those that are being freed, and how many of them nobody waits for. */
  readonly #departing = new Set<Promise<void>>();
  #unseen = 0;
  #fewDeparting: Deferred<void> | undefined;

  constructor({ engine, job, settings, hosts, sharing }: MemberOptions) {
    this.engine = engine;
    this.job = job;
    this.settings = settings;
    this.hosts = hosts;
    this.sharing = sharing;
  }

  /** The communicator of all: `endpoints` are those of the job, in order. */
  world(endpoints: readonly number[] = [...Array(this.engine.endpoints).keys()]): Communicator {
    const id = communicatorId(0, WORLD_SERIAL, 0);
    const { self } = this.engine;
    return new Communicator(new Domain({ member: this, id, name: 'world', endpoints, rank: self, permanent: true }));
  }

  /** The communicator of this process alone. */
  self(): Communicator {
    const { self } = this.engine;
    const id = communicatorId(self, SELF_SERIAL, 0);
    return new Communicator(
      new Domain({ member: this, id, name: 'self', endpoints: [self], rank: 0, permanent: true }),
    );
  }

  // A communicator makes others that are kinds of communicators themselves: here, where all kinds are known.

  cartesian(domain: Domain, grid: Grid): CartCommunicator {
    return new CartCommunicator(domain, grid);
  }

  graph(domain: Domain, edges: Edges): GraphCommunicator {
    return new GraphCommunicator(domain, edges);
  }

  intercommunicator(sides: Sides): Intercommunicator {
    return new Intercommunicator(sides);
  }

  /** A number that no communicator has: it may stay unused. */
  takeSerial(): number {
    return this.#nextSerial++;
  }

  /** {@link Domain.inquire} for every communicator. */
  inquire(): boolean {
    let left = false;
    for (const domain of this.domains) if (domain.inquire()) left = true;
    return left;
  }

  /** All is over: every call fails with `cause`. */
  end(cause: MpiError): void {
    for (const domain of this.domains) domain.end(cause);
  }

  /**
   * A communicator is being freed, until `freed` has settled.
   *
   * @param unseen - nobody waits for it: so many only may be under way at a time.
   */
  departing(freed: Promise<void>, unseen: boolean): void {
    this.#departing.add(freed);
    if (unseen) this.#unseen++;
    const gone = () => {
      this.#departing.delete(freed);
      if (!unseen || --this.#unseen > MAX_UNSEEN) return;
      this.#fewDeparting?.resolve();
      this.#fewDeparting = undefined;
    };
    freed.then(gone, gone);
  }

  /** Waits while too many are being freed that nobody waits for. */
  async fewDeparting(options: WaitOptions = {}): Promise<void> {
    if (this.#unseen <= MAX_UNSEEN) return;
    this.#fewDeparting ??= new Deferred();
    const few = this.#fewDeparting.promise;
    // What was asked for is there: a time limit ends this wait, and is no failure.
    await new Promise<void>((resolve) => {
      const limit = isLimited(options)
        ? watch(
            this.engine.clock,
            options,
            () => 'free',
            () => resolve(),
          )
        : null;
      void few.then(() => {
        limit?.release();
        resolve();
      });
    });
  }

  /** Waits until whatever is being freed is, or can't be. */
  async departed(): Promise<void> {
    await Promise.allSettled(this.#departing);
  }
}
