/** A ring alone, in ordinary memory: its two sides take turns at random. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { Consumer } from '../../../src/transport/shm/consumer.ts';
import { memoryBytes, RingMemory, Word } from '../../../src/transport/shm/memory.ts';
import { Producer } from '../../../src/transport/shm/producer.ts';
import { FEW_BYTES } from '../../../src/wire/few.ts';
import { FrameKind, MAX_META_BYTES } from '../../../src/wire/frame.ts';
import { cutInto, frameOf, pattern, randomCut } from '../frames.ts';
import { Recorder } from '../recorder.ts';

/** A ring whose positions begin at `start`. */
function ringOf(capacity: number, start = 0) {
  const memory = new RingMemory(new ArrayBuffer(memoryBytes(capacity)));
  memory.words[Word.TAIL] = memory.words[Word.HEAD] = start;
  const sink = new Recorder();
  const bells = { consumer: 0, producer: 0, waits: 0 };
  const producer = new Producer(1, memory, {
    wakeConsumer: () => void bells.consumer++,
    waitsForRoom: () => void bells.waits++,
  });
  const consumer = new Consumer(0, memory, sink, () => void bells.producer++);
  return { memory, sink, bells, producer, consumer };
}

describe('a ring', () => {
  for (const seed of Array.from({ length: 48 }, (_, i) => i)) {
    it(`gives what a queue would, whoever is next (seed ${seed})`, () => {
      const random = seededRandom(seed);
      const capacity = [4096, 8192, 65_536][seed % 3]!;
      // Just before the positions wrap, or become negative as 32-bit integers.
      const start = [0, -64 * 7, 2 ** 31 - 64 * 9, -(2 ** 31)][seed % 4]!;
      const { sink, producer, consumer } = ringOf(capacity, start);
      sink.cut = (bytes) => randomCut(bytes, random, 1 + Math.floor(random() * 4));
      sink.takes = () => random() < 0.5;
      const expected: { tag: number; payload: Uint8Array; meta: Uint8Array }[] = [];
      const told: number[] = [];
      const awaited: number[] = [];
      let sending = false;
      for (let step = 0; step < 600; step++) {
        if (random() < 0.4) {
          const bytes = Math.floor(random() < 0.3 ? random() * 100 : random() ** 4 * 3 * capacity);
          const payload = pattern(bytes, step);
          const meta = random() < 0.2 ? pattern(Math.floor(random() ** 3 * MAX_META_BYTES), step) : new Uint8Array(0);
          const segments = random() < 0.5 ? [payload] : cutInto(payload, randomCut(bytes, random, 5));
          const frame = frameOf(bytes, { kind: FrameKind.DATA, tag: step, meta: meta.slice() });
          sending = true;
          const delivery = {
            sent: () => {
              expect(sending).toBe(false);
              told.push(step);
              // From here on the memory may be changed.
              payload.fill(0);
            },
          };
          expected.push({ tag: step, payload: payload.slice(), meta });
          const copied = producer.send(frame, segments, delivery);
          sending = false;
          if (copied || bytes <= FEW_BYTES) payload.fill(0);
          if (!copied) awaited.push(step);
          frame.meta.fill(0);
        } else if (random() < 0.6) consumer.drain();
        else producer.pump();
      }
      while (!producer.idle) {
        producer.pump();
        consumer.drain();
      }
      while (consumer.drain());
      expect(told).toEqual(awaited);
      expect(sink.arrivals.map(({ frame }) => frame.tag)).toEqual(expected.map(({ tag }) => tag));
      for (const [at, { payload, frame }] of sink.arrivals.entries()) {
        expect(Buffer.compare(payload, expected[at]!.payload)).toBe(0);
        expect(Buffer.compare(frame.meta, expected[at]!.meta)).toBe(0);
      }
    });
  }

  it('takes every length at every place, whole and in pieces', () => {
    for (const capacity of [4096, 16_384]) {
      const { sink, producer, consumer } = ringOf(capacity, -4096);
      for (let bytes = 0; bytes < 300; bytes++) {
        expect(producer.send(frameOf(bytes, { tag: bytes }), [pattern(bytes, bytes)], null)).toBe(true);
        consumer.drain();
      }
      for (const [bytes, { payload }] of sink.arrivals.entries()) {
        expect(Buffer.compare(payload, pattern(bytes, bytes))).toBe(0);
      }
      expect(sink.arrivals).toHaveLength(300);
    }
  });

  it('keeps what waits and nobody asks about: its memory may be changed', () => {
    const { sink, producer, consumer } = ringOf(4096);
    const payload = pattern(3000, 1);
    const frames = 5;
    for (let i = 0; i < frames; i++) {
      producer.send(frameOf(3000, { tag: i }), [payload], null);
      payload.fill(0);
      payload.set(pattern(3000, 2 + i));
    }
    for (let i = 0; i < 20; i++) {
      consumer.drain();
      producer.pump();
    }
    expect(producer.idle).toBe(true);
    for (let i = 0; i < frames; i++) {
      expect(Buffer.compare(sink.arrivals[i]!.payload, pattern(3000, 1 + i))).toBe(0);
    }
  });

  it('wakes a sleeping consumer once, and one that is awake not at all', () => {
    const { bells, producer, consumer } = ringOf(4096);
    const send = () => producer.send(frameOf(8), [pattern(8)], null);
    send();
    expect(bells.consumer).toBe(0);
    expect(consumer.sleep()).toBe(false);
    consumer.drain();
    expect(consumer.sleep()).toBe(true);
    send();
    send();
    expect(bells.consumer).toBe(1);
    consumer.drain();
    consumer.sleep();
    consumer.wake();
    send();
    expect(bells.consumer).toBe(1);
  });

  it('wakes a producer that sleeps because there is no room, once there is', () => {
    const { bells, producer, consumer } = ringOf(4096);
    let told = 0;
    expect(producer.send(frameOf(10_000), [pattern(10_000)], { sent: () => void told++ })).toBe(false);
    expect(bells.waits).toBe(1);
    expect(producer.sleep()).toBe(true);
    consumer.drain();
    expect(bells.producer).toBe(1);
    expect(producer.sleep()).toBe(false);
    producer.pump();
    consumer.drain();
    producer.pump();
    expect(told).toBe(1);
    expect(producer.sleep()).toBe(true);
  });

  it('lets whoever is told of a send send the next, in order', () => {
    const { sink, producer, consumer } = ringOf(4096);
    const large = pattern(9000);
    const again = { sent: () => void producer.send(frameOf(4, { tag: 3 }), [pattern(4)], null) };
    producer.send(frameOf(9000, { tag: 1 }), [large], again);
    producer.send(frameOf(9000, { tag: 2 }), [large], again);
    while (sink.arrivals.length < 4) {
      consumer.drain();
      producer.pump();
    }
    expect(sink.arrivals.map(({ frame }) => frame.tag)).toEqual([1, 2, 3, 3]);
  });

  it('that is closed on the sending side still takes what waits', () => {
    const { sink, producer, consumer } = ringOf(4096);
    producer.send(frameOf(9000, { tag: 1 }), [pattern(9000)], { sent: () => {} });
    producer.close();
    expect(producer.send(frameOf(0, { tag: 2 }), [], null)).toBe(true);
    while (!producer.idle) {
      consumer.drain();
      producer.pump();
    }
    while (consumer.drain());
    expect(sink.arrivals.map(({ frame }) => frame.tag)).toEqual([1]);
  });

  it('that nobody reads any more still lets the producer end', () => {
    const { sink, producer, consumer } = ringOf(4096);
    producer.send(frameOf(50_000), [pattern(50_000)], { sent: () => {} });
    consumer.drain();
    consumer.stop();
    while (!producer.idle) {
      consumer.discard();
      producer.pump();
    }
    expect(consumer.drain()).toBe(false);
    expect(sink.calls).toEqual(['announce 0']);
  });

  describe('with nonsense in its memory', () => {
    it('whose tail or head can not be is a broken protocol', () => {
      for (const tail of [-64, 5000, 4097, 32, 2 ** 31 - 1, -(2 ** 31)]) {
        const { memory, consumer } = ringOf(4096);
        memory.words[Word.TAIL] = tail;
        expect(() => consumer.drain()).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL' }));
      }
      for (const head of [64, -5000, 2 ** 31 - 1, -(2 ** 31)]) {
        const { memory, producer } = ringOf(4096);
        memory.words[Word.HEAD] = head;
        expect(producer.send(frameOf(5), [pattern(5)], { sent: () => {} })).toBe(false);
        // Whoever waits for room is not left asleep.
        expect(producer.sleep()).toBe(false);
        expect(() => producer.pump()).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL' }));
      }
    });

    it('never leads outside of it, whatever stands there', () => {
      for (let seed = 0; seed < 200; seed++) {
        const random = seededRandom(seed);
        const { memory, sink, producer, consumer } = ringOf(4096, Math.floor(random() * 2 ** 26) * 64);
        // As the engine does: what is too large is not accepted.
        sink.onAnnounce = (_, frame) => {
          if (frame.bytes > 20_000) throw new Error('more than was asked for');
        };
        try {
          for (let step = 0; step < 60; step++) {
            const bytes = Math.floor(random() ** 2 * 6000);
            producer.send(frameOf(bytes), [pattern(bytes)], { sent: () => {} });
            const stray = Math.floor(random() * 4096);
            if (random() < 0.3) memory.bytes.fill(Math.floor(random() * 256), stray, stray + Math.floor(random() * 90));
            if (random() < 0.05)
              memory.words[random() < 0.5 ? Word.TAIL : Word.HEAD]! += Math.floor(random() * 9000 - 4500);
            producer.pump();
            consumer.drain();
          }
        } catch (error) {
          if ((error as Error).message === 'more than was asked for') continue;
          expect(error, `seed ${seed}`).toMatchObject({ code: 'ERR_PROTOCOL' });
        }
      }
    });
  });
});
