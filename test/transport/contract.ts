/** What every transport promises, as tests: run over each of them by its own test file. */
import { afterEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import type { FrameSink, Transport } from '../../src/transport/transport.ts';
import { Frame, FrameFlag, FrameKind } from '../../src/wire/frame.ts';
import { cutInto, frameOf, pattern, randomCut, sendAndWait } from './frames.ts';
import { Recorder } from './recorder.ts';

/** Connected endpoints, one a sink. */
export interface Fabric {
  readonly transports: readonly Transport[];
  /** Ends an endpoint as the death of its process would: nothing is flushed, no good-bye. */
  kill(endpoint: number): void;
}

export type FabricFactory = (sinks: readonly FrameSink[]) => Promise<Fabric>;

export function describeTransport(name: string, connect: FabricFactory): void {
  describe(`${name} transport`, () => {
    let open: Fabric | undefined;

    async function fabric(
      size: number,
    ): Promise<{ sinks: Recorder[]; transports: readonly Transport[]; fabric: Fabric }> {
      const sinks = Array.from({ length: size }, () => new Recorder());
      open = await connect(sinks);
      return { sinks, transports: open.transports, fabric: open };
    }

    afterEach(async () => {
      await Promise.all(open?.transports.map((transport) => transport.close()) ?? []);
      open = undefined;
    });

    it('carries every field of the header and the meta data', async () => {
      const { sinks, transports } = await fabric(2);
      const frame = frameOf(3, {
        kind: FrameKind.REQUEST,
        flags: FrameFlag.SYNCHRONOUS,
        format: 7,
        dtype: 9,
        context: 0xfffffffe,
        source: 3,
        tag: -2,
        total: Number.MAX_SAFE_INTEGER,
        id: 0x80000001,
        peerId: 0xffffffff,
        collective: 4,
        op: 5,
        algorithm: 6,
        callDtype: 8,
        root: 0xfffffff0,
        count: 2 ** 40 + 3,
        meta: pattern(1000, 5),
      });
      const sent = frame.clone();
      transports[0]!.send(1, frame, [Uint8Array.of(1, 2, 3)], null);
      frame.reset();
      const [arrival] = await sinks[1]!.arrived(1);
      expect(arrival!.peer).toBe(0);
      expect({ ...arrival!.frame, meta: null }).toEqual({ ...sent, meta: null });
      expect(Buffer.compare(arrival!.frame.meta, sent.meta)).toBe(0);
      expect([...arrival!.payload]).toEqual([1, 2, 3]);
    });

    it('delivers nothing inside send', async () => {
      const { sinks, transports } = await fabric(2);
      transports[0]!.send(1, frameOf(0), [], null);
      transports[0]!.flush();
      expect(sinks[1]!.arrivals).toHaveLength(0);
      await sinks[1]!.arrived(1);
    });

    it('keeps the order of large and tiny frames between two endpoints, both ways at once', async () => {
      const { sinks, transports } = await fabric(2);
      const random = seededRandom(11);
      const lengths = Array.from({ length: 300 }, (_, i) =>
        i % 40 === 17 ? Math.floor(random() * 3_000_000) : Math.floor(random() * 200) * (i % 3),
      );
      const pending = lengths.flatMap((bytes, i) =>
        [0, 1].map((from) => {
          const kind = bytes > 10_000 || i % 7 === 0 ? FrameKind.DATA : FrameKind.EAGER;
          return sendAndWait(transports[from]!, 1 - from, frameOf(bytes, { kind, tag: i }), [pattern(bytes, i)]);
        }),
      );
      for (const sink of sinks) {
        const arrivals = await sink.arrived(lengths.length);
        expect(arrivals.map(({ frame }) => frame.tag)).toEqual(lengths.map((_, i) => i));
        for (const [i, { payload }] of arrivals.entries()) {
          expect(Buffer.compare(payload, pattern(lengths[i]!, i))).toBe(0);
        }
      }
      await Promise.all(pending);
    });

    it('carries payloads of many segments, empty ones too, into landings cut otherwise', async () => {
      const { sinks, transports } = await fabric(2);
      const random = seededRandom(23);
      sinks[1]!.cut = (bytes) => randomCut(bytes, random, 9);
      const lengths = [1, 2, 100, 5_000, 65_536, 65_537, 200_000, 1_000_000];
      for (const [i, bytes] of lengths.entries()) {
        const segments = cutInto(pattern(bytes, i), randomCut(bytes, random, 70));
        const kind = i % 2 ? FrameKind.DATA : FrameKind.EAGER;
        void sendAndWait(transports[0]!, 1, frameOf(bytes, { kind, meta: pattern(i * 7, i) }), segments);
      }
      const arrivals = await sinks[1]!.arrived(lengths.length);
      for (const [i, { frame, payload }] of arrivals.entries()) {
        expect(Buffer.compare(payload, pattern(lengths[i]!, i))).toBe(0);
        expect(Buffer.compare(frame.meta, pattern(i * 7, i))).toBe(0);
      }
    });

    it('carries the largest meta data beside a large payload', async () => {
      const { sinks, transports } = await fabric(2);
      const meta = pattern(65_536, 1);
      const payload = pattern(300_000, 2);
      for (const kind of [FrameKind.EAGER, FrameKind.DATA]) {
        await sendAndWait(transports[0]!, 1, frameOf(payload.length, { kind, meta }), [payload]);
      }
      for (const arrival of await sinks[1]!.arrived(2)) {
        expect(Buffer.compare(arrival.frame.meta, meta)).toBe(0);
        expect(Buffer.compare(arrival.payload, payload)).toBe(0);
      }
    });

    it('frames without payload need no landing', async () => {
      const { sinks, transports } = await fabric(2);
      expect(transports[0]!.send(1, frameOf(0, { kind: FrameKind.BYE }), [], null)).toBe(true);
      expect(transports[0]!.send(1, frameOf(0, { kind: FrameKind.DATA }), [new Uint8Array(0)], null)).toBe(true);
      await sinks[1]!.arrived(2);
      expect(sinks[1]!.calls).toEqual(['announce 0', 'announce 0']);
    });

    it('a landing for an empty payload is reported as landed at once', async () => {
      const { sinks, transports } = await fabric(2);
      const landing = { segments: [] };
      let landed: unknown;
      sinks[1]!.announce = () => landing;
      const done = new Promise<void>((resolve) => {
        sinks[1]!.landed = (_, which) => {
          landed = which;
          resolve();
        };
      });
      transports[0]!.send(1, frameOf(0), [], null);
      await done;
      expect(landed).toBe(landing);
    });

    it('true from send: the memory may be changed at once', async () => {
      const { sinks, transports } = await fabric(2);
      const payload = pattern(512, 3);
      expect(transports[0]!.send(1, frameOf(512), [payload], null)).toBe(true);
      payload.fill(0);
      const [arrival] = await sinks[1]!.arrived(1);
      expect(Buffer.compare(arrival!.payload, pattern(512, 3))).toBe(0);
    });

    it('false from send: the memory may be changed once `sent` is called, never before send has returned', async () => {
      const { sinks, transports } = await fabric(2);
      const payload = pattern(5_000_000, 4);
      let returned = false;
      await new Promise<void>((resolve) => {
        const answer = transports[0]!.send(1, frameOf(payload.length, { kind: FrameKind.DATA }), [payload], {
          sent: () => {
            expect(returned).toBe(true);
            payload.fill(0);
            resolve();
          },
        });
        returned = true;
        expect(answer).toBe(false);
      });
      const [arrival] = await sinks[1]!.arrived(1);
      expect(Buffer.compare(arrival!.payload, pattern(5_000_000, 4))).toBe(0);
    });

    it('a large payload needs no delivery to report to', async () => {
      const { sinks, transports } = await fabric(2);
      const payload = pattern(2_000_000, 6);
      transports[0]!.send(1, frameOf(payload.length, { kind: FrameKind.DATA }), [payload], null);
      const [arrival] = await sinks[1]!.arrived(1);
      expect(Buffer.compare(arrival!.payload, payload)).toBe(0);
    });

    it('the sink may send from within announce, landed and sent', async () => {
      const { sinks, transports } = await fabric(2);
      const rounds = 200;
      for (const self of [0, 1]) {
        sinks[self]!.onLanded = ({ frame, payload }) => {
          if (frame.tag === rounds) return;
          const kind = payload.length > 20_000 ? FrameKind.DATA : FrameKind.EAGER;
          transports[self]!.send(1 - self, frameOf(payload.length, { kind, tag: frame.tag + 1 }), [payload], null);
        };
      }
      transports[0]!.send(1, frameOf(8, { tag: 0 }), [pattern(8)], null);
      transports[0]!.send(1, frameOf(100_000, { tag: 0, kind: FrameKind.DATA }), [pattern(100_000)], null);
      await sinks[rounds % 2 ? 0 : 1]!.until(() => {
        const last = sinks[rounds % 2 ? 0 : 1]!.arrivals.filter(({ frame }) => frame.tag === rounds);
        return last.length === 2;
      });
    });

    it('the end of an endpoint is reported once to every peer, after what it has sent', async () => {
      const { sinks, transports } = await fabric(3);
      const payload = pattern(3_000_000, 8);
      transports[0]!.send(1, frameOf(5, { tag: 1 }), [pattern(5)], null);
      transports[0]!.send(1, frameOf(payload.length, { kind: FrameKind.DATA }), [payload], null);
      transports[0]!.send(2, frameOf(0, { kind: FrameKind.BYE }), [], null);
      await transports[0]!.close();
      expect(await sinks[1]!.lostPeers(1)).toEqual([0]);
      expect(await sinks[2]!.lostPeers(1)).toEqual([0]);
      expect(sinks[1]!.calls.at(-1)).toBe('lost 0');
      expect(Buffer.compare(sinks[1]!.arrivals[1]!.payload, payload)).toBe(0);
      expect(sinks[2]!.calls).toEqual(['announce 0', 'lost 0']);
      expect(sinks[1]!.losses[0]!.reason).toMatchObject({ code: 'ERR_PROC_FAILED', peer: 0 });
      expect(sinks[0]!.losses).toEqual([]);
      // The others go on.
      transports[1]!.send(2, frameOf(0, { tag: 9 }), [], null);
      await sinks[2]!.until(() => sinks[2]!.arrivals.at(-1)!.frame.tag === 9);
      expect(sinks[1]!.losses).toHaveLength(1);
    });

    it('frames to a lost peer are dropped and answer true', async () => {
      const { sinks, transports, fabric: killed } = await fabric(2);
      transports[0]!.send(1, frameOf(0), [], null);
      await sinks[1]!.arrived(1);
      killed.kill(0);
      await sinks[1]!.lostPeers(1);
      const delivery = { sent: () => expect.unreachable('sent after true') };
      const payload = pattern(100_000);
      expect(transports[1]!.send(0, frameOf(0), [], delivery)).toBe(true);
      expect(transports[1]!.send(0, frameOf(100_000, { kind: FrameKind.DATA }), [payload], delivery)).toBe(true);
      expect(sinks[1]!.losses).toHaveLength(1);
    });

    it('a peer that dies while a large payload is under way is lost, and the payload never lands', async () => {
      const { sinks, transports, fabric: killed } = await fabric(2);
      const payload = new Uint8Array(64 << 20);
      sinks[1]!.onAnnounce = () => {
        sinks[1]!.onAnnounce = () => {};
        setImmediate(() => killed.kill(0));
      };
      // The frame may still be whole for a transport that copies it in one step: a second one is then cut off.
      transports[0]!.send(1, frameOf(payload.length, { kind: FrameKind.DATA }), [payload], null);
      expect(await sinks[1]!.lostPeers(1)).toEqual([0]);
      expect(sinks[1]!.calls.at(-1)).toBe('lost 0');
      const calls = sinks[1]!.calls.length;
      await new Promise((resolve) => setImmediate(resolve));
      expect(sinks[1]!.calls).toHaveLength(calls);
    });

    it('an announce that throws ends that link on both sides, and no other', async () => {
      const { sinks, transports } = await fabric(3);
      sinks[1]!.onAnnounce = (_, frame) => {
        if (frame.tag === 13) throw new Error('tag 13 is not for us');
      };
      transports[0]!.send(1, frameOf(0, { tag: 12 }), [], null);
      transports[0]!.send(1, frameOf(4, { tag: 13 }), [pattern(4)], null);
      transports[0]!.send(1, frameOf(0, { tag: 14 }), [], null);
      expect(await sinks[1]!.lostPeers(1)).toEqual([0]);
      expect(sinks[1]!.losses[0]!.reason).toMatchObject({ code: 'ERR_PROTOCOL', peer: 0 });
      expect(sinks[1]!.losses[0]!.reason.message).toContain('tag 13 is not for us');
      expect(await sinks[0]!.lostPeers(1)).toEqual([1]);
      expect(sinks[1]!.arrivals.map(({ frame }) => frame.tag)).toEqual([12]);
      transports[2]!.send(1, frameOf(0, { tag: 15 }), [], null);
      await sinks[1]!.arrived(2);
    });

    it('a flood of small frames from many endpoints arrives complete and in order', async () => {
      const { sinks, transports } = await fabric(5);
      const each = 5_000;
      const payload = pattern(8);
      const frame = new Frame();
      for (let i = 0; i < each; i++) {
        for (let from = 1; from < 5; from++) {
          frame.reset();
          frame.kind = FrameKind.EAGER;
          frame.bytes = 8;
          frame.tag = i;
          transports[from]!.send(0, frame, [payload], null);
        }
      }
      const arrivals = await sinks[0]!.arrived(4 * each);
      for (let from = 1; from < 5; from++) {
        const tags = arrivals.filter(({ peer }) => peer === from).map(({ frame: { tag } }) => tag);
        expect(tags).toEqual(Array.from({ length: each }, (_, i) => i));
      }
    });

    it('joins sixteen endpoints, each with each', async () => {
      const { sinks, transports } = await fabric(16);
      for (const [from, transport] of transports.entries()) {
        for (let to = 0; to < 16; to++) {
          if (to !== from) transport.send(to, frameOf(2, { tag: from * 16 + to }), [Uint8Array.of(from, to)], null);
        }
      }
      for (const [self, sink] of sinks.entries()) {
        const arrivals = await sink.arrived(15);
        expect(arrivals.map(({ peer }) => peer).sort((a, b) => a - b)).toEqual(
          Array.from({ length: 16 }, (_, i) => i).filter((i) => i !== self),
        );
        for (const { peer, payload } of arrivals) expect([...payload]).toEqual([peer, self]);
      }
    });

    it('close can be called twice, and sends after it are dropped', async () => {
      const { sinks, transports } = await fabric(2);
      transports[0]!.send(1, frameOf(0, { tag: 1 }), [], null);
      await Promise.all([transports[0]!.close(), transports[0]!.close()]);
      expect(transports[0]!.send(1, frameOf(0, { tag: 2 }), [], null)).toBe(true);
      await sinks[1]!.lostPeers(1);
      expect(sinks[1]!.arrivals.map(({ frame }) => frame.tag)).toEqual([1]);
    });
  });
}
