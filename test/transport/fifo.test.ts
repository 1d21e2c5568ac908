import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { Fifo } from '../../src/transport/fifo.ts';

describe('fifo', () => {
  it('is a plain queue, whatever is pushed and taken in between', () => {
    const random = seededRandom(9);
    const fifo = new Fifo<number>();
    const plain: number[] = [];
    for (let i = 0; i < 5_000; i++) {
      if (random() < 0.45 + 0.2 * Math.sin(i / 300)) {
        fifo.push(i);
        plain.push(i);
      } else {
        expect(fifo.shift()).toBe(plain.shift());
      }
      expect(fifo.length).toBe(plain.length);
    }
    fifo.clear();
    expect(fifo.length).toBe(0);
    expect(fifo.shift()).toBeUndefined();
  });
});
