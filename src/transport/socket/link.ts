/** The link to one peer, from before it is made until it is gone. */
import { Deferred } from '../../base/deferred.ts';
import { invariant } from '../../base/invariant.ts';
import { brokenPeer, lostPeer } from '../../errors.ts';
import { type DecoderSink, FrameDecoder, type Staging } from '../../wire/decoder.ts';
import type { Frame } from '../../wire/frame.ts';
import type { Delivery, FrameSink, Landing } from '../transport.ts';
import type { ChunkPool } from './chunk.ts';
import type { Connection, ConnectionHandler } from './connection.ts';
import type { FlushQueue } from './flush-queue.ts';
import { Writer } from './writer.ts';

/**
 * DIALING, HANDSHAKE and PROVED belong to the dialer's side; at the acceptor's a link goes from IDLE to OPEN. When both sides dial, the
 * connection that one of them accepts ends the dialling of the other: see lazy.ts.
 */
export const LinkState = {
  IDLE: 'idle',
  DIALING: 'dialing',
  HANDSHAKE: 'handshake',
  /** Our proof is on its way: from here on the peer may take the link for open. */
  PROVED: 'proved',
  OPEN: 'open',
  CLOSED: 'closed',
} as const;
export type LinkState = (typeof LinkState)[keyof typeof LinkState];

/** From where each state can be entered. */
const ENTRIES: Readonly<Record<LinkState, readonly LinkState[]>> = {
  idle: [],
  // A dialer that was dropped on the way begins anew.
  dialing: ['idle', 'dialing', 'handshake', 'proved'],
  handshake: ['dialing'],
  proved: ['handshake'],
  open: ['idle', 'dialing', 'handshake', 'proved'],
  closed: ['idle', 'dialing', 'handshake', 'proved', 'open'],
};

/** What the links of one mesh share. */
export interface LinkShare {
  readonly staging: Staging;
  readonly chunks: ChunkPool;
  readonly flushes: FlushQueue;
  readonly sink: FrameSink;
  /** Frames wait on a link that is not open. */
  waiting(link: Link): void;
}

export class Link implements ConnectionHandler, DecoderSink<Landing> {
  readonly peer: number;
  #state: LinkState = LinkState.IDLE;
  readonly #share: LinkShare;
  readonly #writer: Writer;
  readonly #decoder: FrameDecoder<Landing>;
  #connection: Connection | undefined;
  /** Of a close under way. */
  #closed: Deferred<void> | undefined;

  constructor(peer: number, share: LinkShare) {
    this.peer = peer;
    this.#share = share;
    this.#writer = new Writer(share.chunks, share.flushes, () => share.waiting(this));
    this.#decoder = new FrameDecoder<Landing>(this, share.staging);
  }

  get state(): LinkState {
    return this.#state;
  }

  enter(state: LinkState): void {
    invariant(ENTRIES[state].includes(this.#state), 'a link state out of order', this.#state, state);
    this.#state = state;
  }

  /** Both sides are sure of each other: frames can flow. What was sent before goes out now. */
  open(connection: Connection): void {
    this.enter(LinkState.OPEN);
    this.#connection = connection;
    connection.handler = this;
    this.#writer.open(connection.socket);
  }

  /** HOT (bench: latency, rate). */
  send(frame: Frame, segments: readonly Uint8Array[], delivery: Delivery | null): boolean {
    return this.#writer.send(frame, segments, delivery);
  }

  /** Flushes and closes; resolves when the system has all of it, or the peer is gone. */
  async close(): Promise<void> {
    if (this.#state === LinkState.CLOSED) return;
    const connection = this.#connection;
    this.enter(LinkState.CLOSED);
    this.#decoder.stop();
    if (connection === undefined) {
      this.#writer.drop();
      return;
    }
    const closed = (this.#closed = new Deferred<void>());
    // From here on the connection answers to two things alone: the peer's end, and that of our own bytes.
    connection.handler = new ClosingHandler(this.#share.staging, () => this.abort());
    this.#writer.drain(() => connection.end(closed.resolve));
    await closed.promise;
  }

  /** Ends it at once: nothing is flushed, nobody is told. */
  abort(): void {
    if (this.#state !== LinkState.CLOSED) this.enter(LinkState.CLOSED);
    this.#decoder.stop();
    this.#writer.drop();
    this.#connection?.destroy();
    this.#closed?.resolve();
  }

  /** Ends it for this reason, which the layer above is told. */
  lose(reason: Error): void {
    this.abort();
    this.#share.sink.lost(this.peer, reason);
  }

  nextBuffer(): Uint8Array {
    return this.#decoder.nextBuffer();
  }

  /** HOT (bench: latency, rate). */
  received(bytes: number): void {
    try {
      this.#decoder.received(bytes);
    } catch (error) {
      if (this.#state !== LinkState.CLOSED) this.lose(brokenPeer(this.peer, error));
    }
  }

  ended(error: Error | undefined): void {
    const where = this.#decoder.midFrame ? ' in the middle of a frame' : '';
    const what = error === undefined ? 'it has closed the connection' : error.message;
    this.lose(lostPeer(this.peer, what + where, error));
  }

  announce(frame: Frame): Landing | null {
    return this.#share.sink.announce(this.peer, frame);
  }

  landed(landing: Landing): void {
    this.#share.sink.landed(this.peer, landing);
  }
}

/** Swallows what still comes while our last bytes go out. */
class ClosingHandler implements ConnectionHandler {
  readonly #staging: Staging;
  readonly #gone: () => void;

  constructor(staging: Staging, gone: () => void) {
    this.#staging = staging;
    this.#gone = gone;
  }

  nextBuffer(): Uint8Array {
    return this.#staging.bytes;
  }

  received(): void {
    // Nobody is interested any more.
  }

  ended(): void {
    this.#gone();
  }
}
