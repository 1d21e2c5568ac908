/**
 * The point-to-point calls (MPI 4.1, chapter 3). Each checks nothing and holds no protocol: it hands over to the layer below.
 */
import { inspect } from 'node:util';
import type { Context } from '../matching/context.ts';
import { ANY_SOURCE, ANY_TAG, PROC_NULL } from '../matching/envelope.ts';
import type { WaitOptions } from '../p2p/guard.ts';
import { type MessagesOptions, messages, type ReceivedMessage } from '../p2p/messages.ts';
import { PersistentRequest } from '../p2p/persistent.ts';
import { improbe, iprobe, type Message, probe } from '../p2p/probe.ts';
import { type ReceiveOptions, recv, startReceive } from '../p2p/receive.ts';
import { contentsOf, receivingInto } from '../p2p/replace.ts';
import { Request } from '../p2p/request.ts';
import { type SendOptions, send, startSend } from '../p2p/send.ts';
import { Status } from '../p2p/status.ts';

/** Options of `sendrecv`. */
export interface SendrecvOptions<T = unknown> extends ReceiveOptions<T> {
  sendTag?: number | undefined;
  recvTag?: number | undefined;
}

/** Options of `sendrecvReplace`: the array is its own `out`. */
export type SendrecvReplaceOptions = Omit<SendrecvOptions, 'out'>;

export abstract class PointToPoint {
  /** Where messages travel: its ranks are those that can be sent to. */
  readonly #context: Context;

  protected constructor(context: Context) {
    this.#context = context;
  }

  /** For messages. */
  abstract get name(): string;
  /** Our rank. */
  abstract get rank(): number;
  /** Number of ranks in our group. */
  abstract get size(): number;

  /** What kind of communicator it is, for people. @internal */
  protected abstract get kind(): string;

  /** `Communicator 'world', rank 0 of 4`: what `console.log` shows, too. */
  toString(): string {
    return `${this.kind} '${this.name}', rank ${this.rank} of ${this.size}`;
  }

  [inspect.custom](): string {
    return this.toString();
  }

  /**
   * Sends `value` to rank `dest`. Resolves when `value` may be changed again: small messages are buffered, large ones wait for
   * the receiver.
   */
  send(value: unknown, dest: number, tag = 0, options?: SendOptions): Promise<void> {
    return send(this.#context, 'send', value, dest, tag, false, options);
  }

  /** Sends `value` and resolves once the receiver has matched it (MPI_Ssend). */
  ssend(value: unknown, dest: number, tag = 0, options?: SendOptions): Promise<void> {
    return send(this.#context, 'ssend', value, dest, tag, true, options);
  }

  /** Receives one value: of the messages that fit, the one sent first. */
  recv<T = unknown>(source: number = ANY_SOURCE, tag: number = ANY_TAG, options?: ReceiveOptions<T>): Promise<T> {
    return recv<T>(this.#context, 'recv', source, tag, options);
  }

  /** Sends to `dest` and receives from `source` at the same time, without deadlock (MPI_Sendrecv). */
  sendrecv<T = unknown>(value: unknown, dest: number, source: number, options?: SendrecvOptions<T>): Promise<T> {
    return this.#exchange<T>('sendrecv', value, dest, source, options);
  }

  /**
   * Sends the contents of a TypedArray or ndarray to `dest` and replaces them by the message from `source` (MPI_Sendrecv_replace), which
   * must fit as into any `out`: where it does not, the array stays as it is. Gives the array; from PROC_NULL comes nothing.
   */
  async sendrecvReplace<A>(array: A, dest: number, source: number, options?: SendrecvReplaceOptions): Promise<A> {
    const context = this.#context;
    const contents = contentsOf(context, 'sendrecvReplace', array);
    const given = receivingInto(context, 'sendrecvReplace', array, options);
    await this.#exchange('sendrecvReplace', contents, dest, source, given);
    return array;
  }

  async #exchange<T>(
    call: string,
    value: unknown,
    dest: number,
    source: number,
    options: SendrecvOptions<T> | undefined,
  ): Promise<T> {
    const { sendTag = 0, recvTag = ANY_TAG, ...rest } = options ?? {};
    const { signal, timeout } = rest;
    const context = this.#context;
    // What is no object at all is refused there.
    const given = typeof options === 'object' && options !== null ? rest : options;
    const receive = startReceive(context, call, source, recvTag, given);
    const incoming = new Request<T>(receive);
    incoming.catch(() => {});
    try {
      const limits = options === undefined ? undefined : { signal, timeout };
      await send(context, call, value, dest, sendTag, false, limits);
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
      const op = startReceive(this.#context, 'irecv', source, tag, options);
      const nobody = op === null ? new Status().set(PROC_NULL, tag, 0, 0) : undefined;
      return new Request<T>(op, options?.status ?? nobody);
    } catch (error) {
      return Request.rejected<T>(error);
    }
  }

  /** Waits until a message that fits is there, and leaves it there (MPI_Probe). */
  probe(source: number = ANY_SOURCE, tag: number = ANY_TAG, options?: WaitOptions): Promise<Status> {
    return probe<Status>(this.#context, 'probe', source, tag, false, options);
  }

  /** The status of the message that a receive would get now. Never waits: messages arrive between turns of the event loop. */
  iprobe(source: number = ANY_SOURCE, tag: number = ANY_TAG): Status | undefined {
    return iprobe(this.#context, source, tag);
  }

  /** Waits for a message that fits and takes it aside: only `message.recv()` can receive it (MPI_Mprobe). */
  mprobe(source: number = ANY_SOURCE, tag: number = ANY_TAG, options?: WaitOptions): Promise<Message> {
    return probe<Message>(this.#context, 'mprobe', source, tag, true, options);
  }

  /** The same without waiting (MPI_Improbe). */
  improbe(source: number = ANY_SOURCE, tag: number = ANY_TAG): Message | undefined {
    return improbe(this.#context, source, tag);
  }

  /** Receives one message after the other, until the signal fires or the loop is left. */
  messages<T = unknown>(
    source: number = ANY_SOURCE,
    tag: number = ANY_TAG,
    options?: MessagesOptions,
  ): AsyncIterableIterator<ReceivedMessage<T>> {
    return messages<T>(this.#context, source, tag, options);
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
      return new Request<void>(startSend(this.#context, call, value, dest, tag, synchronous, options));
    } catch (error) {
      return Request.rejected<void>(error);
    }
  }
}
