import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BrokenStream, encodeMessage, MessageReader } from '../../../launcher/agents/stream.ts';

interface Message {
  readonly head: object;
  readonly body: Uint8Array;
}

const messages = fc.array(
  fc.record<Message>({
    head: fc.dictionary(fc.string({ maxLength: 9 }), fc.jsonValue({ maxDepth: 1 }), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
    body: fc.uint8Array({ maxLength: 20 }),
  }),
  { maxLength: 4 },
);

function encode(all: readonly Message[]): Buffer {
  return Buffer.concat(all.flatMap(({ head, body }) => encodeMessage(head, body)));
}

function read(chunks: readonly Uint8Array[]): Message[] {
  const found: Message[] = [];
  // A body may be a view of a chunk: what is kept is a copy.
  const reader = new MessageReader((head, body) => found.push({ head, body: Uint8Array.from(body) }));
  for (const chunk of chunks) reader.push(chunk);
  return found;
}

/** What JSON makes of it: -0 is 0. */
const plain = (all: readonly Message[]): Message[] =>
  all.map(({ head, body }) => ({ head: JSON.parse(JSON.stringify(head)) as object, body }));

test('messages arrive as they were sent, wherever the stream is cut in two', () => {
  fc.assert(
    fc.property(messages, (sent) => {
      const bytes = encode(sent);
      for (let cut = 0; cut <= bytes.length; cut++) {
        expect(read([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(plain(sent));
      }
    }),
    { numRuns: 30 },
  );
});

test('messages arrive as they were sent when the stream comes byte by byte', () => {
  fc.assert(
    fc.property(messages, (sent) => {
      expect(read([...encode(sent)].map((byte) => Uint8Array.of(byte)))).toEqual(plain(sent));
    }),
  );
});

test('a message is delivered as soon as its last byte is there', () => {
  const bytes = encode([{ head: { type: 'a' }, body: Uint8Array.of(1, 2, 3) }]);
  expect(read([bytes.subarray(0, -1)])).toEqual([]);
});

test.each([
  ['lengths that no message has', Buffer.from('Last login: Mon Nov 23 10:00:00')],
  ['a head that is no JSON', Buffer.concat([Buffer.from([3, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{"a')])],
  ['a head that is no object', Buffer.concat([Buffer.from([4, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('null')])],
])('%s are refused', (_, bytes) => {
  expect(() => read([bytes])).toThrow(BrokenStream);
});

test('lengths alone make nobody set memory aside', () => {
  const before = process.memoryUsage().arrayBuffers;
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(64 * 2 ** 20, 0);
  lengths.writeUInt32LE(2 ** 30, 4);
  expect(read([lengths])).toEqual([]);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
});
