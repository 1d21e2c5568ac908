import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventHeap } from '../../../src/transport/memory/heap.ts';

describe('event heap', () => {
  it('gives what a sorted list would, whatever is put in and taken out in between', () => {
    const event = fc.record({ time: fc.integer({ min: 0, max: 5 }), tie: fc.integer({ min: -1, max: 2 }) });
    fc.assert(
      fc.property(fc.array(fc.option(event)), (steps) => {
        const heap = new EventHeap<{ time: number; tie: number; order: number }>();
        const list: { time: number; tie: number; order: number }[] = [];
        for (const [order, step] of steps.entries()) {
          if (step === null) {
            expect(heap.peek()).toBe(list[0]);
            expect(heap.pop()).toBe(list.shift());
          } else {
            const item = { ...step, order };
            heap.push(item);
            list.push(item);
            list.sort((a, b) => a.time - b.time || a.tie - b.tie || a.order - b.order);
          }
          expect(heap.size).toBe(list.length);
        }
        heap.filter(({ time }) => time !== 2);
        for (const item of list.filter(({ time }) => time !== 2)) expect(heap.pop()).toBe(item);
        expect(heap.pop()).toBeUndefined();
      }),
    );
  });
});
