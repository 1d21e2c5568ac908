/** One closed space of messages: a communicator has two, for point-to-point and for collectives (MPI 4.1, section 7.4). */
import type { MpiError } from '../errors.ts';
import type { Frame } from '../wire/frame.ts';
import type { Engine } from './engine.ts';
import type { Message } from './message.ts';
import type { ProbeOperation, ReceiveOperation } from './operation.ts';
import { PostedQueue, UnexpectedQueue } from './queues.ts';

/** What a context asks its communicator. */
export interface ContextOwner {
  /** `world`, for messages. */
  readonly name: string;
  /** Looks at every arriving envelope before it is matched: finds collectives that disagree. */
  inspect(frame: Frame): void;
  /** Another rank says that the communicator is unusable, in the words of `payload`. */
  revoked(source: number, payload: Uint8Array): void;
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
  /** Why nothing works here any more. */
  broken: MpiError | null = null;

  constructor(engine: Engine, id: number, owner: ContextOwner, endpoints: readonly number[], rank: number) {
    this.engine = engine;
    this.id = id;
    this.owner = owner;
    this.endpoints = endpoints;
    this.rank = rank;
  }

  get size(): number {
    return this.endpoints.length;
  }
}
