/**
 * Makes one connection: dials, goes through the handshake, and hands the connection over.
 *
 * An acceptor that has no room for us, because strangers crowd it, drops us without a word: that is tried again until
 * the dialer is cancelled. A peer that is not there, or refuses us, is not.
 */
import { foreignPeer, unreachablePeer } from '../../errors.ts';
import { formatAddress, type SocketAddress } from './address.ts';
import { Connection, type ConnectionHandler } from './connection.ts';
import { ANSWER_BYTES, DialerHandshake, type Hello, startsLikeMagic } from './handshake.ts';
import { MessageReader } from './message-reader.ts';

export interface DialerEvents {
  /** The address is being dialled, for the first time or again. */
  dialing(): void;
  /** There is a connection; the handshake begins. */
  connected(): void;
  /** Both sides are sure of each other. The connection's handler has to be set within this call. */
  opened(connection: Connection): void;
  failed(error: Error): void;
}

const RETRY_MILLISECONDS = 20;

export class Dialer implements ConnectionHandler {
  readonly #address: SocketAddress;
  readonly #hello: Hello;
  readonly #secret: Buffer;
  readonly #events: DialerEvents;
  #connection: Connection | undefined;
  #handshake: DialerHandshake | undefined;
  #answer = new MessageReader(ANSWER_BYTES);
  #retry: NodeJS.Timeout | undefined;

  constructor(address: SocketAddress, hello: Hello, secret: Buffer, events: DialerEvents) {
    this.#address = address;
    this.#hello = hello;
    this.#secret = secret;
    this.#events = events;
  }

  start(): void {
    this.#events.dialing();
    this.#answer = new MessageReader(ANSWER_BYTES);
    this.#connection = Connection.dial(this.#address, this, () => {
      this.#events.connected();
      this.#handshake = new DialerHandshake(this.#secret, this.#hello);
      this.#connection!.socket.write(this.#handshake.hello);
    });
  }

  /** Gives up, without a word. */
  cancel(): void {
    clearTimeout(this.#retry);
    this.#connection?.destroy();
  }

  nextBuffer(): Uint8Array {
    return this.#answer.rest;
  }

  received(bytes: number): void {
    const answer = this.#answer.advance(bytes);
    const connection = this.#connection!;
    try {
      // Another server than ours may say less than an answer and then wait: no need to wait with it.
      if (!startsLikeMagic(this.#answer.sofar)) throw foreignPeer(this.#hello.to);
      if (answer === undefined) return;
      connection.socket.write(this.#handshake!.prove(answer));
    } catch (error) {
      connection.destroy();
      this.#events.failed(error as Error);
      return;
    }
    // From here on it belongs to the link: cancelling the dialer leaves it alone.
    this.#connection = undefined;
    this.#events.opened(connection);
  }

  ended(error: Error | undefined): void {
    const code = (error as NodeJS.ErrnoException | undefined)?.code;
    // A Unix socket whose queue of connections is full answers EAGAIN; a dropped connection ends or is reset.
    if (error === undefined || code === 'EAGAIN' || code === 'ECONNRESET' || code === 'EPIPE') {
      this.#retry = setTimeout(() => this.start(), RETRY_MILLISECONDS).unref();
      return;
    }
    this.#events.failed(unreachablePeer(this.#hello.to, formatAddress(this.#address), error));
  }
}
