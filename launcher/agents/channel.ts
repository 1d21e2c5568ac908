/** One end of the conversation between the launcher and an agent: messages and signs of life, until one side ends it or falls silent. */
import type { Readable, Writable } from 'node:stream';
import { systemReason } from '../io/system-reason.ts';
import { Heartbeat } from './heartbeat.ts';
import { BrokenStream, encodeMessage, MessageReader } from './stream.ts';

/** What an agent reads from and writes to. */
export interface ByteStreams {
  readonly readable: Readable;
  readonly writable: Writable;
}

export interface ChannelHandlers<In> {
  message(message: In): void;
  /**
   * Nothing more comes and nothing more is sent, for a reason that was seen here: `no sign of life for 6 s`. Without one, the stream
   * has just ended. Called once, and not after {@link Channel.close}.
   */
  ended(reason: string | undefined): void;
  /** What was written has left this process. */
  drained?(): void;
}

/** The channel's own messages. */
type Sign = { readonly type: 'ping' } | { readonly type: 'suspend' };

/** Bytes travel behind the head, which says so: `true`. */
interface WithData {
  readonly data?: Uint8Array | null | true;
}

export class Channel<In extends { readonly type: string }, Out extends { readonly type: string }> {
  readonly #streams: ByteStreams;
  readonly #handlers: ChannelHandlers<In>;
  readonly #heartbeat: Heartbeat;
  #open = true;

  constructor(streams: ByteStreams, handlers: ChannelHandlers<In>) {
    const { readable, writable } = (this.#streams = streams);
    this.#handlers = handlers;
    this.#heartbeat = new Heartbeat(
      // A full stream says nothing that is heard in time.
      () => writable.writableNeedDrain || this.#write({ type: 'ping' }),
      (seconds) => {
        this.#end(`no sign of life for ${seconds} s`);
        writable.destroy();
      },
    );
    const reader = new MessageReader((head, body) => this.#read(head as (In | Sign) & WithData, body));
    readable.on('data', (chunk: Buffer) => {
      this.#heartbeat.heard();
      if (!this.#open) return;
      try {
        reader.push(chunk);
      } catch (error) {
        if (!(error instanceof BrokenStream)) throw error;
        this.#end('it sent something that is no message');
      }
    });
    readable.on('end', () => this.#end(undefined));
    readable.on('close', () => this.#end(undefined));
    readable.on('error', (error) => this.#end(systemReason(error)));
    // The other direction ends too, and whoever is behind it may say more.
    writable.on('error', () => {});
    writable.on('drain', () => this.#open && handlers.drained?.());
    readable.resume();
    this.#write({ type: 'ping' });
  }

  /** False: the stream is full, and `drained` will say when it is not. Of no effect after the end. */
  send(message: Out): boolean {
    return !this.#open || this.#write(message);
  }

  /** Tells the other end that this process is about to be stopped. */
  suspend(): void {
    this.#write({ type: 'suspend' });
  }

  /**
   * Delivers no more messages, and ends the stream behind what was sent. Resolves when that has left this process, or when nobody is
   * left to take it.
   */
  close(): Promise<void> {
    this.#open = false;
    const { readable, writable } = this.#streams;
    return new Promise((resolve) => {
      const done = (): void => {
        this.#heartbeat.stop();
        resolve();
      };
      if (writable.destroyed || readable.readableEnded) return done();
      writable.once('close', done);
      readable.once('end', done);
      writable.end(done);
    });
  }

  #write(message: (Out | Sign) & WithData): boolean {
    const { writable } = this.#streams;
    if (!writable.writable) return true;
    const { data } = message;
    const pieces =
      data instanceof Uint8Array ? encodeMessage({ ...message, data: true }, data) : encodeMessage(message);
    let room = true;
    for (const piece of pieces) room = writable.write(piece);
    return room;
  }

  #read(head: (In | Sign) & WithData, body: Uint8Array): void {
    if (!this.#open || head.type === 'ping') return;
    if (head.type === 'suspend') this.#heartbeat.suspend();
    else this.#handlers.message((head.data === true ? { ...head, data: body } : head) as In);
  }

  #end(reason: string | undefined): void {
    if (!this.#open) return;
    this.#open = false;
    this.#heartbeat.stop();
    this.#handlers.ended(reason);
  }
}
