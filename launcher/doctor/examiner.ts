/** Whoever looks at one host: at this one itself, at others through a connection (remote.ts). Arguments and results are plain data. */
import { type AddressInfo, createConnection, createServer, type Server } from 'node:net';
import { systemReason } from '../io/system-reason.ts';
import type { Facts } from './facts.ts';
import { type FactsQuery, gatherFacts } from './gather.ts';

export interface ListenQuery {
  /** An IP address of the host. */
  readonly address: string;
  /** First and last; none: the system's choice. */
  readonly ports: readonly [first: number, last: number] | undefined;
  /** Said to whoever connects: the address may belong to another host as well. */
  readonly token: string;
}

/** Either a port, or why there is none. */
export type Listening = { readonly port: number } | { readonly port: null; readonly problem: string };

/** Where another host listens. */
export interface Target {
  readonly address: string;
  readonly port: number;
  readonly token: string;
}

export interface Examiner {
  facts(query: FactsQuery): Promise<Facts>;
  /** Milliseconds since 1970, by the host's own clock. */
  clock(): Promise<number>;
  /** Until {@link close}. */
  listen(query: ListenQuery): Promise<Listening>;
  /** By target: null when it was reached, else what went wrong. */
  dial(targets: readonly Target[]): Promise<readonly (string | null)[]>;
  close(): Promise<void>;
}

/** For one connection, in milliseconds. */
const PATIENCE = 3000;
/** Connections that are tried at a time. */
const ABREAST = 64;

export class LocalExaminer implements Examiner {
  #server: Server | undefined;

  facts(query: FactsQuery): Promise<Facts> {
    return gatherFacts(query);
  }

  async clock(): Promise<number> {
    return Date.now();
  }

  async listen({ address, ports: [first, last] = [0, 0], token }: ListenQuery): Promise<Listening> {
    let problem = `no port from ${first} to ${last} is free`;
    for (let port = first; port <= last; port++) {
      try {
        this.#server = await listening(address, port, token);
        return { port: (this.#server.address() as AddressInfo).port };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') continue;
        problem = systemReason(error);
        break;
      }
    }
    return { port: null, problem };
  }

  async dial(targets: readonly Target[]): Promise<(string | null)[]> {
    const results: (string | null)[] = [];
    for (let at = 0; at < targets.length; at += ABREAST) {
      results.push(...(await Promise.all(targets.slice(at, at + ABREAST).map(reach))));
    }
    return results;
  }

  async close(): Promise<void> {
    this.#server?.close();
  }
}

function listening(host: string, port: number, token: string): Promise<Server> {
  const server = createServer((socket) => socket.on('error', () => {}).end(token));
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen({ host, port, backlog: 4096 }, () => resolve(server));
  });
}

function reach({ address, port, token }: Target): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: address, port });
    let heard = '';
    const done = (problem: string | null): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(problem);
    };
    const timer = setTimeout(done, PATIENCE, `no answer within ${PATIENCE / 1000} s`);
    socket.on('error', (error) => done(systemReason(error)));
    socket.on('data', (data: Buffer) => {
      heard += data.toString('latin1');
      if (heard.length >= token.length) done(heard === token ? null : 'somebody else answers');
    });
    socket.on('end', () => done('somebody else answers'));
  });
}
