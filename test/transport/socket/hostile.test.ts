import { randomBytes } from 'node:crypto';
import type net from 'node:net';
import { describe, expect, it } from 'vitest';
import { AcceptorHandshake, Status } from '../../../src/transport/socket/handshake.ts';
import { MAX_META_BYTES } from '../../../src/wire/frame.ts';
import { WIRE_VERSION } from '../../../src/wire/header.ts';
import { pattern } from '../frames.ts';
import { Recorder } from '../recorder.ts';
import { listening, optionsFor, SECRET, SOCKETS, type Sockets } from './meshes.ts';
import { frameBytes, intruder, server } from './raw.ts';

/** A mesh endpoint 0 of `size`, and endpoint 1 as raw bytes. */
async function attacked(sockets: Sockets, size = 2) {
  const sink = new Recorder();
  const mesh = await listening(optionsFor(sockets, size)(0), sink);
  const connection = await intruder(mesh.address, { from: 1, sockets });
  return { sink, mesh, socket: connection.socket, write: (bytes: Uint8Array) => connection.socket.write(bytes) };
}

describe.each(SOCKETS)('a peer over %s that has proved itself but does not keep to the protocol', (sockets) => {
  it('a thousand tiny frames in one write are a thousand frames', async () => {
    const { sink, write } = await attacked(sockets);
    write(Buffer.concat(Array.from({ length: 1000 }, (_, tag) => frameBytes({ tag }, pattern(tag % 3, tag)))));
    const arrivals = await sink.arrived(1000);
    expect(arrivals.map(({ frame }) => frame.tag)).toEqual(Array.from({ length: 1000 }, (_, tag) => tag));
  });

  it('one frame in a thousand writes is one frame', async () => {
    const { sink, socket } = await attacked(sockets);
    const payload = pattern(20_000);
    const bytes = frameBytes({ meta: pattern(500, 1) }, payload);
    const step = Math.ceil(bytes.length / 1000);
    for (let offset = 0; offset < bytes.length; offset += step) {
      await new Promise((resolve) => socket.write(bytes.subarray(offset, offset + step), resolve));
    }
    const [arrival] = await sink.arrived(1);
    expect(Buffer.compare(arrival!.payload, payload)).toBe(0);
    expect(Buffer.compare(arrival!.frame.meta, pattern(500, 1))).toBe(0);
  });

  it('an end at any byte of a frame is a lost peer; what came before it has arrived', async () => {
    const frame = frameBytes({ meta: pattern(7), tag: 2 }, pattern(9));
    const ends = Array.from({ length: frame.length }, (_, length) => length);
    await Promise.all(
      ends.map(async (length) => {
        const { sink, socket } = await attacked(sockets);
        socket.end(Buffer.concat([frameBytes({ tag: 1 }), frame.subarray(0, length)]));
        await sink.lostPeers(1);
        expect(sink.arrivals.map(({ frame: { tag } }) => tag)).toEqual([1]);
        const { reason } = sink.losses[0]!;
        expect(reason).toMatchObject({ code: 'ERR_PROC_FAILED', peer: 1 });
        expect(reason.message.endsWith('in the middle of a frame')).toBe(length > 0);
      }),
    );
  });

  it('an end in the middle of a large payload is a lost peer, and the payload never lands', async () => {
    const { sink, socket } = await attacked(sockets);
    socket.end(frameBytes({}, pattern(1_000_000)).subarray(0, 700_000));
    await sink.lostPeers(1);
    expect(sink.calls).toEqual(['announce 1', 'lost 1']);
  });

  it.each([
    ['noise', randomBytes(200)],
    ['a frame of no kind', Buffer.alloc(64)],
    ['an HTTP answer', Buffer.from(`HTTP/1.1 200 OK\r\n${'x'.repeat(100)}`)],
  ])('%s instead of a frame ends the link as a protocol error', async (_, bytes) => {
    const { sink, socket, write } = await attacked(sockets);
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    bytes[0] = 0;
    write(frameBytes({ tag: 1 }));
    write(bytes);
    write(frameBytes({ tag: 2 }));
    await sink.lostPeers(1);
    expect(sink.losses[0]!.reason).toMatchObject({ code: 'ERR_PROTOCOL', peer: 1 });
    expect(sink.arrivals.map(({ frame }) => frame.tag)).toEqual([1]);
    socket.resume();
    await closed;
  });

  it('more meta data than allowed is refused before any of it is read', async () => {
    const { sink, write } = await attacked(sockets);
    const bytes = frameBytes({});
    bytes.writeUInt32LE(MAX_META_BYTES + 1, 40);
    write(bytes);
    await sink.lostPeers(1);
    expect(sink.losses[0]!.reason).toMatchObject({ code: 'ERR_PROTOCOL' });
    expect(sink.losses[0]!.reason.message).toContain('metaBytes');
  });

  it('2^53 - 1 announced bytes take no memory: the layer above decides', async () => {
    const { sink, write } = await attacked(sockets);
    const before = process.memoryUsage().arrayBuffers;
    sink.onAnnounce = (_, frame) => {
      if (frame.bytes > 1e9) throw new Error(`${frame.bytes} bytes are too many`);
    };
    const bytes = frameBytes({});
    bytes.writeUInt32LE(0xffffffff, 16);
    bytes.writeUInt32LE(0x1fffff, 20);
    write(bytes);
    await sink.lostPeers(1);
    expect(sink.losses[0]!.reason.message).toContain('9007199254740991 bytes are too many');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
  });

  it('a reset is a lost peer with its cause', async ({ skip }) => {
    if (sockets === 'unix') skip('Unix sockets have no resets of their own');
    if (sockets === 'tls') skip('Node resets no socket under TLS; for those without it this holds');
    const { sink, socket } = await attacked(sockets);
    socket.resetAndDestroy();
    await sink.lostPeers(1);
    expect(sink.losses[0]!.reason).toMatchObject({ code: 'ERR_PROC_FAILED', peer: 1 });
    expect(sink.losses[0]!.reason.cause).toMatchObject({ code: 'ECONNRESET' });
  });

  it('one broken link leaves the others alone', async () => {
    const { sink, mesh, write } = await attacked(sockets, 3);
    const other = await intruder(mesh.address, { from: 2, sockets });
    write(Buffer.alloc(64));
    await sink.lostPeers(1);
    other.socket.write(frameBytes({ tag: 7 }));
    await sink.arrived(1);
    expect(sink.losses.map(({ peer }) => peer)).toEqual([1]);
  });
});

describe('a dialer that meets a stranger at the address of its peer', () => {
  async function dial(answer: (socket: net.Socket) => void, connectTimeout = 5_000): Promise<void> {
    const mesh = await listening(optionsFor('tcp', 2, { connectTimeout })(1));
    await mesh.connect([await server(answer), '']);
  }

  it('says that it is no process of ours, also when less than an answer came', async () => {
    for (const text of ['HTTP/1.1 400 Bad Request\r\n\r\n', `SSH-2.0-${'x'.repeat(200)}`, 'y']) {
      await expect(dial((socket) => socket.write(text))).rejects.toMatchObject({ code: 'ERR_PROTOCOL', peer: 0 });
    }
  });

  it('names both versions when the peer is of another one', async () => {
    const answer = dial((socket) => {
      socket.once('data', (hello: Buffer) => {
        const message = new AcceptorHandshake(Buffer.from(SECRET, 'hex'), () => Status.OK).answer(hello).answer;
        message.writeUInt16LE(77, 8);
        socket.write(message);
      });
    });
    await expect(answer).rejects.toMatchObject({ code: 'ERR_PROTOCOL', expected: WIRE_VERSION, actual: 77 });
  });

  it('takes its own bytes, sent back, for no proof', async () => {
    await expect(
      dial((socket) => socket.pipe(socket).on('data', () => socket.write(Buffer.alloc(16)))),
    ).rejects.toThrow();
  });

  it('does not wait for ever for one that says nothing, or hangs up again and again', async () => {
    await expect(dial(() => {}, 60)).rejects.toMatchObject({
      code: 'ERR_LAUNCH',
      message: expect.stringContaining('process 0'),
    });
    await expect(dial((socket) => socket.destroy(), 60)).rejects.toMatchObject({ code: 'ERR_LAUNCH' });
  });

  it('tries again when it was hung up on', async () => {
    let times = 0;
    const seen = dial((socket) => {
      times++;
      if (times < 3) socket.destroy();
      else socket.write('no process of yours');
    });
    await expect(seen).rejects.toMatchObject({ code: 'ERR_PROTOCOL' });
    expect(times).toBe(3);
  });
});
