/** Sockets that behave as no transport of ours would. */
import net from 'node:net';
import tls from 'node:tls';
import { onTestFinished } from 'vitest';
import { tlsClientOptions } from '../../../src/contract/tls.ts';
import { parseAddress } from '../../../src/transport/socket/address.ts';
import type { Connection } from '../../../src/transport/socket/connection.ts';
import { Dialer } from '../../../src/transport/socket/dialer.ts';
import { Role } from '../../../src/transport/socket/handshake.ts';
import { TlsSockets } from '../../../src/transport/socket/tls.ts';
import { Frame, HEADER_BYTES } from '../../../src/wire/frame.ts';
import { encodeHeader } from '../../../src/wire/header.ts';
import { JOB, SECRET, type Sockets } from './meshes.ts';

/** A socket of Node's to an address of ours, with what it has read so far. */
export interface Stranger {
  readonly socket: net.Socket;
  readonly read: () => Buffer;
  /** Resolves when the other side has ended it. */
  readonly closed: Promise<void>;
}

export async function stranger(address: string, sockets?: Sockets): Promise<Stranger> {
  const to = parseAddress(address);
  const socket =
    to.kind === 'unix'
      ? net.connect(to.path)
      : sockets === 'tls'
        ? tls.connect({ ...to, ...tlsClientOptions(SECRET, 'data') })
        : net.connect(to);
  onTestFinished(() => void socket.destroy());
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  return { socket, read: () => Buffer.concat(chunks), closed };
}

/** Who dials, and how. */
interface Dialing {
  readonly from: number;
  readonly to?: number;
  readonly sockets?: Sockets;
}

/** A dialer that is not started yet. */
export function dialerTo(
  address: string,
  { from, to = 0, sockets }: Dialing,
  opened: (connection: Connection) => void,
  failed: (error: Error) => void,
): Dialer {
  const options = {
    address: parseAddress(address),
    hello: { role: Role.DATA, job: JOB, epoch: 0, from, to },
    secret: Buffer.from(SECRET, 'hex'),
    tls: sockets === 'tls' ? new TlsSockets(SECRET) : undefined,
    patience: 10_000,
  };
  return new Dialer(options, { dialing: () => {}, connected: () => {}, proved: () => {}, opened, failed });
}

/** Goes through the handshake and answers the open connection, to write any bytes to. */
export async function intruder(address: string, dialing: Dialing): Promise<Connection> {
  const connection = await new Promise<Connection>((resolve, reject) => {
    const opened = (open: Connection) => {
      open.handler = { nextBuffer: () => Buffer.alloc(1024), received: () => {}, ended: () => {} };
      resolve(open);
    };
    const dialer = dialerTo(address, dialing, opened, reject);
    onTestFinished(() => dialer.cancel());
    dialer.start();
  });
  onTestFinished(() => connection.destroy());
  return connection;
}

/** A server that answers connections as nobody of ours would. */
export async function server(answer: (socket: net.Socket, listening: net.Server) => void): Promise<string> {
  const listening = net.createServer((socket) => answer(socket, listening));
  const sockets = new Set<net.Socket>();
  listening.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  onTestFinished(() => {
    listening.close();
    for (const socket of sockets) socket.destroy();
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return `tcp:127.0.0.1:${(listening.address() as net.AddressInfo).port}`;
}

/** A whole frame as bytes. */
export function frameBytes(fields: Partial<Frame>, payload: Uint8Array = new Uint8Array(0)): Buffer {
  const frame = Object.assign(new Frame(), { kind: 1, bytes: payload.length }, fields);
  const header = Buffer.alloc(HEADER_BYTES);
  encodeHeader(new DataView(header.buffer, header.byteOffset), 0, frame);
  return Buffer.concat([header, frame.meta, payload]);
}
