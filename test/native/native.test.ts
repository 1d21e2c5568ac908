import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadNative, type Native, WOULD_BLOCK } from '../../src/native/native.ts';

const loaded = loadNative();
const EBADF = 9;
const EPIPE = 32;

function skipped(why: string): void {
  it.skip(`nothing to test: ${why}`, () => {});
}

describe('native calls', () => {
  if (typeof loaded === 'string') return skipped(loaded);
  const native: Native = loaded;
  const directory = mkdtempSync(join(tmpdir(), 'tsmpi-test-'));
  let one: net.Socket;
  let other: net.Socket;
  const fd = (socket: net.Socket) => (socket as unknown as { _handle: { fd: number } })._handle.fd;

  beforeAll(async () => {
    const server = net.createServer({ pauseOnConnect: true }).listen(join(directory, 'socket'));
    const accepted = new Promise<net.Socket>((resolve) => server.once('connection', resolve));
    one = net.connect({ path: join(directory, 'socket') });
    one.pause();
    other = await accepted;
    server.close();
  });

  afterAll(() => {
    one.destroy();
    other.destroy();
    rmSync(directory, { recursive: true });
  });

  it('recv and send move bytes between memory of any kind', () => {
    const memory = [
      Uint8Array.of(1, 2, 3),
      Buffer.from([9, 1, 2, 3]).subarray(1),
      new Uint8Array(new SharedArrayBuffer(64), 7, 3),
      new Uint8Array(new Uint32Array(100).buffer, 5, 3),
    ];
    for (const bytes of memory) {
      bytes.set([1, 2, 3]);
      expect(native.send(fd(one), bytes)).toBe(3);
      const landing = new Uint8Array(new SharedArrayBuffer(16), 5, 8);
      expect(native.recv(fd(other), landing)).toBe(3);
      expect([...landing]).toEqual([1, 2, 3, 0, 0, 0, 0, 0]);
    }
  });

  it('give WOULD_BLOCK where nothing is there, or no room', () => {
    const memory = new Uint8Array(65_536);
    expect(native.recv(fd(other), memory)).toBe(WOULD_BLOCK);
    let taken = 0;
    let bytes: number;
    while ((bytes = native.send(fd(one), memory)) > 0) taken += bytes;
    expect(bytes).toBe(WOULD_BLOCK);
    while ((bytes = native.recv(fd(other), memory)) > 0) taken -= bytes;
    expect(bytes).toBe(WOULD_BLOCK);
    expect(taken).toBe(0);
  });

  it('give the negative errno of what fails', () => {
    expect(native.recv(-1, new Uint8Array(1))).toBe(-EBADF);
    expect(native.send(-1, new Uint8Array(1))).toBe(-EBADF);
    expect(native.allocate(-1, 1)).toBe(EBADF);
    expect(() => native.map(-1, 4096)).toThrow(`errno ${EBADF}`);
  });

  it('a watch tells which sockets can be read', () => {
    const watch = native.watch()!;
    const ready: number[] = [];
    watch.add(fd(one));
    watch.add(fd(other));
    expect(watch.look(ready)).toBe(0);
    native.send(fd(one), Uint8Array.of(1));
    expect(watch.look(ready)).toBe(1);
    expect(ready).toEqual([fd(other)]);
    expect(watch.look(ready)).toBe(1);
    native.recv(fd(other), new Uint8Array(1));
    expect(watch.look(ready)).toBe(0);
    watch.close();
  });

  it('map shares a file, whose room is reserved', () => {
    const file = openSync(join(directory, 'file'), 'w+');
    expect(native.allocate(file, 8192)).toBe(0);
    const { buffer, unmap } = native.map(file, 8192);
    expect(buffer.byteLength).toBe(8192);
    Atomics.store(new Int32Array(buffer), 1, 0x01020304);
    expect(readFileSync(join(directory, 'file')).readInt32LE(4)).toBe(0x01020304);
    unmap();
    ftruncateSync(file, 0);
    closeSync(file);
  });

  it('yieldCpu returns', () => {
    native.yieldCpu();
  });

  it('a peer that is gone ends the stream, and fails what is sent', async () => {
    const gone = new Promise((resolve) => one.once('close', resolve));
    one.destroy();
    await gone;
    expect(native.recv(fd(other), new Uint8Array(1))).toBe(0);
    expect(native.send(fd(other), Uint8Array.of(1))).toBe(-EPIPE);
  });
});
