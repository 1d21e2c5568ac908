/**
 * Makes one connection: dials, goes through the handshake, and hands the connection over.
 *
 * An acceptor that has no room for us, because strangers crowd it, drops us without a word: that is tried again. So is one that is dialling
 * us itself. A peer that is not there, or refuses us, is not.
 *
 * Only the system of the peer is given a time limit: a process that computes accepts nothing, though its system does, and for a process that
 * is there we wait as long as we would for its frames.
 */
import { foreignPeer, hungUp, type MpiError, silentAddress, unreachablePeer, wrongSecret } from '../../errors.ts';
import { formatAddress, type SocketAddress } from './address.ts';
import { Connection, type ConnectionHandler } from './connection.ts';
import { ANSWER_BYTES, DialerHandshake, type Hello, startsLikeMagic, VERDICT_BYTES } from './handshake.ts';
import { MessageReader } from './message-reader.ts';
import { type TlsSockets, tlsVerdict } from './tls.ts';

export interface DialerOptions {
  readonly address: SocketAddress;
  readonly hello: Hello;
  readonly secret: Buffer;
  readonly tls?: TlsSockets | undefined;
  /** Milliseconds for a connection of TCP, and as long, more or less, for all attempts that are dropped. */
  readonly patience: number;
}

export interface DialerEvents {
  /** The address is being dialled, for the first time or again. */
  dialing(): void;
  /** There is a connection; the handshake begins. */
  connected(): void;
  /** Our proof is on its way: the peer may take the link for open from now on. */
  proved(): void;
  /** Both sides are sure of each other. The connection's handler has to be set within this call. */
  opened(connection: Connection): void;
  failed(error: MpiError): void;
}

const RETRY_MILLISECONDS = 20;

export class Dialer implements ConnectionHandler {
  readonly #options: DialerOptions;
  readonly #events: DialerEvents;
  #connection: Connection | undefined;
  #handshake: DialerHandshake | undefined;
  #proved = false;
  #message = new MessageReader(ANSWER_BYTES);
  #timer: NodeJS.Timeout | undefined;
  #attempts = 0;

  constructor(options: DialerOptions, events: DialerEvents) {
    this.#options = options;
    this.#events = events;
  }

  start(): void {
    const { address, patience, tls } = this.#options;
    this.#attempts++;
    this.#proved = false;
    this.#message = new MessageReader(ANSWER_BYTES);
    this.#events.dialing();
    let taken = false;
    const connected = () => {
      taken = true;
      clearTimeout(this.#timer);
      this.#events.connected();
    };
    const connection = Connection.dial(address, this, { connected, ready: () => this.#greet() }, tls);
    this.#connection = connection;
    this.#timer = setTimeout(() => {
      // If we were busy ourselves the connection may stand: one more turn shows.
      setImmediate(() => {
        if (taken || this.#connection !== connection) return;
        this.#fail(silentAddress(this.#peer, this.#address, patience));
      });
    }, patience).unref();
  }

  /** Gives up, without a word. What was opened belongs to the link and stays. */
  cancel(): void {
    clearTimeout(this.#timer);
    this.#connection?.destroy();
    this.#connection = undefined;
  }

  nextBuffer(): Uint8Array {
    return this.#message.rest;
  }

  received(bytes: number): void {
    const message = this.#message.advance(bytes);
    if (this.#proved) this.#conclude(message!);
    // Another server than ours may say less than an answer and then wait: no need to wait with it.
    else if (!startsLikeMagic(this.#message.sofar)) this.#fail(foreignPeer(this.#peer, this.#address));
    else if (message !== undefined) this.#prove(message);
  }

  ended(error: NodeJS.ErrnoException | undefined): void {
    clearTimeout(this.#timer);
    this.#connection = undefined;
    const code = error?.code;
    // A Unix socket whose queue of connections is full answers EAGAIN; a dropped connection ends or is reset.
    if (error === undefined || code === 'EAGAIN' || code === 'ECONNRESET' || code === 'EPIPE') this.#startLater();
    else if (tlsVerdict(error) === 'other key') this.#fail(wrongSecret(this.#peer, this.#address, error));
    else if (tlsVerdict(error) === 'other protocol') this.#fail(foreignPeer(this.#peer, this.#address, error));
    else this.#fail(unreachablePeer(this.#peer, this.#address, error));
  }

  get #peer(): number {
    return this.#options.hello.to;
  }

  get #address(): string {
    return formatAddress(this.#options.address);
  }

  #greet(): void {
    this.#handshake = new DialerHandshake(this.#options.secret, this.#options.hello, this.#address);
    this.#connection!.socket.write(this.#handshake.hello);
  }

  #prove(answer: Buffer): void {
    let proof: Buffer | undefined;
    try {
      proof = this.#handshake!.prove(answer);
    } catch (error) {
      return this.#fail(error as MpiError);
    }
    if (proof === undefined) return this.#startLater();
    this.#proved = true;
    this.#message = new MessageReader(VERDICT_BYTES);
    this.#events.proved();
    this.#connection!.socket.write(proof);
  }

  #conclude(verdict: Buffer): void {
    let admitted: boolean;
    try {
      admitted = this.#handshake!.conclude(verdict);
    } catch (error) {
      return this.#fail(error as MpiError);
    }
    if (!admitted) return this.#startLater();
    const connection = this.#connection!;
    this.#connection = undefined;
    this.#events.opened(connection);
  }

  #startLater(): void {
    this.cancel();
    const { patience } = this.#options;
    // Counted, not timed: a process that was stopped for a while has not tried.
    if (this.#attempts * RETRY_MILLISECONDS > patience) {
      this.#fail(hungUp(this.#peer, this.#address, this.#attempts));
    } else {
      this.#timer = setTimeout(() => this.start(), RETRY_MILLISECONDS).unref();
    }
  }

  #fail(error: MpiError): void {
    this.cancel();
    this.#events.failed(error);
  }
}
