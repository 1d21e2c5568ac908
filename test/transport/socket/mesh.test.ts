import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { loadNative } from '../../../src/native/native.ts';
import { Router } from '../../../src/transport/router.ts';
import { SocketMesh } from '../../../src/transport/socket/mesh.ts';
import { FrameKind } from '../../../src/wire/frame.ts';
import { describeTransport } from '../contract.ts';
import { frameOf, pattern, sendAndWait } from '../frames.ts';
import { Recorder } from '../recorder.ts';
import { connected, directory, JOB, listening, optionsFor, SECRET, SOCKETS } from './meshes.ts';
import { choppy, pollAtRandom } from './polling.ts';
import { dialerTo } from './raw.ts';

for (const sockets of SOCKETS) {
  for (const links of sockets === 'unix' ? (['eager'] as const) : (['eager', 'lazy'] as const)) {
    describeTransport(`${sockets} ${links}`, async (sinks) => {
      const meshes = await connected(sockets, sinks, { links });
      return { transports: meshes, kill: (endpoint) => meshes[endpoint]!.abort() };
    });
  }
}

const native = loadNative();
if (typeof native === 'string') {
  describe.skip(`polled transport: ${native}`, () => {});
} else {
  for (const sockets of SOCKETS) {
    for (const seed of [1, 2, 3]) {
      describeTransport(`${sockets}, polled, seed ${seed},`, async (sinks) => {
        const random = seededRandom(seed);
        const calls = choppy(native, random);
        const links = sockets !== 'unix' && seed > 1 ? 'lazy' : 'eager';
        const meshes = await connected(sockets, sinks, { links, native: () => calls });
        pollAtRandom(meshes, random);
        return { transports: meshes, kill: (endpoint) => meshes[endpoint]!.abort() };
      });
    }
    describeTransport(`${sockets}, polled by all,`, async (sinks) => {
      const meshes = await connected(sockets, sinks, { native: () => native });
      const random = seededRandom(1);
      pollAtRandom(meshes, () => 0.49 + random() / 4);
      return { transports: meshes, kill: (endpoint) => meshes[endpoint]!.abort() };
    });
  }
}

describeTransport('router over unix', async (sinks) => {
  const options = optionsFor('unix', sinks.length);
  const meshes = await Promise.all(sinks.map((_, self) => SocketMesh.listen(options(self))));
  const transports = meshes.map((mesh, self) => {
    const router = Router.over(mesh);
    router.attach(sinks[self]!);
    return router;
  });
  await Promise.all(meshes.map((mesh) => mesh.connect(meshes.map(({ address }) => address))));
  return { transports, kill: (endpoint) => meshes[endpoint]!.abort() };
});

describe.each(SOCKETS)('%s mesh', (sockets) => {
  it('nobody gets in any more once it is complete', async () => {
    const options = optionsFor(sockets, 2);
    const meshes = await Promise.all([0, 1].map((self) => listening(options(self))));
    const addresses = meshes.map(({ address }) => address);
    await Promise.all(meshes.map((mesh) => mesh.connect(addresses)));
    if (sockets === 'unix') expect(existsSync(options(0).listen)).toBe(false);
    const late = await listening({ ...options(1), listen: sockets === 'unix' ? `${options(1).listen}b` : '127.0.0.1' });
    await expect(late.connect(addresses)).rejects.toMatchObject({ code: 'ERR_LAUNCH', peer: 0 });
  });

  it('sends before the link is there go out as soon as it is', async () => {
    const options = optionsFor(sockets, 2);
    const sinks = [new Recorder(), new Recorder()];
    const meshes = await Promise.all(sinks.map((sink, self) => listening(options(self), sink)));
    const large = pattern(500_000);
    meshes[0]!.send(1, frameOf(3, { tag: 1 }), [pattern(3)], null);
    const sent = sendAndWait(meshes[0]!, 1, frameOf(500_000, { kind: FrameKind.DATA, tag: 2 }), [large]);
    await Promise.all(meshes.map((mesh) => mesh.connect(meshes.map(({ address }) => address))));
    expect(await sent).toBe(false);
    const arrivals = await sinks[1]!.arrived(2);
    expect(arrivals.map(({ frame }) => frame.tag)).toEqual([1, 2]);
    expect(Buffer.compare(arrivals[1]!.payload, large)).toBe(0);
  });

  it('says who is missing at the deadline', async () => {
    const options = optionsFor(sockets, 4, { connectTimeout: 50 });
    const meshes = await Promise.all([0, 1].map((self) => listening(options(self))));
    const addresses = meshes.map(({ address }) => address);
    const results = await Promise.allSettled(meshes.map((mesh) => mesh.connect(addresses)));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const { reason } = results[0] as PromiseRejectedResult;
    expect(reason).toMatchObject({ code: 'ERR_LAUNCH' });
    expect(reason.message).toContain('processes 2, 3');
  });

  it('says where nobody answers, at once', async () => {
    const options = optionsFor(sockets, 2);
    const gone = await listening(options(0));
    const { address } = gone;
    gone.abort();
    const mesh = await listening(options(1));
    await expect(mesh.connect([address, ''])).rejects.toMatchObject({ code: 'ERR_LAUNCH', peer: 0 });
    await expect(mesh.connect([address, ''])).rejects.toThrow(address);
  });

  it('a secret that differs is an authentication error for the dialer, and the acceptor goes on', async () => {
    const options = optionsFor(sockets, 2);
    const acceptor = await listening(options(0));
    const addresses = [acceptor.address, ''];
    const accepted = acceptor.connect(addresses);
    const second = `${options(1).listen}${sockets === 'unix' ? 'b' : ''}`;
    const stranger = await listening({ ...options(1), secret: 'b2'.repeat(32), listen: second });
    await expect(stranger.connect(addresses)).rejects.toMatchObject({ code: 'ERR_AUTH', peer: 0 });
    const dialer = await listening(options(1));
    await dialer.connect(addresses);
    await accepted;
  });

  it.each([
    ['another job', { job: JOB.replace('0', '1') }, 'another job'],
    ['another epoch', { epoch: 1 }, 'another start of this job'],
    ['another size', { size: 9, self: 8 }, 'not the process that was meant'],
  ])('refuses a dialer of %s, saying why', async (_, more, text) => {
    const options = optionsFor(sockets, 2);
    const acceptor = await listening(options(0));
    const dialer = await listening({ ...options(1), ...more });
    const addresses = Array.from({ length: 9 }, () => acceptor.address);
    await expect(dialer.connect(addresses)).rejects.toMatchObject({
      code: 'ERR_LAUNCH',
      message: expect.stringContaining(text),
    });
    expect(acceptor.find(1)).toBeUndefined();
  });

  it('refuses a second link of the same rank, and the first one stands', async () => {
    const options = optionsFor(sockets, 3);
    const sinks = [new Recorder(), new Recorder()];
    const acceptor = await listening(options(0), sinks[0]);
    const first = await listening(options(2), sinks[1]);
    const other = await listening(options(1));
    const addresses = [acceptor.address, other.address, ''];
    await first.connect(addresses);
    const listen = sockets === 'unix' ? `${options(2).listen}b` : '127.0.0.1';
    const second = await listening({ ...options(2), listen });
    await expect(second.connect(addresses)).rejects.toThrow('connection from this process already');
    first.send(0, frameOf(0, { tag: 4 }), [], null);
    await sinks[0]!.arrived(1);
    expect(sinks[0]!.losses).toEqual([]);
  });

  it('closing while connecting ends the wait', async () => {
    const options = optionsFor(sockets, 2);
    const mesh = await listening(options(0));
    const connecting = mesh.connect([mesh.address, '']);
    await mesh.close();
    await expect(connecting).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });

  it('a slow reader gets everything; what waits for it stays in the memory of its sender', async () => {
    const sinks = [new Recorder(), new Recorder()];
    const meshes = await connected(sockets, sinks);
    // Both endpoints live in this process: while it computes nobody reads.
    const large = pattern(8 << 20);
    const before = process.memoryUsage().arrayBuffers;
    let sent = 0;
    const delivery = { sent: () => void sent++ };
    for (let i = 0; i < 50; i++) {
      const frame = frameOf(large.length, { kind: FrameKind.DATA, tag: i });
      expect(meshes[0]!.send(1, frame, [large], delivery)).toBe(false);
      meshes[0]!.flush();
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 << 20);
    expect(sent).toBe(0);
    let next = 0;
    sinks[1]!.onLanded = ({ frame, payload }) => {
      expect(frame.tag).toBe(next++);
      expect(Buffer.compare(payload, large)).toBe(0);
      sinks[1]!.arrivals.length = 0;
    };
    await sinks[1]!.until(() => next === 50);
    expect(sent).toBeGreaterThanOrEqual(49);
  });

  it('carries shared memory, from and to', async () => {
    const sinks = [new Recorder(), new Recorder()];
    const meshes = await connected(sockets, sinks);
    const source = new Uint8Array(new SharedArrayBuffer(300_000));
    source.set(pattern(300_000, 3));
    const target = new Uint8Array(new SharedArrayBuffer(300_000));
    const landed = new Promise<void>((resolve) => {
      sinks[1]!.announce = () => ({ segments: [target] });
      sinks[1]!.landed = () => resolve();
    });
    await sendAndWait(meshes[0]!, 1, frameOf(300_000, { kind: FrameKind.DATA }), [source]);
    await landed;
    expect(Buffer.compare(target, source)).toBe(0);
  });

  it('close does not wait for a peer that has stopped reading', async () => {
    const mesh = await listening(optionsFor(sockets, 2, { closeTimeout: 100 })(0));
    const connecting = mesh.connect([mesh.address, '']);
    const dialer = dialerTo(
      mesh.address,
      { from: 1, sockets },
      (connection) => {
        // What is on its way already goes nowhere.
        connection.handler = { nextBuffer: () => Buffer.alloc(64 * 1024), received() {}, ended() {} };
        connection.socket.pause();
      },
      (error) => expect.unreachable(error.message),
    );
    onTestFinished(() => dialer.cancel());
    dialer.start();
    await connecting;
    const payload = new Uint8Array(64 << 20);
    let sent = false;
    const delivery = { sent: () => (sent = true) };
    mesh.send(1, frameOf(payload.length, { kind: FrameKind.DATA }), [payload], delivery);
    await mesh.close();
    expect(sent).toBe(false);
  });

  it('the last words of a peer are heard even when a write to it has failed before', async () => {
    const sinks = [new Recorder(), new Recorder()];
    const meshes = await connected(sockets, sinks);
    // TLS writes at once unless it has just written something else.
    await new Promise((resolve) => setImmediate(resolve));
    for (let i = 0; i < 20; i++) meshes[1]!.send(0, frameOf(2_000, { tag: i }), [pattern(2_000)], null);
    meshes[1]!.flush();
    meshes[1]!.abort();
    // The sockets of the dead peer are closed in a moment; whether we then write or read first is our choice.
    await new Promise((resolve) => process.nextTick(resolve));
    for (let i = 0; i < 3; i++) {
      meshes[0]!.send(1, frameOf(1_000), [pattern(1_000)], null);
      meshes[0]!.flush();
    }
    await sinks[0]!.lostPeers(1);
    expect(sinks[0]!.arrivals).toHaveLength(20);
    expect(sinks[0]!.calls.at(-1)).toBe('lost 1');
  });
});

describe('tcp mesh', () => {
  it.each([
    ['0.0.0.0', 'names no interface'],
    ['::', 'names no interface'],
    ['fe80::1', 'link-local'],
    ['fe80::1%lo', 'link-local'],
    ['localhost', 'not an IP address'],
    ['192.0.2.1', 'EADDRNOTAVAIL'],
  ])('does not listen at "%s", saying why', async (listen, text) => {
    const again = listening(optionsFor('tcp', 2, { listen })(0));
    await expect(again).rejects.toMatchObject({ code: 'ERR_LAUNCH', message: expect.stringContaining(text) });
    await expect(again).rejects.toThrow(listen);
  });

  it('listens on IPv6 loopback', async ({ skip }) => {
    const options = optionsFor('tcp', 2, { listen: '::1' });
    const first = await listening(options(0)).catch(() => skip('no IPv6 here'));
    expect(first.address).toMatch(/^tcp:\[::1\]:\d+$/);
    const second = await listening(options(1));
    const addresses = [first.address, second.address];
    await Promise.all([first.connect(addresses), second.connect(addresses)]);
  });
});

describe('unix mesh', () => {
  it('a path that is taken is a launch error that names it', async () => {
    const options = optionsFor('unix', 2);
    await listening(options(0));
    const again = listening(options(0));
    await expect(again).rejects.toMatchObject({ code: 'ERR_LAUNCH' });
    await expect(again).rejects.toThrow(options(0).listen);
  });
});

describe('open links', () => {
  it('do not keep a process alive, of whatever kind they are', () => {
    const sources = new URL('../../../src/transport/socket/mesh.ts', import.meta.url).href;
    const folder = directory();
    const program = join(folder, 'idle.mts');
    writeFileSync(
      program,
      `import { SocketMesh } from '${sources}';
      import { Recorder } from '${new URL('../recorder.ts', import.meta.url).href}';
      import { frameOf } from '${new URL('../frames.ts', import.meta.url).href}';
      const awake = setInterval(() => {}, 1000);
      const common = { size: 2, job: '${JOB}', epoch: 0, secret: '${SECRET}' };
      for (const kind of [
        { kind: 'unix', listen: '${folder}/' },
        { kind: 'tcp', listen: '127.0.0.1' },
        { kind: 'tcp', listen: '127.0.0.1', tls: true, links: 'lazy' },
      ]) {
        const sinks = [new Recorder(), new Recorder()];
        const meshes = [];
        for (const self of [0, 1]) {
          const listen = kind.kind === 'unix' ? kind.listen + self : kind.listen;
          meshes.push(await SocketMesh.listen({ ...common, ...kind, self, listen }));
          meshes[self].attach(sinks[self]);
        }
        await Promise.all(meshes.map((mesh) => mesh.connect(meshes.map(({ address }) => address))));
        for (const self of [0, 1]) meshes[self].send(1 - self, frameOf(0), [], null);
        await Promise.all(sinks.map((sink) => sink.arrived(1)));
      }
      clearInterval(awake);
      console.log('done');`,
    );
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--import', 'tsx', program], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect({ stdout, stderr, status }).toEqual({ stdout: 'done\n', stderr: '', status: 0 });
  });
});
