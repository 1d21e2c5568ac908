/** The tsrun of rank 0 waits for those of the other ranks: who knows the secret and is one of them is let in. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { Deferred } from '../../src/base/deferred.ts';
import { tlsServerOptions } from '../../src/contract/tls.ts';
import { ExitCode, LaunchFailure } from '../failure.ts';
import { systemReason } from '../io/system-reason.ts';
import { type Answer, GREETING, type Hello, LONGEST_GREETING, parseHello } from './greeting.ts';
import { LineReader } from './line-reader.ts';
import type { ListeningPlace, Patience } from './meeting-point.ts';

/** Connections that have not proved anything yet; when there are more, the oldest one goes, and tries again if it is one of us. */
const MOST_STRANGERS = 256;
/** How long one may take to prove it, in milliseconds. */
const STRANGER_TIMEOUT = 10_000;
const BACKLOG = 4096;
/** Ranks and addresses that one message names. */
const MOST_NAMED = 10;

export interface Arrival {
  readonly hello: Hello;
  readonly socket: TLSSocket;
  /** Of this host, as it was reached. */
  readonly address: string | undefined;
}

export class Gathering {
  readonly #server: Server;
  readonly #secret: string;
  readonly #size: number;
  readonly #strangers = new Set<Socket>();
  readonly #arrivals = new Map<number, Arrival>();
  readonly #complete = new Deferred<void>();
  /** Addresses of those who did not know the secret. */
  readonly #impostors = new Set<string>();

  /** @throws LaunchFailure */
  static async open(place: ListeningPlace, secret: string, size: number): Promise<Gathering> {
    const server = createServer();
    const { host, port } = place;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(cannotListen(place, error)));
      server.listen({ port, backlog: BACKLOG, ...(host === undefined ? {} : { host }) }, resolve);
    });
    server.removeAllListeners('error');
    return new Gathering(server, secret, size);
  }

  private constructor(server: Server, secret: string, size: number) {
    this.#server = server;
    this.#secret = secret;
    this.#size = size;
    // A connection that could not be accepted is tried again by who made it.
    server.on('error', () => {});
    server.on('connection', (socket) => this.#receive(socket));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many others are there. */
  get present(): number {
    return this.#arrivals.size;
  }

  /**
   * Everybody else, by rank. They wait for {@link go} or {@link dismiss}.
   *
   * @throws LaunchFailure at the deadline, naming who has not come.
   */
  async everybody({ deadline, milliseconds }: Patience, advice?: string): Promise<Arrival[]> {
    this.#checkComplete();
    const expired = (): void => {
      const hint = advice === undefined ? '' : `: ${advice}`;
      const missing = `${this.#missing()} within ${milliseconds / 1000} s${this.#suspicion()}${hint}`;
      this.#complete.reject(new LaunchFailure(missing, ExitCode.LAUNCH));
    };
    deadline.addEventListener('abort', expired);
    if (deadline.aborted) expired();
    try {
      await this.#complete.promise;
    } finally {
      deadline.removeEventListener('abort', expired);
    }
    return [...this.#arrivals.values()].sort((a, b) => a.hello.rank - b.hello.rank);
  }

  /** Lets nobody in any more. Who is there stays. */
  close(): void {
    this.#server.close();
    for (const stranger of this.#strangers) stranger.destroy();
  }

  /** Everybody may begin: from here on their sockets carry the agent's protocol. */
  go(): void {
    this.close();
    for (const { socket } of this.#arrivals.values()) {
      socket.removeAllListeners('readable');
      socket.write(`${JSON.stringify({ type: 'go' } satisfies Answer)}\n`);
    }
  }

  /** There is no job: tells everybody who is there, and lets go of them. */
  async dismiss(exitCode: number): Promise<void> {
    this.close();
    await Promise.all([...this.#arrivals.values()].map(({ socket }) => say(socket, { type: 'failed', exitCode })));
  }

  #receive(raw: Socket): void {
    for (const oldest of this.#strangers) {
      if (this.#strangers.size < MOST_STRANGERS) break;
      this.#strangers.delete(oldest);
      oldest.destroy();
    }
    this.#strangers.add(raw);
    raw.once('close', () => this.#strangers.delete(raw));
    raw.on('error', () => {});
    const socket = new TLSSocket(raw, { isServer: true, ...tlsServerOptions(this.#secret, 'control') });
    const timeout = setTimeout(() => raw.destroy(), STRANGER_TIMEOUT);
    raw.once('close', () => clearTimeout(timeout));
    socket.once('secure', () => {
      void this.#hear(socket).then((admitted) => {
        clearTimeout(timeout);
        if (admitted) this.#strangers.delete(raw);
      });
    });
    socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (code?.startsWith('ERR_SSL') && this.#impostors.size < MOST_NAMED) {
        this.#impostors.add(plainAddress(raw.remoteAddress) ?? 'somewhere');
      }
    });
  }

  /** Whether it is one of us. */
  async #hear(socket: TLSSocket): Promise<boolean> {
    let line: string;
    try {
      line = await new LineReader(socket, LONGEST_GREETING).next(NEVER);
    } catch {
      socket.destroy();
      return false;
    }
    const hello = parseHello(line);
    const reason = hello === undefined ? 'it said nothing that makes sense' : this.#objection(hello);
    if (hello === undefined || reason !== undefined) {
      void say(socket, { type: 'refused', reason: reason! });
      return false;
    }
    this.#arrivals.set(hello.rank, { hello, socket, address: plainAddress(socket.localAddress) });
    // It says nothing more, but it may go, and come again.
    socket.on('readable', () => socket.readableLength === 0 && socket.read(0));
    socket.once('close', () => this.#arrivals.delete(hello.rank));
    this.#checkComplete();
    return true;
  }

  #objection({ greeting, rank, size }: Hello): string | undefined {
    if (greeting !== GREETING) return 'it is another version of tsmpi; every host needs the same';
    if (size !== this.#size) return `its job has ${this.#size} ranks and not ${size}`;
    if (rank < 1 || rank >= size) return `it has no use for a rank ${rank} of ${size}`;
    return this.#arrivals.has(rank) ? `rank ${rank} is there already` : undefined;
  }

  #checkComplete(): void {
    if (this.#arrivals.size === this.#size - 1) this.#complete.resolve();
  }

  /** `rank 2 of 4 has not come within …`. */
  #missing(): string {
    const missing = Array.from({ length: this.#size - 1 }, (_, index) => index + 1).filter(
      (rank) => !this.#arrivals.has(rank),
    );
    const shown = missing.length > MOST_NAMED ? [...missing.slice(0, MOST_NAMED), '…'] : missing;
    const who =
      missing.length === 1
        ? `rank ${missing[0]} of ${this.#size} has`
        : `ranks ${shown.join(', ')} of ${this.#size} have`;
    return `${who} not come`;
  }

  #suspicion(): string {
    if (this.#impostors.size === 0) return '';
    return `; connections from ${[...this.#impostors].join(', ')} did not know the secret: is it the same everywhere?`;
  }
}

/** Says the last thing on this connection. */
function say(socket: TLSSocket, answer: Answer): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) return resolve();
    socket.once('close', resolve);
    socket.end(`${JSON.stringify(answer)}\n`, () => socket.destroy());
  });
}

/** A server at all addresses sees those of IPv4 as a part of IPv6 (RFC 4291, 2.5.5.2). */
function plainAddress(address: string | undefined): string | undefined {
  return address?.replace(/^::ffff:(?=\d+\.)/, '');
}

function cannotListen({ host, port }: ListeningPlace, error: Error): LaunchFailure {
  const where = [host, port === 0 ? undefined : `port ${port}`].filter((part) => part !== undefined).join(', ');
  return new LaunchFailure(`cannot listen for the other tasks at ${where}: ${systemReason(error)}`, ExitCode.LAUNCH);
}

const NEVER = new AbortController().signal;
