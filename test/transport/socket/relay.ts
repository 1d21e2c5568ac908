/** What can stand between two endpoints: something that holds bytes back, or lets none through. */
import net from 'node:net';
import { onTestFinished } from 'vitest';
import { formatAddress, parseAddress } from '../../../src/transport/socket/address.ts';

/** A piece of what passes through a relay. */
export interface Passing {
  /** Counts the connections that the relay has taken, from 0. */
  readonly connection: number;
  /** Whether the dialer has sent it. */
  readonly forth: boolean;
  /** Bytes that have gone this way of this connection before. */
  readonly before: number;
}

export interface Relay {
  /** To be dialled in place of the target's. */
  readonly address: string;
  connections(): number;
}

/** What becomes of a piece: it goes on at once, or later (those behind it wait, too), or the connection is cut instead. */
export type Hold = (passing: Passing) => Promise<void> | 'cut' | undefined;

export async function relay(target: string, hold: Hold): Promise<Relay> {
  const sockets = new Set<net.Socket>();
  let connections = 0;

  async function pass(from: net.Socket, to: net.Socket, piece: Passing, bytes: Buffer): Promise<void> {
    if ((await hold(piece)) !== 'cut') to.write(bytes);
    else for (const socket of [from, to]) socket.destroy();
  }

  function pump(from: net.Socket, to: net.Socket, connection: number, forth: boolean): void {
    let last = Promise.resolve();
    let before = 0;
    from.on('data', (bytes: Buffer) => {
      const piece = { connection, forth, before };
      before += bytes.length;
      last = last.then(() => pass(from, to, piece, bytes));
    });
    from.on('end', () => {
      last = last.then(() => void to.end());
    });
    from.on('error', () => to.destroy());
    from.on('close', () => {
      last = last.then(() => to.destroySoon());
    });
  }

  const server = net.createServer({ allowHalfOpen: true }, (near) => {
    const to = parseAddress(target) as { host: string; port: number };
    const far = net.connect({ ...to, allowHalfOpen: true });
    for (const socket of [near, far]) sockets.add(socket.setNoDelay());
    pump(near, far, connections, true);
    pump(far, near, connections, false);
    connections++;
  });
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { address: host, port } = server.address() as net.AddressInfo;
  return { address: formatAddress({ kind: 'tcp', host, port }), connections: () => connections };
}

/** Resolves after so many milliseconds. */
export function later(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
