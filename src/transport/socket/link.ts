/** The link to one peer, from before it is made until it is gone. */
import { Deferred } from '../../base/deferred.ts';
import { invariant } from '../../base/invariant.ts';
import { brokenPeer, lostPeer } from '../../errors.ts';
import type { Native } from '../../native/native.ts';
import { type DecoderSink, FrameDecoder, type Staging } from '../../wire/decoder.ts';
import type { Frame } from '../../wire/frame.ts';
import type { Delivery, FrameSink, Landing } from '../transport.ts';
import type { Connection, ConnectionHandler } from './connection.ts';
import { Writer, type WriterShare } from './writer.ts';

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

/** Reads of a link in one poll: then the others have their turn. */
const MAX_READS = 16;

/** What the links of one mesh share. */
export interface LinkShare extends WriterShare {
  readonly staging: Staging;
  readonly sink: FrameSink;
  /** Sockets are read past libuv, or may be at any time. */
  readonly pollable: boolean;
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
    this.#writer = new Writer(share, () => share.waiting(this));
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
    this.#writer.open(connection);
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

  /** Frames wait for room in the system, and nobody but {@link unblock} will write them. */
  get blocked(): boolean {
    return this.#writer.blocked;
  }

  /** Writes them, if there is room now. */
  unblock(): boolean {
    this.#writer.flush();
    return !this.#writer.blocked;
  }

  get fd(): number {
    return this.#connection?.fd ?? -1;
  }

  /** Takes what has come to a plain socket, past libuv; whether there was something. HOT (bench: latency). */
  poll(native: Native): boolean {
    return this.#read(native, false);
  }

  /**
   * Node asks for the memory of a read when the one before it is over. Whoever reads past libuv in between moves on in the landing: libuv must not
   * write to where it was, so what it reads is copied out of the staging buffer.
   */
  nextBuffer(): Uint8Array {
    return this.#polled ? this.#share.staging.bytes : this.#decoder.nextBuffer();
  }

  /** HOT (bench: latency, rate). */
  received(bytes: number): void {
    this.#decode(bytes);
    const { native } = this.#share;
    if (native !== undefined && this.#polled && this.#state === LinkState.OPEN) this.#read(native, true);
  }

  get #polled(): boolean {
    return this.#share.pollable && this.#connection?.plain === true;
  }

  /** @param landing - only what goes straight to where it belongs: libuv reads the rest. */
  #read(native: Native, landing: boolean): boolean {
    const connection = this.#connection!;
    const staging = this.#share.staging.bytes;
    let progress = false;
    for (let reads = 0; reads < MAX_READS && this.#state === LinkState.OPEN; reads++) {
      const memory = this.#decoder.nextBuffer();
      if (landing && memory === staging) break;
      const bytes = connection.read(native, memory);
      // None, too: the decoder is not to wait for bytes there, should libuv be the next to read.
      this.#decode(bytes);
      if (bytes > 0) progress = true;
      if (bytes < memory.length) break;
    }
    return progress;
  }

  #decode(bytes: number): void {
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

  announce(frame: Frame, memory?: DataView, at?: number): Landing | null {
    return this.#share.sink.announce(this.peer, frame, memory, at);
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
