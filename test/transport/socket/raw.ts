/** Sockets that behave as no transport of ours would. */
import net from 'node:net';
import { onTestFinished } from 'vitest';
import { parseAddress } from '../../../src/transport/socket/address.ts';
import type { Connection } from '../../../src/transport/socket/connection.ts';
import { Dialer } from '../../../src/transport/socket/dialer.ts';
import { Role } from '../../../src/transport/socket/handshake.ts';
import { Frame, HEADER_BYTES } from '../../../src/wire/frame.ts';
import { encodeHeader } from '../../../src/wire/header.ts';
import { JOB, SECRET } from './meshes.ts';

/** A plain socket to an address of ours, with what it has read so far. */
export interface Stranger {
  readonly socket: net.Socket;
  readonly read: () => Buffer;
  /** Resolves when the other side has ended it. */
  readonly closed: Promise<void>;
}

export async function stranger(address: string): Promise<Stranger> {
  const to = parseAddress(address);
  const socket = to.kind === 'unix' ? net.connect(to.path) : net.connect(to.port, to.host);
  onTestFinished(() => void socket.destroy());
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  return { socket, read: () => Buffer.concat(chunks), closed };
}

/** Goes through the handshake as endpoint `from` and answers the open connection, to write any bytes to. */
export async function intruder(address: string, from: number, to = 0): Promise<Connection> {
  const connection = await new Promise<Connection>((resolve, reject) => {
    const dialer = new Dialer(
      parseAddress(address),
      { role: Role.DATA, job: JOB, epoch: 0, from, to },
      Buffer.from(SECRET, 'hex'),
      {
        dialing: () => {},
        connected: () => {},
        opened: (open) => {
          open.handler = { nextBuffer: () => Buffer.alloc(1024), received: () => {}, ended: () => {} };
          resolve(open);
        },
        failed: reject,
      },
    );
    onTestFinished(() => dialer.cancel());
    dialer.start();
  });
  onTestFinished(() => connection.destroy());
  return connection;
}

/** A server that answers every connection with these bytes. */
export async function server(answer: (socket: net.Socket) => void): Promise<string> {
  const listening = net.createServer(answer);
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
