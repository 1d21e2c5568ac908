/**
 * A full mesh of links over TCP or Unix sockets: every endpoint listens, and one of two dials the other (see linking.ts).
 *
 * Life of a mesh: `listen`, hand the address out and gather those of the others, `attach`, `connect`, frames, `close`.
 * Nothing of it keeps the process alive.
 */
import { invariant } from '../../base/invariant.ts';
import type { MpiError } from '../../errors.ts';
import type { Native, NativeSource } from '../../native/native.ts';
import { Staging } from '../../wire/decoder.ts';
import type { Frame } from '../../wire/frame.ts';
import { segmentBytes } from '../../wire/segments.ts';
import type { Delivery, FrameSink, Transport } from '../transport.ts';
import { Acceptor } from './acceptor.ts';
import type { SocketAddress } from './address.ts';
import { ChunkPool } from './chunk.ts';
import type { Connection } from './connection.ts';
import { Dialer } from './dialer.ts';
import { EagerLinking } from './eager.ts';
import { FlushQueue } from './flush-queue.ts';
import { type Hello, Role, Status } from './handshake.ts';
import { LazyLinking } from './lazy.ts';
import { Link, type LinkShare, LinkState } from './link.ts';
import type { Linking, LinkTable } from './linking.ts';
import type { PortRange } from './listen.ts';
import { PolledLinks } from './polled-links.ts';
import { TlsSockets } from './tls.ts';

export interface MeshOptions {
  readonly kind: 'unix' | 'tcp';
  /** Our own endpoint, of `size` ones. */
  readonly self: number;
  readonly size: number;
  /** 16 hex digits. */
  readonly job: string;
  readonly epoch: number;
  /** 64 hex digits. */
  readonly secret: string;
  /** A socket path for `unix`; an IP address of this host for `tcp`. */
  readonly listen: string;
  /** `tcp` only: the first and last port to try. The system's choice where there is none. */
  readonly ports?: PortRange | undefined;
  /** The endpoints that this mesh reaches: all others where there is none. */
  readonly peers?: readonly number[] | undefined;
  /** `tcp` only: TLS 1.3 with a key derived from `secret`. */
  readonly tls?: boolean | undefined;
  /** `eager`: `connect` makes all links. `lazy`: a link is made when one of the two sides first sends. */
  readonly links?: 'eager' | 'lazy' | undefined;
  /** The calls by which plain sockets are read and written past libuv; asked for when somebody polls. Without them poll() finds nothing. */
  readonly native?: NativeSource | undefined;
  /** Milliseconds until `connect` gives up; with lazy links, until an address that does not answer is given up. */
  readonly connectTimeout?: number | undefined;
  /** Milliseconds that a dialer may take for each message of the handshake, TLS included. */
  readonly handshakeTimeout?: number | undefined;
  /** Milliseconds until `close` stops waiting for peers that do not read. */
  readonly closeTimeout?: number | undefined;
}

/** In milliseconds. A dialer of a lazy link may compute between two messages; it is as well off when it is dropped and dials again. */
const TIMEOUTS = {
  eager: { connect: 30_000, handshake: 2_000 },
  lazy: { connect: 10_000, handshake: 60_000 },
};
const CLOSE_TIMEOUT = 5_000;
/** At least this many connections may be in the handshake at once; more where there are more peers. */
const PENDING_CONNECTIONS = 256;

export class SocketMesh implements Transport, LinkShare, LinkTable {
  /** It is a system call. */
  readonly quick = false;
  readonly self: number;
  readonly peers: readonly number[];
  readonly connectTimeout: number;
  readonly staging = new Staging();
  readonly chunks = new ChunkPool();
  readonly flushes = new FlushQueue();
  readonly #options: MeshOptions;
  readonly #secret: Buffer;
  readonly #tls: TlsSockets | undefined;
  readonly #acceptor: Acceptor;
  readonly #linking: Linking;
  /** By endpoint, as far as there has been something to send to it or receive from it. */
  readonly #links: (Link | undefined)[];
  readonly #polled: PolledLinks;
  /** Somebody polls, and says so when it is over: {@link arm}. */
  polling = false;
  #sink: FrameSink | undefined;
  #closing: Promise<void> | undefined;

  private constructor(options: MeshOptions, tls: TlsSockets | undefined, acceptor: Acceptor) {
    const { self, size, peers = Array.from({ length: size }, (_, endpoint) => endpoint), links = 'eager' } = options;
    this.self = self;
    this.peers = peers.filter((peer) => peer !== self).sort((a, b) => a - b);
    this.connectTimeout = options.connectTimeout ?? TIMEOUTS[links].connect;
    this.#options = options;
    this.#secret = Buffer.from(options.secret, 'hex');
    this.#tls = tls;
    this.#acceptor = acceptor;
    this.#links = Array.from({ length: size }, () => undefined);
    this.#polled = new PolledLinks(options.native ?? (() => 'not asked for'));
    this.#linking = links === 'lazy' ? new LazyLinking(this) : new EagerLinking(this);
  }

  /** Rejects with `ERR_LAUNCH` where that address can't be listened at. */
  static async listen(options: MeshOptions): Promise<SocketMesh> {
    const { kind, self, size, links = 'eager' } = options;
    invariant(self >= 0 && self < size, 'an endpoint outside its mesh', self, size);
    invariant(kind === 'tcp' || !options.tls, 'TLS over Unix sockets');
    const tls = options.tls ? new TlsSockets(options.secret) : undefined;
    let mesh: SocketMesh | undefined;
    const acceptor = await Acceptor.listen({
      kind,
      listen: options.listen,
      ports: options.ports,
      offset: self,
      tls,
      secret: Buffer.from(options.secret, 'hex'),
      timeout: options.handshakeTimeout ?? TIMEOUTS[links].handshake,
      maxPending: Math.max(PENDING_CONNECTIONS, size),
      admit: (hello) => mesh!.#admit(hello),
      opened: (hello, connection) => mesh!.#opened(mesh!.link(hello.from), connection),
    });
    mesh = new SocketMesh(options, tls, acceptor);
    return mesh;
  }

  /** Where the others dial us: `unix:/path`, `tcp:127.0.0.1:4711` or `tcp:[::1]:4711`. */
  get address(): string {
    return this.#acceptor.text;
  }

  /** The layer above; it has to be there before the first frame is. */
  get sink(): FrameSink {
    const sink = this.#sink;
    invariant(sink, 'frames before attach', this.self);
    return sink;
  }

  attach(sink: FrameSink): void {
    invariant(this.#sink === undefined, 'attach called twice', this.self);
    this.#sink = sink;
  }

  /**
   * Tells where the others are. Eager links: makes them all; resolves when every one has been open, rejects with `ERR_LAUNCH` naming who is missing
   * at the deadline or can't be reached, `ERR_AUTH` where the secrets differ, `ERR_PROTOCOL` where the versions do. Lazy
   * links: resolves at once; who can't be reached when something is sent to it is lost, for the same reasons.
   *
   * @param addresses - by endpoint; those that are not needed are not looked at.
   */
  connect(addresses: readonly string[]): Promise<void> {
    return this.#linking.connect(addresses);
  }

  /** HOT (bench: latency, rate). */
  send(peer: number, frame: Frame, segments: readonly Uint8Array[], delivery: Delivery | null): boolean {
    const link = this.#links[peer] ?? this.link(peer);
    invariant(frame.bytes === segmentBytes(segments), 'frame.bytes differs from its segments', frame.bytes);
    return link.send(frame, segments, delivery);
  }

  linked(peer: number): boolean {
    return this.#linking.linked(peer);
  }

  settled(): Promise<void> {
    this.flushes.flush();
    return this.#linking.settled();
  }

  /** HOT (bench: latency). */
  poll(): boolean {
    const native = this.#polled.load();
    if (native === undefined || this.#closing !== undefined) return false;
    this.polling = true;
    this.flushes.flush();
    return this.#polled.poll(native);
  }

  /** What has come meanwhile the event loop finds by itself. */
  arm(): boolean {
    this.polling = false;
    this.#polled.rest();
    return true;
  }

  get native(): Native | undefined {
    return this.#polled.native;
  }

  get pollable(): boolean {
    return this.#polled.possible;
  }

  flush(): void {
    this.flushes.flush();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Ends every link at once, as the death of the process would: nothing is flushed, nobody here is told. */
  abort(): void {
    this.#acceptor.close();
    this.#polled.close();
    this.#linking.cancel();
    for (const link of this.#links) link?.abort();
  }

  async #close(): Promise<void> {
    this.arm();
    this.#polled.close();
    this.flushes.flush();
    this.#linking.stop();
    const timer = setTimeout(() => this.abort(), this.#options.closeTimeout ?? CLOSE_TIMEOUT).unref();
    const links = this.#links.filter((link) => link !== undefined);
    await Promise.all(
      links.map(async (link) => {
        await this.#linking.settled(link);
        await link.close();
      }),
    );
    clearTimeout(timer);
    this.#acceptor.close();
  }

  find(peer: number): Link | undefined {
    return this.#links[peer];
  }

  link(peer: number): Link {
    const found = this.#links[peer];
    if (found !== undefined) return found;
    invariant(this.peers.includes(peer), 'an endpoint that the mesh does not reach', peer, this.self);
    const link = new Link(peer, this);
    this.#links[peer] = link;
    return link;
  }

  waiting(link: Link): void {
    this.#linking.waiting(link);
  }

  dial(link: Link, address: SocketAddress, failed: (error: MpiError) => void): Dialer {
    const { job, epoch } = this.#options;
    const hello: Hello = { role: Role.DATA, job, epoch, from: this.self, to: link.peer };
    const options = { address, hello, secret: this.#secret, tls: this.#tls, patience: this.connectTimeout };
    const dialer = new Dialer(options, {
      dialing: () => link.enter(LinkState.DIALING),
      connected: () => link.enter(LinkState.HANDSHAKE),
      proved: () => link.enter(LinkState.PROVED),
      opened: (connection) => this.#opened(link, connection),
      failed,
    });
    dialer.start();
    return dialer;
  }

  stopListening(): void {
    this.#acceptor.close();
  }

  /** What the acceptor asks about a dialer. */
  #admit(hello: Hello): Status {
    const { job, epoch } = this.#options;
    if (hello.role !== Role.DATA) return Status.ROLE;
    if (hello.job !== job) return Status.JOB;
    if (hello.epoch !== epoch) return Status.EPOCH;
    if (hello.to !== this.self || !this.peers.includes(hello.from)) return Status.ENDPOINT;
    return this.#linking.admit(hello.from);
  }

  #opened(link: Link, connection: Connection): void {
    link.open(connection);
    if (connection.plain) this.#polled.add(link);
    this.#linking.opened(link);
  }
}
