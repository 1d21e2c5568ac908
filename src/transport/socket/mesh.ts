/**
 * A full mesh of links over TCP or Unix sockets: every endpoint listens, the higher of two dials the lower.
 *
 * Life of a mesh: `listen`, hand the address out and gather those of the others, `attach`, `connect`, frames, `close`.
 * Nothing of it keeps the process alive.
 */
import { Deferred } from '../../base/deferred.ts';
import { invariant } from '../../base/invariant.ts';
import { cannotListen, closedMeanwhile, missingPeers } from '../../errors.ts';
import { Staging } from '../../wire/decoder.ts';
import type { Frame } from '../../wire/frame.ts';
import { segmentBytes } from '../../wire/segments.ts';
import type { Delivery, FrameSink, Transport } from '../transport.ts';
import { Acceptor } from './acceptor.ts';
import { parseAddress } from './address.ts';
import { ChunkPool } from './chunk.ts';
import type { Connection } from './connection.ts';
import { Dialer } from './dialer.ts';
import { FlushQueue } from './flush-queue.ts';
import { type Hello, Role, Status } from './handshake.ts';
import { Link, type LinkShare, LinkState } from './link.ts';
import type { PortRange } from './listen.ts';

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
  /** Milliseconds until `connect` gives up; with lazy links, until a peer's address is given up. */
  readonly connectTimeout?: number | undefined;
  /** Milliseconds that a dialer may take for each message of the handshake. */
  readonly handshakeTimeout?: number | undefined;
  /** Milliseconds until `close` stops waiting for peers that do not read. */
  readonly closeTimeout?: number | undefined;
}

const CONNECT_TIMEOUT = 30_000;
const HANDSHAKE_TIMEOUT = 2_000;
const CLOSE_TIMEOUT = 5_000;
/** At least this many connections may be in the handshake at once; more where there are more peers. */
const PENDING_CONNECTIONS = 256;

export class SocketMesh implements Transport, LinkShare {
  readonly self: number;
  readonly staging = new Staging();
  readonly chunks = new ChunkPool();
  readonly flushes = new FlushQueue();
  readonly #options: MeshOptions;
  readonly #secret: Buffer;
  readonly #acceptor: Acceptor;
  /** By endpoint; none to ourselves. */
  readonly #links: readonly (Link | undefined)[];
  readonly #dialers: Dialer[] = [];
  readonly #connected = new Deferred<void>();
  /** Links that have never been open yet. */
  #missing: number;
  #sink: FrameSink | undefined;
  #closing: Promise<void> | undefined;

  private constructor(options: MeshOptions, secret: Buffer, acceptor: Acceptor) {
    this.self = options.self;
    this.#options = options;
    this.#secret = secret;
    const peers = new Set(options.peers ?? Array.from({ length: options.size }, (_, endpoint) => endpoint));
    peers.delete(options.self);
    this.#links = Array.from({ length: options.size }, (_, peer) =>
      peers.has(peer) ? new Link(peer, this) : undefined,
    );
    this.#missing = peers.size;
    this.#acceptor = acceptor;
    // Whoever calls connect() hears of a failure; nobody may have called it.
    this.#connected.promise.catch(() => {});
    if (this.#missing === 0) this.#complete();
  }

  /** Rejects with `ERR_LAUNCH` where that address can't be listened at. */
  static async listen(options: MeshOptions): Promise<SocketMesh> {
    invariant(
      options.self >= 0 && options.self < options.size,
      'an endpoint outside its mesh',
      options.self,
      options.size,
    );
    if (options.tls || options.links === 'lazy') throw cannotListen(options.listen, 'no TLS and no lazy links yet');
    const secret = Buffer.from(options.secret, 'hex');
    let mesh: SocketMesh | undefined;
    const acceptor = await Acceptor.listen({
      kind: options.kind,
      listen: options.listen,
      ports: options.ports,
      offset: options.self,
      secret,
      timeout: options.handshakeTimeout ?? HANDSHAKE_TIMEOUT,
      maxPending: Math.max(PENDING_CONNECTIONS, options.size),
      admit: (hello) => mesh!.#admit(hello),
      opened: (hello, connection) => mesh!.#opened(mesh!.#link(hello.from), connection),
    });
    mesh = new SocketMesh(options, secret, acceptor);
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
   * Makes all links. Resolves when every one has been open; rejects with `ERR_LAUNCH` naming who is missing at the
   * deadline or can't be reached, `ERR_AUTH` where the secrets differ, `ERR_PROTOCOL` where the versions do.
   *
   * @param addresses - by endpoint; those of higher ones (and our own) are not used.
   */
  async connect(addresses: readonly string[]): Promise<void> {
    for (let peer = 0; peer < this.self; peer++) {
      const link = this.#links[peer];
      if (link === undefined) continue;
      const address = addresses[peer];
      invariant(address !== undefined, 'no address for a peer', peer, addresses.length);
      if (link.state === LinkState.IDLE) this.#dial(link, address);
    }
    const timeout = this.#options.connectTimeout ?? CONNECT_TIMEOUT;
    const timer = setTimeout(() => this.#connected.reject(missingPeers(this.missing, timeout)), timeout).unref();
    try {
      await this.#connected.promise;
    } finally {
      clearTimeout(timer);
      for (const dialer of this.#dialers) dialer.cancel();
      this.#dialers.length = 0;
    }
  }

  /** The endpoints to which there has been no link yet. */
  get missing(): number[] {
    return this.#links.flatMap((link, peer) =>
      link === undefined || link.state === LinkState.OPEN || link.state === LinkState.CLOSED ? [] : [peer],
    );
  }

  /** HOT (bench: latency, rate). */
  send(peer: number, frame: Frame, segments: readonly Uint8Array[], delivery: Delivery | null): boolean {
    const link = this.#links[peer];
    invariant(link !== undefined, 'send to an endpoint that the mesh does not reach', peer, this.#links.length);
    invariant(frame.bytes === segmentBytes(segments), 'frame.bytes differs from its segments', frame.bytes);
    return link.send(frame, segments, delivery);
  }

  linked(peer: number): boolean {
    return this.#link(peer).state !== LinkState.IDLE;
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
    this.#connected.reject(closedMeanwhile());
    for (const dialer of this.#dialers) dialer.cancel();
    for (const link of this.#links) link?.abort();
  }

  async #close(): Promise<void> {
    this.flushes.flush();
    this.#acceptor.close();
    this.#connected.reject(closedMeanwhile());
    for (const dialer of this.#dialers) dialer.cancel();
    const timer = setTimeout(() => this.abort(), this.#options.closeTimeout ?? CLOSE_TIMEOUT).unref();
    await Promise.all(this.#links.flatMap((link) => link?.close() ?? []));
    clearTimeout(timer);
  }

  #link(peer: number): Link {
    const link = this.#links[peer];
    invariant(link, 'no link to this endpoint', peer, this.#links.length);
    return link;
  }

  #dial(link: Link, address: string): void {
    const { job, epoch } = this.#options;
    const hello: Hello = { role: Role.DATA, job, epoch, from: this.self, to: link.peer };
    const dialer = new Dialer(parseAddress(address), hello, this.#secret, {
      dialing: () => link.enter(LinkState.DIALING),
      connected: () => link.enter(LinkState.HANDSHAKE),
      opened: (connection) => this.#opened(link, connection),
      failed: (error) => this.#connected.reject(error),
    });
    this.#dialers.push(dialer);
    dialer.start();
  }

  /** What the acceptor asks about a dialer. */
  #admit(hello: Hello): Status {
    const { job, epoch } = this.#options;
    if (hello.role !== Role.DATA) return Status.ROLE;
    if (hello.job !== job) return Status.JOB;
    if (hello.epoch !== epoch) return Status.EPOCH;
    const link = this.#links[hello.from];
    if (hello.to !== this.self || hello.from < this.self || link === undefined) return Status.ENDPOINT;
    return link.state === LinkState.IDLE ? Status.OK : Status.DUPLICATE;
  }

  #opened(link: Link, connection: Connection): void {
    link.open(connection);
    this.#missing--;
    if (this.#missing === 0) this.#complete();
  }

  /** Nobody else is to come: nobody else gets in. */
  #complete(): void {
    this.#acceptor.close();
    this.#connected.resolve();
  }
}
