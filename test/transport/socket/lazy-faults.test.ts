/** Peers that are not there when a link to them is needed, or are somebody else, or leave. */
import { spawn } from 'node:child_process';
import net from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FrameKind } from '../../../src/wire/frame.ts';
import { frameOf, pattern } from '../frames.ts';
import { Recorder } from '../recorder.ts';
import { joined, listening, optionsFor, type Sockets } from './meshes.ts';
import { server } from './raw.ts';
import { later, relay } from './relay.ts';

const lazy = { links: 'lazy' } as const;

/** An address whose system takes no connection any more: its queue is full, and its process stopped. */
async function fullAddress(): Promise<string> {
  const script =
    "const s = require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(s.address().port))";
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const sockets: net.Socket[] = [];
  onTestFinished(() => {
    child.kill('SIGKILL');
    for (const socket of sockets) socket.destroy();
  });
  const port = await new Promise<number>((resolve) => child.stdout.once('data', (text) => resolve(Number(text))));
  child.kill('SIGSTOP');
  await Promise.all(
    [1, 2].map(() => {
      const socket = net.connect(port, '127.0.0.1');
      sockets.push(socket);
      return new Promise((resolve) => socket.once('connect', resolve));
    }),
  );
  return `tcp:127.0.0.1:${port}`;
}

describe.each<Sockets>(['tcp', 'tls'])('%s mesh with lazy links', (sockets) => {
  it('a process that computes is waited for, however long it takes to answer', async () => {
    const connectTimeout = 20;
    const slow = async (address: string) => (await relay(address, () => later(2 * connectTimeout))).address;
    const { meshes, sinks } = await joined(sockets, 2, slow, { connectTimeout });
    meshes[0]!.send(1, frameOf(0, { tag: 1 }), [], null);
    expect((await sinks[1]!.arrived(1))[0]!.frame.tag).toBe(1);
    expect(sinks[0]!.losses).toEqual([]);
  });

  it('an address from which nothing comes back is given up, asking for the firewall', async ({ skip }) => {
    if (process.platform !== 'linux') skip('how a full queue of connections behaves is known for Linux');
    const full = await fullAddress();
    const { meshes, sinks } = await joined(sockets, 2, () => full, { connectTimeout: 50 });
    meshes[0]!.send(1, frameOf(0), [], null);
    await sinks[0]!.lostPeers(1);
    const { reason } = sinks[0]!.losses[0]!;
    expect(reason).toMatchObject({ code: 'ERR_PROC_FAILED', peer: 1 });
    expect(reason.message).toContain(`no connection with process 1 at ${full} after 50 ms; is a firewall`);
  });

  it('where nobody listens the peer is lost at once, for whoever sends', async () => {
    const { meshes, sinks } = await joined(sockets, 3, (address) => address);
    const { address } = meshes[2]!;
    meshes[2]!.abort();
    const delivery = { sent: () => expect.unreachable('sent to nobody') };
    const payload = pattern(100_000);
    expect(meshes[0]!.send(2, frameOf(payload.length, { kind: FrameKind.DATA }), [payload], delivery)).toBe(false);
    expect(meshes[0]!.linked(2)).toBe(true);
    await meshes[0]!.settled();
    expect(sinks[0]!.calls).toEqual(['lost 2']);
    expect(meshes[0]!.linked(2)).toBe(false);
    const { reason } = sinks[0]!.losses[0]!;
    expect(reason).toMatchObject({ code: 'ERR_PROC_FAILED', peer: 2, cause: { cause: { code: 'ECONNREFUSED' } } });
    expect(reason.message).toContain(`process 2 at ${address}`);
    expect(meshes[0]!.send(2, frameOf(payload.length, { kind: FrameKind.DATA }), [payload], delivery)).toBe(true);
    meshes[0]!.send(1, frameOf(0), [], null);
    await sinks[1]!.arrived(1);
    expect(sinks[1]!.losses).toEqual([]);
  });

  it('a peer that dies in the middle of the handshake is lost', async () => {
    const dying = await server((socket, listening) => {
      listening.close();
      socket.once('data', () => socket.resetAndDestroy());
    });
    const { meshes, sinks } = await joined(sockets, 2, () => dying);
    meshes[0]!.send(1, frameOf(0), [], null);
    await sinks[0]!.lostPeers(1);
    expect(sinks[0]!.losses[0]!.reason).toMatchObject({ code: 'ERR_PROC_FAILED', peer: 1 });
  });

  it('an address that ends every connection is given up', async () => {
    const rude = await server((socket) => socket.destroy());
    const { meshes, sinks } = await joined(sockets, 2, () => rude, { connectTimeout: 60 });
    meshes[1]!.send(0, frameOf(0), [], null);
    await sinks[1]!.lostPeers(1);
    expect(sinks[1]!.losses[0]!.reason).toMatchObject({ code: 'ERR_PROC_FAILED', peer: 0 });
    expect(sinks[1]!.losses[0]!.reason.message).toContain(`process 0 at ${rude} were ended before`);
  });

  it('a stranger at the address of a peer is a protocol error', async () => {
    const web = await server((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const { meshes, sinks } = await joined(sockets, 2, () => web);
    meshes[1]!.send(0, frameOf(0), [], null);
    await sinks[1]!.lostPeers(1);
    expect(sinks[1]!.losses[0]!.reason).toMatchObject({ code: 'ERR_PROTOCOL', peer: 0 });
    expect(sinks[1]!.losses[0]!.reason.message).toContain(web);
  });

  it('a secret that differs is an authentication error for the dialer, and the other one goes on', async () => {
    const options = optionsFor(sockets, 2, lazy);
    const sinks = [new Recorder(), new Recorder()];
    const one = await listening(options(0), sinks[0]);
    const other = await listening({ ...options(1), secret: 'b2'.repeat(32) }, sinks[1]);
    await other.connect([one.address, other.address]);
    other.send(0, frameOf(0), [], null);
    await sinks[1]!.lostPeers(1);
    expect(sinks[1]!.losses[0]!.reason).toMatchObject({ code: 'ERR_AUTH', peer: 0 });
    expect(sinks[1]!.losses[0]!.reason.message).toContain(one.address);
    expect(one.linked(1)).toBe(false);
  });

  it('where one speaks TLS and the other does not, the peer is given up, saying so', async () => {
    const options = optionsFor(sockets, 2, { ...lazy, connectTimeout: 60 });
    const sink = new Recorder();
    const one = await listening({ ...options(0), tls: sockets !== 'tls' });
    const other = await listening(options(1), sink);
    await other.connect([one.address, other.address]);
    other.send(0, frameOf(0), [], null);
    await sink.lostPeers(1);
    expect(sink.losses[0]!.reason).toMatchObject({ code: 'ERR_PROC_FAILED', peer: 0 });
    expect(sink.losses[0]!.reason.message).toContain('TLS');
  });

  it('who has lost a peer refuses it when it comes back', async () => {
    const options = optionsFor(sockets, 3, lazy);
    const sinks = Array.from({ length: 5 }, () => new Recorder());
    const meshes = await Promise.all([0, 1, 2].map((self) => listening(options(self), sinks[self])));
    const addresses = meshes.map(({ address }) => address);
    await Promise.all(meshes.map((mesh) => mesh.connect(addresses)));
    meshes[0]!.send(1, frameOf(0), [], null);
    await sinks[1]!.arrived(1);
    meshes[1]!.abort();
    await sinks[0]!.lostPeers(1);
    const again = await listening(options(1), sinks[3]);
    await again.connect(addresses);
    again.send(0, frameOf(0), [], null);
    await sinks[3]!.lostPeers(1);
    expect(sinks[3]!.losses[0]!.reason.message).toContain('has closed its link to this process');
    expect(sinks[0]!.losses).toHaveLength(1);
  });

  it('closing makes the links that are waited for and no other, and ends when they do not come', async () => {
    const silent = await server(() => {});
    const { meshes, sinks } = await joined(sockets, 4, (address, _, to) => (to === 2 ? silent : address), {
      closeTimeout: 200,
    });
    meshes[0]!.send(1, frameOf(0, { tag: 1 }), [], null);
    meshes[0]!.send(2, frameOf(0, { tag: 2 }), [], null);
    const closed = meshes[0]!.close();
    await sinks[1]!.arrived(1);
    await sinks[1]!.lostPeers(1);
    meshes[3]!.send(0, frameOf(0), [], null);
    expect(await sinks[3]!.lostPeers(1)).toEqual([0]);
    expect(sinks[3]!.losses[0]!.reason.message).toContain('has closed its link to this process');
    await closed;
    expect(sinks[0]!.calls).toEqual([]);
  });
});
