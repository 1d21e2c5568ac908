import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Acceptor } from '../../../src/transport/socket/acceptor.ts';
import type { Connection } from '../../../src/transport/socket/connection.ts';
import { DialerHandshake, type Hello, MAGIC, Role, Status } from '../../../src/transport/socket/handshake.ts';
import { TlsSockets } from '../../../src/transport/socket/tls.ts';
import { directory, JOB, SECRET, SOCKETS, type Sockets } from './meshes.ts';
import { intruder, stranger } from './raw.ts';

const secret = Buffer.from(SECRET, 'hex');
const hello: Hello = { role: Role.DATA, job: JOB, epoch: 0, from: 1, to: 0 };

async function accepting(sockets: Sockets, { timeout = 10_000, maxPending = 8 } = {}) {
  const opened: { hello: Hello; connection: Connection }[] = [];
  const acceptor = await Acceptor.listen({
    kind: sockets === 'unix' ? 'unix' : 'tcp',
    tls: sockets === 'tls' ? new TlsSockets(SECRET) : undefined,
    listen: sockets === 'unix' ? join(directory(), 's') : '127.0.0.1',
    secret,
    timeout,
    maxPending,
    admit: ({ job }) => (job === JOB ? Status.OK : Status.JOB),
    opened: (who, connection) => {
      opened.push({ hello: who, connection });
      connection.handler = { nextBuffer: () => Buffer.alloc(64), received: () => {}, ended: () => {} };
    },
  });
  onTestFinished(() => {
    acceptor.close();
    for (const { connection } of opened) connection.destroy();
  });
  return { acceptor, opened, address: acceptor.text, sockets };
}

/** Lets in one who belongs to us, as the proof that nobody has done any harm. */
async function stillAccepts({
  address,
  opened,
  acceptor,
  sockets,
}: Awaited<ReturnType<typeof accepting>>): Promise<void> {
  const before = opened.length;
  await intruder(address, { from: 1, sockets });
  await expect.poll(() => opened.length).toBe(before + 1);
  expect(acceptor.pending).toBe(0);
}

/** A TLS 1.2 client hello, up to where it would go on. */
const TLS_HELLO = Buffer.from('16030100f8010000f40303', 'hex');

describe.each(SOCKETS)('%s acceptor', (sockets) => {
  it.each([
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['a TLS hello', TLS_HELLO],
    ['one wrong byte', Buffer.from('x')],
    ['a magic that is off at its end', Buffer.from('TSMPI\r\nx')],
    ['a megabyte of zeroes', Buffer.alloc(1 << 20)],
    ['a megabyte of noise', randomBytes(1 << 20)],
  ])('closes without a word on %s', async (_, bytes) => {
    // What may be the beginning of TLS is waited for, for as long as a message may take.
    const ours = await accepting(sockets, { timeout: sockets === 'tls' ? 100 : 10_000 });
    const { socket, closed, read } = await stranger(ours.address);
    socket.write(bytes);
    await closed;
    expect(read()).toHaveLength(0);
    await stillAccepts(ours);
  });

  it('survives a dialer that leaves after any number of bytes', async () => {
    const ours = await accepting(sockets, { maxPending: 200 });
    const { hello: message } = new DialerHandshake(secret, hello, '');
    const whole = Buffer.concat([message, randomBytes(32)]);
    const closed: Promise<void>[] = [];
    for (let length = 0; length <= whole.length; length++) {
      const { socket, closed: end } = await stranger(ours.address);
      socket.end(whole.subarray(0, length));
      closed.push(end);
    }
    await Promise.all(closed);
    await expect.poll(() => ours.acceptor.pending).toBe(0);
    expect(ours.opened).toEqual([]);
    await stillAccepts(ours);
  });

  it('takes a handshake that comes byte by byte', async () => {
    const { address, opened } = await accepting(sockets);
    const { socket, read } = await stranger(address, sockets);
    socket.setNoDelay(true);
    const handshake = new DialerHandshake(secret, hello, '');
    async function trickle(bytes: Buffer): Promise<void> {
      for (const byte of bytes) {
        await new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
      }
    }
    await trickle(handshake.hello);
    await expect.poll(() => read().length).toBe(80);
    await trickle(handshake.prove(read())!);
    await expect.poll(() => opened.length).toBe(1);
    expect(opened[0]!.hello).toEqual(hello);
  });

  it('a recorded conversation, played again, gets nobody in', async () => {
    const ours = await accepting(sockets);
    const handshake = new DialerHandshake(secret, hello, '');
    const first = await stranger(ours.address, sockets);
    first.socket.write(handshake.hello);
    await expect.poll(() => first.read().length).toBe(80);
    const proof = handshake.prove(first.read())!;
    first.socket.write(proof);
    await expect.poll(() => ours.opened.length).toBe(1);

    const replay = await stranger(ours.address, sockets);
    replay.socket.write(Buffer.concat([handshake.hello, proof]));
    await replay.closed;
    expect(ours.opened).toHaveLength(1);
    await stillAccepts(ours);
  });

  it('a refusal is read by who is refused, and costs a place for a bounded time only', async () => {
    const ours = await accepting(sockets, { timeout: 50 });
    const { socket, read, closed } = await stranger(ours.address, sockets);
    socket.write(new DialerHandshake(secret, { ...hello, job: 'f'.repeat(16) }, '').hello);
    await expect.poll(() => read().length).toBe(80);
    expect(read().readUInt8(10)).toBe(Status.JOB);
    await closed;
    await expect.poll(() => ours.acceptor.pending).toBe(0);
  });

  it('drops who says nothing, or stops half-way', async () => {
    const ours = await accepting(sockets, { timeout: 50 });
    const silent = await stranger(ours.address);
    const slow = await stranger(ours.address, sockets);
    slow.socket.write(MAGIC);
    const unproved = await stranger(ours.address, sockets);
    unproved.socket.write(new DialerHandshake(secret, hello, '').hello);
    await Promise.all([silent.closed, slow.closed, unproved.closed]);
    expect(ours.acceptor.pending).toBe(0);
    await stillAccepts(ours);
  });

  it('a crowd of strangers takes a bounded number of places and keeps nobody of ours out', async () => {
    const ours = await accepting(sockets, { maxPending: 4 });
    const crowd = await Promise.all(Array.from({ length: 30 }, () => stranger(ours.address)));
    await expect.poll(() => ours.acceptor.pending).toBe(4);
    await Promise.any(crowd.map(({ closed }) => closed));
    await intruder(ours.address, { from: 1, sockets });
    await expect.poll(() => ours.opened.length).toBe(1);
    expect(ours.acceptor.pending).toBeLessThanOrEqual(4);
  });

  it('once closed it drops who was on the way and listens no more', async () => {
    const ours = await accepting(sockets);
    const { closed } = await stranger(ours.address);
    await expect.poll(() => ours.acceptor.pending).toBe(1);
    ours.acceptor.close();
    await closed;
    await expect(intruder(ours.address, { from: 1, sockets })).rejects.toMatchObject({ code: 'ERR_LAUNCH' });
  });
});

describe('unix acceptor', () => {
  it('makes a socket that no other user can connect to', async () => {
    const { acceptor } = await accepting('unix');
    expect(acceptor.address.kind === 'unix' && statSync(acceptor.address.path).mode & 0o777).toBe(0o600);
  });
});
