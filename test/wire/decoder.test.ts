import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { FrameDecoder, Staging } from '../../src/wire/decoder.ts';
import { Frame, FrameKind, HEADER_BYTES } from '../../src/wire/frame.ts';
import { decodeHeader, encodeHeader } from '../../src/wire/header.ts';

interface Message {
  readonly frame: Frame;
  readonly payload: Uint8Array;
}

function random(bytes: number, draw: () => number): Uint8Array {
  return Uint8Array.from({ length: bytes }, () => draw() * 256);
}

function message(tag: number, metaBytes: number, bytes: number, draw: () => number): Message {
  const meta = random(metaBytes, draw);
  return {
    frame: Object.assign(new Frame(), { kind: FrameKind.EAGER, tag, bytes, meta }),
    payload: random(bytes, draw),
  };
}

function encode(messages: readonly Message[]): Uint8Array {
  return Buffer.concat(
    messages.flatMap(({ frame, payload }) => {
      const header = new Uint8Array(HEADER_BYTES);
      encodeHeader(new DataView(header.buffer), 0, frame);
      return [header, frame.meta, payload];
    }),
  );
}

/** The whole stream at once, the plain way: what the decoder is held against. */
function naiveDecode(stream: Uint8Array): string[] {
  const events: string[] = [];
  for (let offset = 0; offset < stream.byteLength; ) {
    const frame = new Frame();
    const metaBytes = decodeHeader(new DataView(stream.buffer, stream.byteOffset), offset, frame);
    const meta = offset + HEADER_BYTES;
    const payload = meta + metaBytes;
    offset = payload + frame.bytes;
    events.push(`announce ${frame.tag} ${frame.bytes} ${hex(stream.subarray(meta, payload))}`);
    if (frame.bytes > 0) events.push(`landed ${hex(stream.subarray(payload, offset))}`);
  }
  return events;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

interface Target {
  readonly segments: Uint8Array[];
}

/** @param takes - whether a payload that is there already is taken where it stands. */
function recorder(cut: (bytes: number) => number[] = (bytes) => [bytes], takes = () => false) {
  const events: string[] = [];
  const sink = {
    taken: 0,
    announce(frame: Frame, memory?: DataView, at = 0): Target | null {
      events.push(`announce ${frame.tag} ${frame.bytes} ${hex(frame.meta)}`);
      if (memory !== undefined && takes()) {
        sink.taken++;
        events.push(`landed ${hex(new Uint8Array(memory.buffer, memory.byteOffset + at, frame.bytes))}`);
        return null;
      }
      return frame.bytes === 0 ? null : { segments: cut(frame.bytes).map((length) => new Uint8Array(length)) };
    },
    landed({ segments }: Target): void {
      events.push(`landed ${hex(Buffer.concat(segments))}`);
    },
  };
  return { events, sink };
}

/** Feeds the stream in reads of these lengths at most, as a socket would. */
function feed(decoder: FrameDecoder<Target>, stream: Uint8Array, lengths: () => number): void {
  for (let offset = 0; offset < stream.byteLength; ) {
    const buffer = decoder.nextBuffer();
    expect(buffer.byteLength).toBeGreaterThan(0);
    const length = Math.min(lengths(), buffer.byteLength, stream.byteLength - offset);
    buffer.set(stream.subarray(offset, offset + length));
    decoder.received(length);
    offset += length;
  }
}

const draw = seededRandom(3);
const small = [
  message(1, 0, 0, draw),
  message(2, 0, 5, draw),
  message(3, 7, 0, draw),
  message(4, 3, 40, draw),
  message(5, 0, 1, draw),
];

describe('frame decoder', () => {
  it('gives the same at every single split point', () => {
    const stream = encode(small);
    const expected = naiveDecode(stream);
    for (let split = 0; split <= stream.byteLength; split++) {
      const { events, sink } = recorder();
      const decoder = new FrameDecoder(sink);
      const lengths = [split, stream.byteLength].filter((length) => length > 0);
      feed(decoder, stream, () => lengths.shift()!);
      expect(events).toEqual(expected);
      expect(decoder.midFrame).toBe(false);
    }
  });

  it('gives the same byte by byte', () => {
    const stream = encode(small);
    const { events, sink } = recorder();
    feed(new FrameDecoder(sink), stream, () => 1);
    expect(events).toEqual(naiveDecode(stream));
  });

  it('gives the same for random frames, reads, landings and staging sizes', () => {
    let taken = 0;
    for (let seed = 1; seed <= 25; seed++) {
      const next = seededRandom(seed);
      const size = () => Math.floor(next() ** 6 * 70_000);
      const messages = Array.from({ length: 12 }, (_, tag) => message(tag, Math.min(size(), 65_536), size(), next));
      for (let tag = 12; tag < 24; tag++) messages.push(message(tag, 0, Math.floor(next() * 80), next));
      const stream = encode(messages);
      const { events, sink } = recorder(
        (bytes) => {
          const first = Math.floor(next() * (bytes + 1));
          return [0, first, 0, bytes - first, 0];
        },
        () => next() < 0.5,
      );
      const staging = new Staging(1 + Math.floor(next() * 70_000));
      const reach = 10 ** (1.5 + next() * 4);
      feed(new FrameDecoder(sink, staging), stream, () => 1 + Math.floor(next() * reach));
      expect(events, `seed ${seed}`).toEqual(naiveDecode(stream));
      taken += sink.taken;
    }
    expect(taken).toBeGreaterThan(0);
  });

  it('many decoders share one staging buffer', () => {
    const staging = new Staging(100);
    const stream = encode(small);
    const expected = naiveDecode(stream);
    const all = Array.from({ length: 3 }, () => {
      const { events, sink } = recorder();
      return { events, decoder: new FrameDecoder<Target>(sink, staging) };
    });
    const step = 13;
    for (let offset = 0; offset < stream.byteLength; offset += step) {
      for (const { decoder } of all) feed(decoder, stream.subarray(offset, offset + step), () => step);
    }
    for (const { events } of all) expect(events).toEqual(expected);
  });

  it('a large payload is read straight into its landing, each read as long as the segment has room', () => {
    const payload = random(100_000, draw);
    const stream = encode([{ frame: Object.assign(new Frame(), { kind: 1, bytes: payload.length }), payload }]);
    const segments = [new Uint8Array(30_000), new Uint8Array(70_000)];
    let landed = 0;
    const decoder = new FrameDecoder({ announce: () => ({ segments }), landed: () => void landed++ }, new Staging(64));
    feed(decoder, stream.subarray(0, 64), () => 64);
    for (const segment of segments) {
      const buffer = decoder.nextBuffer();
      expect(buffer.buffer).toBe(segment.buffer);
      expect(buffer.byteLength).toBe(segment.byteLength);
      buffer.set(payload.subarray(segment === segments[0] ? 0 : 30_000).subarray(0, segment.byteLength));
      decoder.received(segment.byteLength);
    }
    expect(landed).toBe(1);
    expect(hex(Buffer.concat(segments))).toBe(hex(payload));
  });

  it('allocates nothing for the payload that a header announces', () => {
    const { frame } = message(1, 0, 0, draw);
    frame.bytes = Number.MAX_SAFE_INTEGER;
    let announced = 0;
    const decoder = new FrameDecoder({
      announce: ({ bytes }) => {
        announced = bytes;
        throw new Error('too long');
      },
      landed: () => {},
    });
    expect(() => feed(decoder, encode([{ frame, payload: new Uint8Array(0) }]), () => 64)).toThrow('too long');
    expect(announced).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('a landing for an empty payload has landed at once', () => {
    const events: string[] = [];
    const decoder = new FrameDecoder({
      announce: () => ({ segments: [new Uint8Array(0)] }),
      landed: () => void events.push('landed'),
    });
    feed(decoder, encode([small[0]!, small[0]!]), () => 1000);
    expect(events).toEqual(['landed', 'landed']);
  });

  it('knows at every byte whether it stands inside a frame', () => {
    const stream = encode([small[3]!]);
    const { sink } = recorder();
    const decoder = new FrameDecoder(sink);
    for (let offset = 0; offset < stream.byteLength; offset++) {
      expect(decoder.midFrame).toBe(offset > 0);
      feed(decoder, stream.subarray(offset, offset + 1), () => 1);
    }
    expect(decoder.midFrame).toBe(false);
  });

  it('once stopped from within a call nothing more reaches the sink', () => {
    for (const at of ['announce', 'landed'] as const) {
      const events: string[] = [];
      const decoder: FrameDecoder<Target> = new FrameDecoder<Target>({
        announce: (frame) => {
          events.push('announce');
          if (at === 'announce') decoder.stop();
          return { segments: [new Uint8Array(frame.bytes)] };
        },
        landed: () => {
          events.push('landed');
          if (at === 'landed') decoder.stop();
        },
      });
      feed(decoder, encode([small[1]!, small[1]!]), () => 1000);
      expect(events).toEqual(at === 'announce' ? ['announce'] : ['announce', 'landed']);
    }
  });

  it('a landing that does not fit its frame is a bug, not a wrong read', () => {
    for (const length of [0, 4, 6]) {
      const decoder = new FrameDecoder({ announce: () => ({ segments: [new Uint8Array(length)] }), landed: () => {} });
      expect(() => feed(decoder, encode([small[1]!]), () => 1000)).toThrow('tsmpi bug');
    }
  });
});
