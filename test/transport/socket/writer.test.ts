import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { CHUNK_BYTES, ChunkPool } from '../../../src/transport/socket/chunk.ts';
import { FlushQueue } from '../../../src/transport/socket/flush-queue.ts';
import { COPY_BYTES, Writer } from '../../../src/transport/socket/writer.ts';
import { HEADER_BYTES } from '../../../src/wire/frame.ts';
import { cutInto, frameOf, pattern } from '../frames.ts';
import { frameBytes } from './raw.ts';

/** A socket that takes a write and is done with it when it is told. */
function slowSocket() {
  const writes: Buffer[][] = [];
  let done: ((error?: Error) => void) | undefined;
  const socket = new Writable({
    writev(chunks, callback) {
      writes.push(chunks.map(({ chunk }) => chunk as Buffer));
      done = callback;
    },
  }) as Socket;
  return {
    socket,
    writes,
    bytes: () => Buffer.concat(writes.flat()),
    finish: async () => {
      const callback = done;
      done = undefined;
      callback?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

function opened() {
  const slow = slowSocket();
  const pool = new ChunkPool();
  const share = { chunks: pool, flushes: new FlushQueue(), native: undefined, polling: false };
  const writer = new Writer(share, () => expect.unreachable('there is a socket'));
  writer.open({ socket: slow.socket, plain: true, fd: -1 });
  return { ...slow, pool, writer };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('writer', () => {
  it('puts all small frames of a turn into one write', async () => {
    const { writer, writes, bytes } = opened();
    for (let tag = 0; tag < 100; tag++) writer.send(frameOf(8, { tag }), [pattern(8, tag)], null);
    expect(writes).toHaveLength(0);
    await turn();
    expect(writes).toHaveLength(1);
    expect(writes[0]).toHaveLength(1);
    const expected = Array.from({ length: 100 }, (_, tag) => frameBytes({ tag }, pattern(8, tag)));
    expect(bytes().equals(Buffer.concat(expected))).toBe(true);
  });

  it('gathers while a write is under way', async () => {
    const { writer, writes, finish } = opened();
    for (let tag = 0; tag < 10; tag++) {
      writer.send(frameOf(0, { tag }), [], null);
      await turn();
    }
    expect(writes).toHaveLength(1);
    await finish();
    expect(writes).toHaveLength(2);
    expect(writes[1]!.reduce((sum, { length }) => sum + length, 0)).toBe(9 * HEADER_BYTES);
  });

  it('writes a large payload from where it is, together with its header, and says when it is done', async () => {
    const { writer, writes, finish } = opened();
    const payload = pattern(COPY_BYTES + 1);
    let sent = 0;
    expect(writer.send(frameOf(payload.length), [payload], { sent: () => void sent++ })).toBe(false);
    await turn();
    expect(writes).toHaveLength(1);
    expect(writes[0]!.map(({ length }) => length)).toEqual([HEADER_BYTES, payload.length]);
    expect(writes[0]![1]!.buffer).toBe(payload.buffer);
    expect(sent).toBe(0);
    await finish();
    expect(sent).toBe(1);
  });

  it('copies a large payload that is all in small segments', async () => {
    const { writer, bytes } = opened();
    const payload = pattern(60_000);
    const segments = cutInto(
      payload,
      Array.from({ length: 60 }, () => 1000),
    );
    expect(writer.send(frameOf(60_000), segments, { sent: () => expect.unreachable('copied') })).toBe(true);
    payload.fill(0);
    await turn();
    expect(bytes().equals(frameBytes({}, pattern(60_000)))).toBe(true);
  });

  it('hands over no more than about a megabyte, or one piece, at a time', async () => {
    const { writer, writes, finish } = opened();
    const payload = pattern(300_000);
    let sent = 0;
    for (let i = 0; i < 10; i++) writer.send(frameOf(300_000), [payload], { sent: () => void sent++ });
    await turn();
    expect(writes[0]!.length).toBe(8);
    await finish();
    expect(sent).toBe(4);
    await finish();
    await finish();
    expect(sent).toBe(10);
  });

  it('uses its chunks again', async () => {
    const { writer, finish, writes, pool } = opened();
    const memory = new Set<ArrayBufferLike>();
    for (let round = 0; round < 20; round++) {
      const from = writes.length;
      for (let i = 0; i < 3; i++) writer.send(frameOf(COPY_BYTES), [pattern(COPY_BYTES, i)], null);
      for (let i = 0; i < 2_000; i++) writer.send(frameOf(0), [], null);
      for (let i = 0; i < 4; i++) await finish();
      for (const chunk of writes.slice(from).flat()) memory.add(chunk.buffer);
    }
    expect(memory.size).toBeLessThanOrEqual(6);
    expect(pool.take().bytes).toHaveLength(CHUNK_BYTES);
  });

  it('once dropped it writes nothing more and tells nobody', async () => {
    const { writer, writes, finish } = opened();
    const delivery = { sent: () => expect.unreachable('the link is lost') };
    const payload = pattern(100_000);
    writer.send(frameOf(100_000), [payload], delivery);
    await turn();
    writer.send(frameOf(100_000), [payload], delivery);
    writer.drop();
    await finish();
    expect(writer.send(frameOf(100_000), [payload], delivery)).toBe(true);
    await turn();
    expect(writes).toHaveLength(1);
  });
});
