/** One closed space of messages: a communicator has several, for point-to-point, collectives, … (MPI 4.1, section 7.4). */
import type { MpiError } from '../errors.ts';
import type { Frame } from '../wire/frame.ts';
import type { Engine } from './engine.ts';
import type { Message } from './message.ts';
import type { ProbeOperation, ReceiveOperation } from './operation.ts';
import { PostedQueue, UnexpectedQueue } from './queues.ts';

export interface ContextOptions {
  readonly owner: ContextOwner;
  /** Endpoint of each rank that can be sent to and received from. */
  readonly endpoints: readonly number[];
  /** Our own rank, as those see it. */
  readonly rank: number;
  readonly tally: Tally | null;
}

/** What a context asks its communicator. */
export interface ContextOwner {
  /** `world`, for messages. */
  readonly name: string;
  /** Looks at every arriving envelope before it is matched: finds collectives that disagree. */
  inspect(frame: Frame): void;
  /** Another rank says that the communicator is unusable since call `number`, in the words of `payload`. */
  revoked(source: number, number: number, payload: Uint8Array): void;
  /** The process behind one of the ranks is gone for good. */
  peerFailed(): void;
}

/**
 * How many messages of one communicator have been sent to each rank, and have come: together they tell when nothing is under way
 * any more. Counts wrap at 2^32, on both sides alike.
 */
export class Tally {
  /** By destination. */
  readonly sent: Uint32Array;
  #received = 0;
  #awaited: { readonly total: number; readonly complete: () => void } | undefined;

  constructor(size: number) {
    this.sent = new Uint32Array(size);
  }

  /** One has come. HOT (bench: latency). */
  count(): void {
    this.#received = (this.#received + 1) >>> 0;
    if (this.#awaited?.total === this.#received) this.#awaited.complete();
  }

  /** Calls `complete` as soon as `total` messages have come, perhaps now. */
  await(total: number, complete: () => void): void {
    if (this.#received === total) complete();
    else this.#awaited = { total, complete };
  }
}

export class Context {
  readonly engine: Engine;
  readonly id: number;
  readonly owner: ContextOwner;
  /** Endpoint of each rank. */
  readonly endpoints: readonly number[];
  readonly rank: number;
  readonly posted = new PostedQueue<ReceiveOperation>();
  readonly unexpected = new UnexpectedQueue<Message>();
  readonly probes = new Set<ProbeOperation>();
  /** Where messages are counted; null: they need not be. */
  readonly tally: Tally | null;
  /** Why nothing works here any more. */
  broken: MpiError | null = null;

  constructor(engine: Engine, id: number, { owner, endpoints, rank, tally }: ContextOptions) {
    this.engine = engine;
    this.id = id;
    this.owner = owner;
    this.endpoints = endpoints;
    this.rank = rank;
    this.tally = tally;
  }

  get size(): number {
    return this.endpoints.length;
  }
}
