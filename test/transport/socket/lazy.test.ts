/** Links that are made when they are needed. */
import { describe, expect, it } from 'vitest';
import { Deferred } from '../../../src/base/deferred.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { HELLO_BYTES } from '../../../src/transport/socket/handshake.ts';
import type { SocketMesh } from '../../../src/transport/socket/mesh.ts';
import { FrameKind } from '../../../src/wire/frame.ts';
import { frameOf, pattern } from '../frames.ts';
import { Recorder } from '../recorder.ts';
import { connected, joined, listening, optionsFor, type Sockets } from './meshes.ts';
import { server } from './raw.ts';
import { type Hold, later, type Relay, relay } from './relay.ts';

const lazy = { links: 'lazy' } as const;

/** Every endpoint sends `each` frames to every other one, after delays drawn at random, and all arrive. */
async function everybodyToEverybody(
  { meshes, sinks }: { meshes: SocketMesh[]; sinks: Recorder[] },
  each: number,
  random: () => number,
): Promise<void> {
  for (const mesh of meshes) {
    for (const { self: to } of meshes) {
      if (to === mesh.self) continue;
      void (async () => {
        for (let tag = 0; tag < each; tag++) {
          const wait = random();
          if (wait > 0.2) await later(wait * 4);
          const payload = pattern(random() < 0.2 ? 100_000 : 20, mesh.self * 100 + tag);
          mesh.send(to, frameOf(payload.length, { kind: FrameKind.DATA, tag }), [payload], null);
        }
      })();
    }
  }
  const count = (meshes.length - 1) * each;
  await Promise.all(sinks.map((sink) => sink.until(() => sink.arrivals.length >= count || sink.losses.length > 0)));
  for (const sink of sinks) {
    expect(sink.losses).toEqual([]);
    for (const { self } of meshes) {
      const arrivals = sink.arrivals.filter(({ peer }) => peer === self);
      expect(arrivals.map(({ frame }) => frame.tag)).toEqual(arrivals.map((_, tag) => tag));
      for (const { frame, payload } of arrivals) {
        expect(payload.equals(pattern(payload.length, self * 100 + frame.tag))).toBe(true);
      }
    }
  }
}

describe.each<Sockets>(['tcp', 'tls'])('%s mesh with lazy links', (sockets) => {
  it('makes a link when something is sent, by either side, and no other', async () => {
    const sinks = Array.from({ length: 4 }, () => new Recorder());
    const meshes = await connected(sockets, sinks, lazy);
    const links = () => meshes.map((mesh) => [0, 1, 2, 3].filter((peer) => peer !== mesh.self && mesh.linked(peer)));
    expect(links()).toEqual([[], [], [], []]);
    meshes[0]!.send(1, frameOf(0, { tag: 1 }), [], null);
    expect(links()).toEqual([[1], [], [], []]);
    meshes[3]!.send(2, frameOf(0, { tag: 2 }), [], null);
    await sinks[1]!.arrived(1);
    await sinks[2]!.arrived(1);
    expect(links()).toEqual([[1], [0], [3], [2]]);
    meshes[1]!.send(0, frameOf(0, { tag: 3 }), [], null);
    await sinks[0]!.arrived(1);
    expect(sinks.map(({ losses }) => losses)).toEqual([[], [], [], []]);
  });

  it('is settled when every link for which something waits is there', async () => {
    const { meshes, sinks } = await joined(
      sockets,
      4,
      async (address) => (await relay(address, () => later(3))).address,
    );
    await meshes[0]!.settled();
    for (const peer of [1, 2]) meshes[0]!.send(peer, frameOf(0), [], null);
    await meshes[0]!.settled();
    expect([1, 2, 3].map((peer) => meshes[0]!.find(peer)?.state)).toEqual(['open', 'open', undefined]);
    // An open link is at least known at its other end.
    expect(meshes.map((mesh) => mesh.self > 0 && mesh.linked(0))).toEqual([false, true, true, false]);
    expect(sinks[0]!.losses).toEqual([]);
  });

  it('what is sent before the addresses are known goes out when they are', async () => {
    const options = optionsFor(sockets, 2, lazy);
    const sinks = [new Recorder(), new Recorder()];
    const meshes = await Promise.all(sinks.map((sink, self) => listening(options(self), sink)));
    meshes[0]!.send(1, frameOf(0, { tag: 7 }), [], null);
    meshes[0]!.flush();
    await Promise.all(meshes.map((mesh) => mesh.connect(meshes.map(({ address }) => address))));
    expect((await sinks[1]!.arrived(1))[0]!.frame.tag).toBe(7);
  });

  it('refuses addresses that are none', async () => {
    const mesh = await listening(optionsFor(sockets, 2, lazy)(0));
    await expect(mesh.connect(['', 'tcp:nowhere'])).rejects.toMatchObject({
      code: 'ERR_LAUNCH',
      actual: 'tcp:nowhere',
    });
  });

  it.each([1, 2, 3, 4, 5, 6])('everybody sends to everybody at about the same time (seed %i)', async (seed) => {
    const sinks = Array.from({ length: 7 }, () => new Recorder());
    await everybodyToEverybody({ meshes: await connected(sockets, sinks, lazy), sinks }, 4, seededRandom(seed));
  });

  it.each([11, 12, 13, 14, 15, 16])('the same over a network with delays (seed %i)', async (seed) => {
    const random = seededRandom(seed);
    const slow = async (address: string) =>
      (await relay(address, () => (random() < 0.5 ? undefined : later(random() * 6)))).address;
    await everybodyToEverybody(await joined(sockets, 5, slow), 4, random);
  });

  it.each([21, 22, 23, 24])('the same where connections are dropped on the way to a link (seed %i)', async (seed) => {
    const random = seededRandom(seed);
    // As an acceptor does that has no place left.
    const hold: Hold = ({ forth, before }) => {
      if (forth && before === 0 && random() < 0.4) return 'cut';
      return random() < 0.5 ? undefined : later(random() * 4);
    };
    const crowded = async (address: string) => (await relay(address, hold)).address;
    await everybodyToEverybody(await joined(sockets, 5, crowded), 3, random);
  });

  it.each([
    ['lower', 0],
    ['higher', 1],
  ])('a dial of the %s one that nobody answers gives way to the one that comes', async (_, stuck) => {
    const silent = await server(() => {});
    const { meshes, sinks } = await joined(sockets, 2, (address, dialer) => (dialer === stuck ? silent : address));
    meshes[stuck]!.send(1 - stuck, frameOf(0, { tag: 1 }), [], null);
    meshes[stuck]!.flush();
    await expect.poll(() => meshes[stuck]!.find(1 - stuck)?.state).toBe('handshake');
    meshes[1 - stuck]!.send(stuck, frameOf(0, { tag: 2 }), [], null);
    await Promise.all(sinks.map((sink) => sink.arrived(1)));
    expect(sinks.map(({ losses }) => losses)).toEqual([[], []]);
  });
});

describe('crossing dials', () => {
  it('the higher one, once it has sent its proof, lets the lower one wait for it', async () => {
    const gate = new Deferred<void>();
    const toLower = (address: string) =>
      relay(address, ({ forth, before }) => (forth && before >= HELLO_BYTES ? gate.promise : undefined));
    let toHigher: Relay | undefined;
    const { meshes, sinks } = await joined('tcp', 2, async (address, dialer) => {
      if (dialer === 1) return (await toLower(address)).address;
      toHigher ??= await relay(address, () => undefined);
      return toHigher.address;
    });
    meshes[1]!.send(0, frameOf(0, { tag: 1 }), [], null);
    await expect.poll(() => meshes[1]!.find(0)?.state).toBe('proved');
    meshes[0]!.send(1, frameOf(0, { tag: 2 }), [], null);
    // It comes again and again, as long as that proof is on its way.
    await expect.poll(() => toHigher?.connections()).toBeGreaterThanOrEqual(3);
    gate.resolve();
    await Promise.all(sinks.map((sink) => sink.arrived(1)));
    expect(sinks.map(({ losses }) => losses)).toEqual([[], []]);
  });

  it('the lower one admits the higher though it has sent its proof, which gets it nothing any more', async () => {
    const gate = new Deferred<void>();
    const toHigher = (address: string) =>
      relay(address, ({ forth, before }) => (forth && before >= HELLO_BYTES ? gate.promise : undefined));
    const { meshes, sinks } = await joined('tcp', 2, async (address, dialer) =>
      dialer === 0 ? (await toHigher(address)).address : address,
    );
    meshes[0]!.send(1, frameOf(0, { tag: 1 }), [], null);
    await expect.poll(() => meshes[0]!.find(1)?.state).toBe('proved');
    meshes[1]!.send(0, frameOf(0, { tag: 2 }), [], null);
    await Promise.all(sinks.map((sink) => sink.arrived(1)));
    gate.resolve();
    meshes[0]!.send(1, frameOf(0, { tag: 3 }), [], null);
    await sinks[1]!.arrived(2);
    expect(sinks[1]!.arrivals.map(({ frame }) => frame.tag)).toEqual([1, 3]);
    expect(sinks.map(({ losses }) => losses)).toEqual([[], []]);
  });
});
