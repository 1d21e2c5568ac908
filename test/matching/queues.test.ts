import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ANY_SOURCE, ANY_TAG, matches } from '../../src/matching/envelope.ts';
import type { Linked } from '../../src/matching/lanes.ts';
import { PostedQueue, UnexpectedQueue } from '../../src/matching/queues.ts';

class Entry {
  readonly links: (Linked | null)[] = Array.from({ length: 8 }, () => null);
  order = 0;
  queued = false;
  readonly source: number;
  readonly tag: number;

  constructor(source: number, tag: number) {
    this.source = source;
    this.tag = tag;
  }
}

const rank = fc.integer({ min: 0, max: 3 });
const tag = fc.integer({ min: 0, max: 3 });
const pattern = fc.tuple(fc.oneof(fc.constant(ANY_SOURCE), rank), fc.oneof(fc.constant(ANY_TAG), tag));
const envelope = fc.tuple(rank, tag);

const step = fc.oneof(
  fc.record({ do: fc.constant('add' as const), pattern, envelope, pick: fc.nat() }),
  fc.record({ do: fc.constant('match' as const), pattern, envelope, pick: fc.nat() }),
  fc.record({ do: fc.constant('withdraw' as const), pattern, envelope, pick: fc.nat() }),
);

describe('the queue of posted receives', () => {
  it('gives a message to the same receive as a list that is searched from the front', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = new PostedQueue<Entry>();
        const list: Entry[] = [];
        for (const { do: action, pattern, envelope, pick } of steps) {
          if (action === 'add') {
            const entry = new Entry(...pattern);
            queue.add(entry);
            list.push(entry);
          } else if (action === 'match') {
            const expected = list.findIndex((entry) => matches(entry.source, entry.tag, ...envelope));
            expect(queue.take(...envelope)).toBe(list[expected] ?? null);
            if (expected >= 0) list.splice(expected, 1);
          } else if (list.length > 0) {
            const [entry] = list.splice(pick % list.length, 1);
            expect(queue.remove(entry as Entry)).toBe(true);
            expect(queue.remove(entry as Entry)).toBe(false);
          }
          expect([...queue]).toEqual(list);
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});

describe('the queue of unexpected messages', () => {
  it('gives a receive the same message as a list that is searched from the front', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = new UnexpectedQueue<Entry>();
        const list: Entry[] = [];
        for (const { do: action, pattern, envelope, pick } of steps) {
          if (action === 'add') {
            const entry = new Entry(...envelope);
            queue.add(entry);
            list.push(entry);
          } else if (action === 'match') {
            const expected = list.find((entry) => matches(...pattern, entry.source, entry.tag)) ?? null;
            expect(queue.find(...pattern)).toBe(expected);
            if (expected !== null && pick % 2 === 0) {
              expect(queue.remove(expected)).toBe(true);
              list.splice(list.indexOf(expected), 1);
            }
          } else if (list.length > 0) {
            const [entry] = list.splice(pick % list.length, 1);
            expect(queue.remove(entry as Entry)).toBe(true);
          }
          expect(queue.size).toBe(list.length);
          expect([...queue]).toEqual(list);
        }
      }),
      { seed: 2, numRuns: 300 },
    );
  });

  it('finds the right message among a hundred thousand without a scan', () => {
    const queue = new UnexpectedQueue<Entry>();
    for (let i = 0; i < 100_000; i++) queue.add(new Entry(i % 7, i));
    for (let i = 99_999; i >= 0; i--) {
      const entry = queue.find(ANY_SOURCE, i) as Entry;
      expect(entry.source).toBe(i % 7);
      queue.remove(entry);
    }
    expect(queue.size).toBe(0);
  });
});
