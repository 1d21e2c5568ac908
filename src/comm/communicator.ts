/**
 * The communicator: what a program talks to. Each method checks nothing and holds no algorithm: it hands over to the
 * point-to-point and collective layers, and sees to it that a failure half-way leaves nobody waiting.
 */
import * as collectives from '../collectives/calls.ts';
import type {
  AlltoallvOptions,
  CollectiveOptions,
  GathervOptions as GathervParts,
  ScattervOptions as ScattervParts,
} from '../collectives/context.ts';
import { type OpLike, SUM } from '../collectives/ops.ts';
import * as errors from '../errors.ts';
import { isMpiError, type MpiError } from '../errors.ts';
import { ANY_SOURCE, ANY_TAG } from '../matching/envelope.ts';
import { checkWaiting, type WaitOptions, watch } from '../p2p/guard.ts';
import { type MessagesOptions, messages, type ReceivedMessage } from '../p2p/messages.ts';
import { PersistentRequest } from '../p2p/persistent.ts';
import { improbe, iprobe, type Message, probe } from '../p2p/probe.ts';
import { type ReceiveOptions, recv, startReceive } from '../p2p/receive.ts';
import { Request } from '../p2p/request.ts';
import { type SendOptions, send, startSend } from '../p2p/send.ts';
import { Status } from '../p2p/status.ts';
import { relocated } from '../p2p/wait.ts';
import type { Domain } from './domain.ts';
import { Group } from './group.ts';

/** Options of a collective: where the result goes, which algorithm, and what ends the wait. */
export interface CallOptions extends CollectiveOptions, WaitOptions {}
export interface ScattervOptions extends ScattervParts, WaitOptions {}
export interface GathervOptions extends GathervParts, WaitOptions {}
export interface AlltoallOptions extends AlltoallvOptions, WaitOptions {}

/** Options of `sendrecv`. */
export interface SendrecvOptions<T = unknown> extends ReceiveOptions<T> {
  sendTag?: number | undefined;
  recvTag?: number | undefined;
}

export class Communicator {
  readonly #domain: Domain;
  readonly #group: Group;

  /** @internal Made by the runtime. */
  constructor(domain: Domain) {
    this.#domain = domain;
    this.#group = new Group(domain.endpoints, domain.rank);
  }

  /** Our rank: 0 to size - 1 (MPI_Comm_rank). */
  get rank(): number {
    return this.#domain.rank;
  }

  /** Number of ranks (MPI_Comm_size). */
  get size(): number {
    return this.#domain.size;
  }

  /** For messages: `world`, `self`. */
  get name(): string {
    return this.#domain.name;
  }

  /** The processes of this communicator (MPI_Comm_group). */
  get group(): Group {
    return this.#group;
  }

  /** How often the job was started again after a failure. */
  get restart(): number {
    return this.#domain.job.restart;
  }

  /**
   * Ends every rank of the job, now, with exit code `code` (0 to 255); `reason` is printed (MPI_Abort, MPI 4.1, section 9.4).
   * Does not return.
   */
  abort(code = 1, reason?: string): never {
    if (!(Number.isInteger(code) && code >= 0 && code <= 255))
      throw errors.located(errors.badExitCode(code), { rank: this.rank, op: 'abort' });
    return this.#domain.job.abort(code, reason);
  }

  // ── Point to point (MPI 4.1, chapter 3) ────────────────────────────────────────────────────────────────────────────

  /**
   * Sends `value` to rank `dest`. Resolves when `value` may be changed again: small messages are buffered, large ones wait for
   * the receiver.
   */
  send(value: unknown, dest: number, tag = 0, options?: SendOptions): Promise<void> {
    return send(this.#domain.p2p, 'send', value, dest, tag, false, options);
  }

  /** Sends `value` and resolves once the receiver has matched it (MPI_Ssend). */
  ssend(value: unknown, dest: number, tag = 0, options?: SendOptions): Promise<void> {
    return send(this.#domain.p2p, 'ssend', value, dest, tag, true, options);
  }

  /** Receives one value: of the messages that fit, the one sent first. */
  recv<T = unknown>(source: number = ANY_SOURCE, tag: number = ANY_TAG, options?: ReceiveOptions<T>): Promise<T> {
    return recv<T>(this.#domain.p2p, 'recv', source, tag, options);
  }

  /** Sends to `dest` and receives from `source` at the same time, without deadlock (MPI_Sendrecv). */
  async sendrecv<T = unknown>(value: unknown, dest: number, source: number, options?: SendrecvOptions<T>): Promise<T> {
    const { sendTag = 0, recvTag = ANY_TAG, ...rest } = options ?? {};
    const { signal, timeout } = rest;
    const context = this.#domain.p2p;
    // What is no object at all is refused there.
    const given = typeof options === 'object' && options !== null ? rest : options;
    const receive = startReceive(context, 'sendrecv', source, recvTag, given);
    const incoming = new Request<T>(receive);
    incoming.catch(() => {});
    try {
      const limits = options === undefined ? undefined : { signal, timeout };
      await send(context, 'sendrecv', value, dest, sendTag, false, limits);
    } catch (error) {
      await incoming.cancel();
      throw error;
    }
    return incoming;
  }

  /** Starts a send (MPI_Isend). */
  isend(value: unknown, dest: number, tag = 0, options?: SendOptions): Request<void> {
    return this.#startSend('isend', value, dest, tag, false, options);
  }

  /** Starts a synchronous send (MPI_Issend): done once the receiver has matched it. */
  issend(value: unknown, dest: number, tag = 0, options?: SendOptions): Request<void> {
    return this.#startSend('issend', value, dest, tag, true, options);
  }

  /** Starts a receive (MPI_Irecv). */
  irecv<T = unknown>(source: number = ANY_SOURCE, tag: number = ANY_TAG, options?: ReceiveOptions<T>): Request<T> {
    try {
      const status = options?.status ?? new Status();
      return new Request<T>(startReceive(this.#domain.p2p, 'irecv', source, tag, options, status), status);
    } catch (error) {
      return Request.rejected<T>(error);
    }
  }

  /** Waits until a message that fits is there, and leaves it there (MPI_Probe). */
  probe(source: number = ANY_SOURCE, tag: number = ANY_TAG, options?: WaitOptions): Promise<Status> {
    return probe<Status>(this.#domain.p2p, 'probe', source, tag, false, options);
  }

  /** The status of the message that a receive would get now. Never waits: messages arrive between turns of the event loop. */
  iprobe(source: number = ANY_SOURCE, tag: number = ANY_TAG): Status | undefined {
    return iprobe(this.#domain.p2p, source, tag);
  }

  /** Waits for a message that fits and takes it aside: only `message.recv()` can receive it (MPI_Mprobe). */
  mprobe(source: number = ANY_SOURCE, tag: number = ANY_TAG, options?: WaitOptions): Promise<Message> {
    return probe<Message>(this.#domain.p2p, 'mprobe', source, tag, true, options);
  }

  /** The same without waiting (MPI_Improbe). */
  improbe(source: number = ANY_SOURCE, tag: number = ANY_TAG): Message | undefined {
    return improbe(this.#domain.p2p, source, tag);
  }

  /** Receives one message after the other, until the signal fires or the loop is left. */
  messages<T = unknown>(
    source: number = ANY_SOURCE,
    tag: number = ANY_TAG,
    options?: MessagesOptions,
  ): AsyncIterableIterator<ReceivedMessage<T>> {
    return messages<T>(this.#domain.p2p, source, tag, options);
  }

  /** A send to be started again and again (MPI_Send_init); `value` is read anew at each start. */
  sendInit(value: unknown, dest: number, tag = 0, options?: SendOptions): PersistentRequest<void> {
    return new PersistentRequest(() => this.isend(value, dest, tag, options));
  }

  /** A receive to be started again and again (MPI_Recv_init). */
  recvInit<T = unknown>(
    source: number = ANY_SOURCE,
    tag: number = ANY_TAG,
    options?: ReceiveOptions<T>,
  ): PersistentRequest<T> {
    return new PersistentRequest(() => this.irecv<T>(source, tag, options));
  }

  // ── Collectives (MPI 4.1, chapter 6): called by every rank, in the same order ──────────────────────────────────────

  /** Returns when every rank has called it. */
  barrier(options?: CallOptions): Promise<void> {
    return this.#call('barrier', options, (domain) => collectives.barrier(domain, options));
  }

  /** Gives the root's value to every rank. */
  bcast<T>(value: T | undefined, root = 0, options?: CallOptions): Promise<T> {
    return this.#call('bcast', options, (domain) => collectives.bcast(domain, value, root, options));
  }

  /** Gives the root's `values[r]` to rank r. */
  scatter<T>(values: readonly T[] | undefined, root = 0, options?: CallOptions): Promise<T> {
    return this.#call('scatter', options, (domain) => collectives.scatter(domain, values, root, options));
  }

  /** Gives the values of all ranks, by rank, to the root; `undefined` to the others. */
  gather<T>(value: T, root = 0, options?: CallOptions): Promise<T[] | undefined> {
    return this.#call('gather', options, (domain) => collectives.gather(domain, value, root, options));
  }

  /** Gives the values of all ranks, by rank, to every rank. */
  allgather<T>(value: T, options?: CallOptions): Promise<T[]> {
    return this.#call('allgather', options, (domain) => collectives.allgather(domain, value, options));
  }

  /** Gives `values[r]` of every rank to rank r, by sending rank. */
  alltoall<T>(values: readonly T[], options?: CallOptions): Promise<T[]> {
    return this.#call('alltoall', options, (domain) => collectives.alltoall(domain, values, options));
  }

  /** Cuts the root's flat TypedArray into parts of `counts[r]` elements. */
  scatterv<A>(
    array: A | undefined,
    counts: readonly number[] | undefined,
    root = 0,
    options?: ScattervOptions,
  ): Promise<A> {
    return this.#call('scatterv', options, (domain) => collectives.scatterv(domain, array, counts, root, options));
  }

  /** Joins flat TypedArrays of any lengths at the root. */
  gatherv<A>(array: A, root = 0, options?: GathervOptions): Promise<A | undefined> {
    return this.#call('gatherv', options, (domain) => collectives.gatherv(domain, array, root, options));
  }

  /** Joins flat TypedArrays of any lengths on every rank. */
  allgatherv<A>(array: A, options?: GathervOptions): Promise<A> {
    return this.#call('allgatherv', options, (domain) => collectives.allgatherv(domain, array, options));
  }

  /** Sends `sendCounts[r]` elements of a flat TypedArray to rank r; gives what came, joined by sending rank. */
  alltoallv<A>(array: A, sendCounts: readonly number[], options?: AlltoallOptions): Promise<A> {
    return this.#call('alltoallv', options, (domain) => collectives.alltoallv(domain, array, sendCounts, options));
  }

  /** Combines the values of all ranks, in rank order, at the root; `undefined` elsewhere. */
  reduce<T>(value: T, op: OpLike = SUM, root = 0, options?: CallOptions): Promise<T | undefined> {
    return this.#call('reduce', options, (domain) => collectives.reduce(domain, value, op, root, options));
  }

  /** Combines the values of all ranks, with the same bits on every rank. */
  allreduce<T>(value: T, op: OpLike = SUM, options?: CallOptions): Promise<T> {
    return this.#call('allreduce', options, (domain) => collectives.allreduce(domain, value, op, options));
  }

  /** Combines the values of ranks 0 to ours. */
  scan<T>(value: T, op: OpLike = SUM, options?: CallOptions): Promise<T> {
    return this.#call('scan', options, (domain) => collectives.scan(domain, value, op, options));
  }

  /** Combines the values of the ranks before ours; `undefined` on rank 0. */
  exscan<T>(value: T, op: OpLike = SUM, options?: CallOptions): Promise<T | undefined> {
    return this.#call('exscan', options, (domain) => collectives.exscan(domain, value, op, options));
  }

  /** Combines flat TypedArrays of all ranks; rank r keeps the next `counts[r]` elements of the result. */
  reduceScatter<A>(array: A, counts: readonly number[], op: OpLike = SUM, options?: CallOptions): Promise<A> {
    return this.#call('reduceScatter', options, (domain) =>
      collectives.reduceScatter(domain, array, counts, op, options),
    );
  }

  /** The same with equal parts: the length must be a multiple of the number of ranks. */
  reduceScatterBlock<A>(array: A, op: OpLike = SUM, options?: CallOptions): Promise<A> {
    return this.#call('reduceScatterBlock', options, (domain) =>
      collectives.reduceScatterBlock(domain, array, op, options),
    );
  }

  /** Wrong arguments reject, as in every other call. HOT (bench: rate). */
  #startSend(
    call: string,
    value: unknown,
    dest: number,
    tag: number,
    synchronous: boolean,
    options: SendOptions | undefined,
  ): Request<void> {
    try {
      return new Request<void>(startSend(this.#domain.p2p, call, value, dest, tag, synchronous, options));
    } catch (error) {
      return Request.rejected<void>(error);
    }
  }

  /**
   * Runs one collective. Whatever ends it half-way on this rank (a time limit, a signal, an op that throws) leaves the
   * communicator unusable and tells the other ranks, so that none waits for us. HOT (bench: allreduce, barrier).
   */
  async #call<T>(call: string, options: CallOptions | undefined, run: (domain: Domain) => Promise<T>): Promise<T> {
    const domain = this.#domain;
    try {
      domain.check(call);
      checkWaiting(call, options);
    } catch (error) {
      if (!isMpiError(error)) throw error;
      // A signal that has fired already is a rank that does not come: the others must not wait for it.
      if (error.code === 'ERR_ABORTED') domain.fail(call, error);
      throw errors.located(error, { rank: domain.rank, op: call });
    }
    const before = domain.current;
    const running = run(domain);
    const channel = domain.current === before ? null : domain.current;
    let expired: MpiError | undefined;
    const limit =
      options === undefined || channel === null
        ? null
        : watch(
            options,
            () => channel.describe(),
            (error) => {
              expired = errors.located(error, { rank: domain.rank, op: call });
              domain.fail(call, expired);
            },
          );
    try {
      return await running;
    } catch (error) {
      if (expired !== undefined) throw relocated(expired);
      const cause = errors.located(isMpiError(error) ? error : errors.threwInside(call, error), {
        rank: domain.rank,
        op: call,
      });
      if (channel !== null && !channel.closed) domain.fail(call, cause);
      throw cause === error ? relocated(cause) : error;
    } finally {
      limit?.release();
      if (channel !== null) domain.running.delete(channel);
    }
  }
}
