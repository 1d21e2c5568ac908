import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import type { Native, NativeSource } from '../../../src/native/native.ts';
import { Signal, signalFrame } from '../../../src/transport/shm/signal.ts';
import type { ShmTransport } from '../../../src/transport/shm/transport.ts';
import { FrameKind } from '../../../src/wire/frame.ts';
import { describeTransport } from '../contract.ts';
import { frameOf, pattern, sendAndWait } from '../frames.ts';
import { type Arrival, Recorder } from '../recorder.ts';
import { pollAtRandom } from '../socket/polling.ts';
import { native, sharing, unavailable } from './meshes.ts';

const kill = (transports: readonly ShmTransport[]) => (endpoint: number) => transports[endpoint]!.abort();

if (unavailable !== false) {
  describe.skip(`shared memory: ${unavailable}`, () => {});
} else {
  // The first frame of a pair offers a ring, so what follows is sent over the socket, or the ring, or changes in the middle.
  describeTransport('shared memory, woken,', async (sinks) => {
    const transports = await sharing(sinks);
    return { transports, kill: kill(transports) };
  });
  describeTransport('shared memory from the start', async (sinks) => {
    const transports = await sharing(sinks);
    await everyPair(sinks as Recorder[], transports);
    return { transports, kill: kill(transports) };
  });
  for (const seed of [1, 2, 3]) {
    describeTransport(`shared memory, polled, seed ${seed},`, async (sinks) => {
      const transports = await sharing(sinks, { capacity: [4096, 65_536, 2 ** 20][seed - 1]! });
      pollAtRandom(transports, seededRandom(seed));
      return { transports, kill: kill(transports) };
    });
  }
  describeTransport('shared memory that some can not have', async (sinks) => {
    const transports = await sharing(sinks, (self) => (self % 2 === 0 ? {} : { native: () => 'not this one' }));
    return { transports, kill: kill(transports) };
  });

  describe('shared memory', () => {
    async function pair(more: Parameters<typeof sharing>[1] = {}) {
      const sinks = [new Recorder(), new Recorder()] as const;
      const transports = await sharing(sinks, more);
      return { sinks, transports: transports as unknown as readonly [ShmTransport, ShmTransport] };
    }

    it('takes over from the socket after some frames, not for a good-bye', async () => {
      const maps: number[] = [];
      const counting: Native = {
        ...native,
        map(fd, bytes) {
          maps.push(bytes);
          return native.map(fd, bytes);
        },
      };
      const { sinks, transports } = await pair({ native: () => counting, offerAfter: 2 });
      transports[0].send(1, frameOf(0, { tag: 1 }), [], null);
      transports[0].send(1, frameOf(0, { kind: FrameKind.BYE }), [], null);
      await sinks[1].arrived(2);
      await turn();
      expect(maps).toEqual([]);
      transports[0].send(1, frameOf(0, { tag: 2 }), [], null);
      await until(() => maps.length === 2);
      expect(maps).toEqual([4096 + 65_536, 4096 + 65_536]);
    });

    it('has no name, and no descriptor once both have it mapped', async () => {
      const before = readdirSync('/dev/shm');
      const { sinks, transports } = await pair();
      await everyPair(sinks, transports);
      expect(mapped()).toBe(4);
      expect(descriptors()).toEqual([]);
      expect(readdirSync('/dev/shm').filter((name) => !before.includes(name))).toEqual([]);
      await Promise.all(transports.map((transport) => transport.close()));
      await until(() => mapped() === 0);
    });

    it('is given back when a peer is lost', async () => {
      const { sinks, transports } = await pair();
      await everyPair(sinks, transports);
      transports[0].abort();
      await sinks[1].lostPeers(1);
      await until(() => mapped() === 0);
      expect(transports[1].send(0, frameOf(5), [pattern(5)], null)).toBe(true);
      expect(transports[1].poll()).toBe(false);
      expect(transports[1].arm()).toBe(true);
    });

    it('a loss is told after everything that the peer had written', async () => {
      const { sinks, transports } = await pair();
      await everyPair(sinks, transports);
      const frames = 100;
      for (let tag = 0; tag < frames; tag++) transports[0].send(1, frameOf(100, { tag }), [pattern(100, tag)], null);
      transports[0].abort();
      await sinks[1].lostPeers(1);
      const tags = sinks[1].arrivals.slice(-frames).map(({ frame }) => frame.tag);
      expect(tags).toEqual(Array.from({ length: frames }, (_, tag) => tag));
      expect(sinks[1].calls.at(-1)).toBe('lost 0');
    });

    it('closing waits for what is larger than the ring, in both directions at once', async () => {
      const { sinks, transports } = await pair();
      await everyPair(sinks, transports);
      const payload = pattern(3_000_000, 4);
      const told = [0, 1].map((from) =>
        sendAndWait(transports[from]!, 1 - from, frameOf(payload.length, { kind: FrameKind.DATA }), [payload]),
      );
      const closed = transports[0].close();
      const [{ payload: arrived }] = (await sinks[1].arrived(1)) as [Arrival];
      await Promise.all([closed, transports[1].close(), told[0]]);
      expect(Buffer.compare(arrived, payload)).toBe(0);
      expect(sinks[0].losses).toEqual([]);
    });

    it('closing does not wait for ever for a peer that does not read', async () => {
      const { sinks, transports } = await pair({ closeTimeout: 50 });
      await everyPair(sinks, transports);
      sinks[1].onAnnounce = () => {
        // As one that computes: nothing of it runs any more.
        const end = performance.now() + 300;
        while (performance.now() < end);
      };
      const payload = pattern(3_000_000, 4);
      transports[0].send(1, frameOf(payload.length, { kind: FrameKind.DATA }), [payload], null);
      await transports[0].close();
    });

    it('what breaks the protocol in a ring ends the link on both sides', async () => {
      const buffers: ArrayBuffer[] = [];
      const spying: Native = {
        ...native,
        map(fd, bytes) {
          const mapping = native.map(fd, bytes);
          buffers.push(mapping.buffer);
          return mapping;
        },
      };
      const { sinks, transports } = await pair({ native: () => spying });
      await everyPair(sinks, transports);
      // Both positions of both rings, so that whoever looks next finds it.
      for (const buffer of buffers) new Int32Array(buffer, 0, 1)[0] = 5;
      transports[0].send(1, frameOf(0), [], null);
      for (const transport of transports) transport.poll();
      expect(await sinks[1].lostPeers(1)).toEqual([0]);
      expect(await sinks[0].lostPeers(1)).toEqual([1]);
      const codes = sinks.flatMap(({ losses }) => losses.map(({ reason }) => (reason as { code?: string }).code));
      expect(codes).toContain('ERR_PROTOCOL');
      expect(sinks.map(({ losses }) => losses.length)).toEqual([1, 1]);
    });

    it.each([
      ['an answer to nothing', signalFrame(Signal.ACCEPTED)],
      ['a refusal of nothing', signalFrame(Signal.REFUSED)],
      ['a switch to no ring', signalFrame(Signal.SWITCH)],
      ['an unknown signal', Object.assign(signalFrame(Signal.BELL), { tag: 77 })],
    ])('%s is a broken protocol', async (_, frame) => {
      const { sinks, transports } = await pair({ offerAfter: 1000 });
      transports[0].send(1, frame, [], null);
      await sinks[1].lostPeers(1);
      expect(sinks[1].losses[0]!.reason).toMatchObject({ code: 'ERR_PROTOCOL', peer: 0 });
    });

    it('an offer is refused where what it names is something else', async () => {
      const file = { pid: process.pid, fd: 0, device: 1, inode: 1, capacity: 65_536 };
      for (const offer of [
        file,
        { ...file, fd: 0xffff },
        { ...file, capacity: 65_537 },
        { ...file, capacity: 2 ** 40 },
      ]) {
        const { sinks, transports } = await pair({ offerAfter: 1000 });
        transports[0].send(1, signalFrame(Signal.OFFER, offer), [], null);
        // Whose answer is one to no offer that this side has made.
        await sinks[0].lostPeers(1);
        expect(sinks[0].losses[0]!.reason).toMatchObject({ code: 'ERR_PROTOCOL', peer: 1 });
        expect(mapped()).toBe(0);
      }
    });

    it.each([
      ['no room', { native: withCalls({ allocate: () => 28 }) }, /ENOSPC: 69632 bytes can't be reserved in /],
      ['no such folder', { folder: '/nowhere/at/all' }, /ENOENT/],
      ['a file system that has only files with names', { folder: '/proc' }, /.../],
      ['no calls', { native: (): string => 'koffi is not there' }, /^koffi is not there$/],
      ['a mapping that fails', { native: withCalls({ map: failing }) }, /mmap/],
    ] as const)('with %s everything goes on over sockets, and that is said once', async (_, more, reason) => {
      const reasons: string[] = [];
      const { sinks, transports } = await pair({ ...more, onRefused: (text) => reasons.push(text) });
      for (let tag = 0; tag < 50; tag++) {
        for (const from of [0, 1] as const) transports[from].send(1 - from, frameOf(0, { tag }), [], null);
        await Promise.all(sinks.map((sink) => sink.arrived(tag + 1)));
      }
      // Once each.
      expect(reasons).toHaveLength(2);
      for (const text of reasons) expect(text).toMatch(reason);
      expect(mapped()).toBe(0);
      expect(descriptors()).toEqual([]);
    });

    it('that the other side can not map is given back', async () => {
      const reasons: string[] = [];
      const { sinks, transports } = await pair((self) => ({
        native: self === 0 ? withCalls({}) : withCalls({ map: failing }),
        onRefused: (text) => reasons.push(`${self}: ${text}`),
      }));
      for (let tag = 0; tag < 20; tag++) {
        transports[0].send(1, frameOf(0, { tag }), [], null);
        await sinks[1].arrived(tag + 1);
      }
      await until(() => reasons.length === 1);
      expect(reasons).toEqual(["0: process 1 can't map it"]);
      expect(descriptors()).toEqual([]);
      await until(() => mapped() === 0);
    });
  });
}

/** Frames both ways between all, so that there is a ring for each. */
async function everyPair(sinks: readonly Recorder[], transports: readonly ShmTransport[]): Promise<void> {
  const size = sinks.length;
  for (const [from, transport] of transports.entries()) {
    for (let to = 0; to < size; to++) if (to !== from) transport.send(to, frameOf(0), [], null);
  }
  await Promise.all(sinks.map((sink) => sink.arrived(size - 1)));
  await until(() => transports.every((transport) => transport.rings === size - 1));
  for (const sink of sinks) sink.arrivals.length = sink.calls.length = 0;
}

/** How many rings this process has mapped. */
function mapped(): number {
  return readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .filter((line) => line.includes('/dev/shm/#')).length;
}

/** Open files without a name. */
function descriptors(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith('/dev/shm/') ? [target] : [];
    } catch {
      return [];
    }
  });
}

function withCalls(calls: Partial<Native>): NativeSource {
  return () => ({ ...native, ...calls });
}

function failing(): never {
  throw new Error('mmap of 69632 bytes: errno 12');
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function until(check: () => boolean): Promise<void> {
  while (!check()) await turn();
}
