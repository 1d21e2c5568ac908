/**
 * One socket whose bytes land where its handler says, without a stream in between.
 *
 * Node's `onread` option makes that possible, but only for sockets that we construct. An accepted socket is therefore
 * taken in `pauseOnConnect` mode, before anything was read from it, and a new socket is built on its handle. Accepted sockets
 * with TLS are the exception: what they read is copied.
 *
 * Connections never keep the process alive: that is decided by what waits, above the transport.
 */
import net from 'node:net';
import { TLSSocket } from 'node:tls';
import { getSystemErrorName } from 'node:util';
import { invariant } from '../../base/invariant.ts';
import { type Native, WOULD_BLOCK } from '../../native/native.ts';
import type { SocketAddress } from './address.ts';
import type { TlsSockets } from './tls.ts';

/** Who a connection works for at the moment: first the handshake, then the link. */
export interface ConnectionHandler {
  /** Where the following bytes go; never empty. */
  nextBuffer(): Uint8Array;
  /** `bytes` bytes have come there. */
  received(bytes: number): void;
  /** Nothing more comes, for this reason (none for an orderly end). The connection is destroyed already. Called once. */
  ended(error: Error | undefined): void;
}

/** How far dialling has come. */
export interface DialEvents {
  /** The system at the other end has taken the connection; the process there may be busy. */
  connected(): void;
  /** Bytes can flow: at once, or with TLS when both sides have proved that they have the key. */
  ready(): void;
}

/** Swallows what still comes on a connection that nobody is interested in any more. */
const NOBODY: ConnectionHandler = {
  nextBuffer: () => Buffer.allocUnsafeSlow(16 * 1024),
  received: () => {},
  ended: () => {},
};

/**
 * Milliseconds of silence before TCP asks whether the peer's host is still there; ten questions without an answer, a second apart (libuv's
 * choice), end the connection. Who sends meanwhile waits for TCP's own limit instead.
 */
const KEEPALIVE = 5_000;

export class Connection {
  handler: ConnectionHandler;
  readonly socket: net.Socket;
  /** Its bytes are the system's, not those of TLS. */
  readonly plain: boolean;
  /** What the socket stands on, and its name: to ask for that costs a call into Node.js. */
  #handle: object | null = null;
  #fd = -1;
  #over = false;
  /** Something has come since this was last cleared. */
  #progress = false;

  private constructor(handler: ConnectionHandler, open: (onread: net.OnReadOpts) => net.Socket) {
    this.handler = handler;
    this.socket = open({
      buffer: () => this.handler.nextBuffer(),
      callback: (bytes) => {
        this.#progress = true;
        this.handler.received(bytes);
        return true;
      },
    });
    this.plain = !(this.socket instanceof TLSSocket);
    this.socket.setNoDelay(true);
    this.socket.setKeepAlive(true, KEEPALIVE);
    this.socket.unref();
    this.socket.on('end', () => this.#end(undefined));
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.syscall === 'write') this.#readLastWords(error);
      else this.#end(error);
    });
    this.socket.on('close', () => this.#end(undefined));
    keepAfterError(this.socket);
  }

  /** Connects to an address: first the system, then TLS if there is any. A failure of either is told by the handler's `ended`. */
  static dial(address: SocketAddress, handler: ConnectionHandler, events: DialEvents, tls?: TlsSockets): Connection {
    return new Connection(handler, (onread) => {
      if (tls !== undefined && address.kind === 'tcp') {
        const socket = tls.connect({ host: address.host, port: address.port }, onread);
        return socket.once('connect', events.connected).once('secureConnect', events.ready);
      }
      const socket = new net.Socket({ allowHalfOpen: true, onread } as net.SocketConstructorOpts);
      socket.once('connect', events.connected).once('connect', events.ready);
      if (address.kind === 'unix') return socket.connect({ path: address.path });
      return socket.connect({ host: address.host, port: address.port });
    });
  }

  /** Takes over a socket that a server with `pauseOnConnect` has accepted. */
  static adopt(accepted: net.Socket, handler: ConnectionHandler, tls?: TlsSockets): Connection {
    if (tls !== undefined) {
      const connection = new Connection(handler, () => tls.accept(accepted));
      connection.socket.on('data', (bytes: Buffer) => connection.#distribute(bytes));
      return connection;
    }
    const shell = accepted as unknown as { _handle: object | null };
    const handle = shell._handle;
    invariant(handle, 'an accepted socket without a handle');
    return new Connection(handler, (onread) => {
      const options = { handle, allowHalfOpen: true, onread };
      const socket = new net.Socket(options as net.SocketConstructorOpts);
      // The shell goes without its handle, so that the server's count of connections is right.
      shell._handle = null;
      accepted.destroy();
      return socket;
    });
  }

  /** The system's name for a plain socket; -1 when it is gone. HOT (bench: latency). */
  get fd(): number {
    const { _handle } = this.socket as unknown as { _handle: { readonly fd: number } | null };
    if (_handle !== this.#handle) {
      this.#handle = _handle;
      this.#fd = _handle === null ? -1 : _handle.fd;
    }
    return this.#fd;
  }

  /**
   * Reads from a plain socket past libuv: how many bytes came. The end of the stream stays where it is, for libuv to tell; an error would be gone,
   * so it is told here. HOT (bench: latency).
   */
  read(native: Native, memory: Uint8Array): number {
    const { fd } = this;
    if (fd < 0) return 0;
    const bytes = native.recv(fd, memory);
    if (bytes > 0) {
      this.#progress = true;
      return bytes;
    }
    if (bytes < 0 && bytes !== WOULD_BLOCK) this.#end(readError(bytes));
    return 0;
  }

  /** Ends it at once, without a word to the handler. */
  destroy(): void {
    this.#over = true;
    this.handler = NOBODY;
    this.socket.destroy();
  }

  /**
   * Ends our direction after what was written, and calls `done` once the system has all of it. What still comes is read
   * and dropped until the peer ends, too: a socket closed with unread bytes would be reset, and bytes of ours with it.
   */
  end(done: () => void): void {
    this.handler = { ...NOBODY, ended: done };
    this.socket.end(done);
  }

  /** Bytes that have come elsewhere, put where the handlers want them. HOT (bench: bandwidth, with TLS). */
  #distribute(bytes: Buffer): void {
    this.#progress = true;
    for (let taken = 0; taken < bytes.length && !this.#over; ) {
      const target = this.handler.nextBuffer();
      const part = bytes.subarray(taken, taken + target.byteLength);
      target.set(part);
      taken += part.length;
      this.handler.received(part.length);
    }
  }

  /** What the peer said before it went is in the system's buffers, though we can't write any more. */
  #readLastWords(error: Error): void {
    this.#progress = false;
    setImmediate(() => {
      // The event loop has polled since: whatever was there to read has been read, unless that was a whole lot.
      setImmediate(() => {
        if (this.#progress) this.#readLastWords(error);
        else this.#end(error);
      });
    });
  }

  #end(error: Error | undefined): void {
    if (this.#over) return;
    this.#over = true;
    const { handler } = this;
    this.handler = NOBODY;
    this.socket.destroy();
    handler.ended(error);
  }
}

/** As libuv's. */
function readError(errno: number): Error {
  const code = getSystemErrorName(errno);
  return Object.assign(new Error(`read ${code}`), { errno, code, syscall: 'read' });
}

/**
 * A failed write destroys a socket of Node's at once, with everything that the peer had sent before and that we have not
 * read yet. Without these flags (of the streams beneath) it only reports the error.
 */
function keepAfterError(socket: net.Socket): void {
  const states = socket as unknown as Record<'_readableState' | '_writableState', { autoDestroy: boolean }>;
  states._readableState.autoDestroy = false;
  states._writableState.autoDestroy = false;
}
