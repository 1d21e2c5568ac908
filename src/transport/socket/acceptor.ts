/**
 * Listens, and lets in who proves to know the job's secret.
 *
 * Until then a connection costs 96 bytes of buffers (and what TLS takes) and a place among a bounded number of pending ones, for a bounded
 * time; whatever it says, it is dropped without disturbing anybody. When all places are taken the oldest one is freed:
 * a dialer of ours that is hit by this tries again.
 */
import type net from 'node:net';
import { formatAddress, type SocketAddress } from './address.ts';
import { Connection, type ConnectionHandler } from './connection.ts';
import { AcceptorHandshake, HELLO_BYTES, type Hello, PROOF_BYTES, Status, startsLikeMagic } from './handshake.ts';
import { type ListenOptions, listen } from './listen.ts';
import { MessageReader } from './message-reader.ts';
import type { TlsSockets } from './tls.ts';

export interface AcceptorOptions extends ListenOptions {
  /** Every connection is TLS. */
  readonly tls?: TlsSockets | undefined;
  readonly secret: Buffer;
  /** Milliseconds that a dialer may take for each of its messages; TLS is part of the first. */
  readonly timeout: number;
  /** Connections that may be on their way through the handshake at the same time. */
  readonly maxPending: number;
  /** Judges what a dialer says of itself: before it has proved it, and again when it has. */
  admit(hello: Hello): Status;
  /** Both sides are sure of each other. The connection's handler has to be set within this call. */
  opened(hello: Hello, connection: Connection): void;
}

export class Acceptor {
  readonly address: SocketAddress;
  readonly #server: net.Server;
  readonly #options: AcceptorOptions;
  /** In the order in which they came. */
  readonly #pending = new Set<Candidate>();

  private constructor(server: net.Server, options: AcceptorOptions) {
    this.#server = server;
    this.#options = options;
    const bound = server.address() as net.AddressInfo | string;
    this.address =
      typeof bound === 'string'
        ? { kind: 'unix', path: bound }
        : { kind: 'tcp', host: bound.address, port: bound.port };
    // A connection that could not be accepted (no descriptors left, say) is its dialer's trouble.
    server.on('error', () => {});
    server.on('connection', (socket) => this.#receive(socket));
  }

  /** Rejects with `ERR_LAUNCH` where that address can't be listened at. */
  static async listen(options: AcceptorOptions): Promise<Acceptor> {
    return new Acceptor(await listen(options), options);
  }

  get text(): string {
    return formatAddress(this.address);
  }

  /** Connections on their way through the handshake. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Stops listening and drops who has not proved itself yet. A socket path is removed. */
  close(): void {
    this.#server.close();
    for (const candidate of this.#pending) candidate.drop();
  }

  #receive(socket: net.Socket): void {
    if (this.#pending.size >= this.#options.maxPending) {
      for (const oldest of this.#pending) {
        oldest.drop();
        break;
      }
    }
    this.#pending.add(new Candidate(socket, this.#options, (candidate) => this.#pending.delete(candidate)));
  }
}

const Stage = { HELLO: 0, PROOF: 1, REFUSED: 2, SETTLED: 3 } as const;
type Stage = (typeof Stage)[keyof typeof Stage];

/** One connection on its way through the handshake. */
class Candidate implements ConnectionHandler {
  readonly #options: AcceptorOptions;
  readonly #left: (candidate: Candidate) => void;
  readonly #handshake: AcceptorHandshake;
  readonly #connection: Connection;
  #stage: Stage = Stage.HELLO;
  #message = new MessageReader(HELLO_BYTES);
  /** Who it says it is, once it has said so. */
  #dialer: Hello | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: net.Socket, options: AcceptorOptions, left: (candidate: Candidate) => void) {
    this.#options = options;
    this.#left = left;
    this.#handshake = new AcceptorHandshake(options.secret, options.admit);
    this.#startTimer();
    this.#connection = Connection.adopt(socket, this, options.tls);
  }

  nextBuffer(): Uint8Array {
    return this.#message.rest;
  }

  received(bytes: number): void {
    const message = this.#message.advance(bytes);
    switch (this.#stage) {
      case Stage.HELLO:
        if (!startsLikeMagic(this.#message.sofar)) this.drop();
        else if (message !== undefined) this.#greet(message);
        break;
      case Stage.PROOF:
        if (message !== undefined) this.#judge(message);
        break;
      default:
        this.drop();
    }
  }

  ended(): void {
    this.#settle();
  }

  drop(): void {
    this.#settle();
    this.#connection.destroy();
  }

  #greet(message: Buffer): void {
    const { answer, dialer } = this.#handshake.answer(message);
    this.#dialer = dialer;
    this.#connection.socket.write(answer);
    if (dialer === undefined) this.#refuse();
    else this.#expect(Stage.PROOF, PROOF_BYTES);
  }

  #judge(message: Buffer): void {
    const dialer = this.#dialer!;
    if (!this.#handshake.verify(message)) {
      this.drop();
      return;
    }
    // Since the hello another connection of the same dialer may have been let in, or we may have dialled it ourselves.
    const status = this.#options.admit(dialer);
    this.#connection.socket.write(Buffer.of(status));
    if (status !== Status.OK) {
      this.#refuse();
      return;
    }
    this.#settle();
    this.#options.opened(dialer, this.#connection);
  }

  /** It keeps its place until it has read why and gone, or its time is over. */
  #refuse(): void {
    this.#connection.socket.end();
    this.#expect(Stage.REFUSED, 1);
  }

  #expect(stage: Stage, bytes: number): void {
    this.#stage = stage;
    this.#message = new MessageReader(bytes);
    this.#startTimer();
  }

  #startTimer(): void {
    clearTimeout(this.#timer);
    const { timeout } = this.#options;
    const stage = this.#stage;
    this.#timer = setTimeout(() => {
      // If we were busy ourselves the message may have come meanwhile: one more turn shows.
      setImmediate(() => {
        if (this.#stage === stage) this.drop();
      });
    }, timeout).unref();
  }

  #settle(): void {
    if (this.#stage === Stage.SETTLED) return;
    this.#stage = Stage.SETTLED;
    clearTimeout(this.#timer);
    this.#left(this);
  }
}
