import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { copySegments, segmentBytes } from '../../src/wire/segments.ts';
import { cutInto, pattern, randomCut } from '../transport/frames.ts';

describe('segments', () => {
  it('copies between any two cuts of the same length', () => {
    const random = seededRandom(4);
    for (let run = 0; run < 200; run++) {
      const bytes = Math.floor(random() * 300);
      const from = cutInto(pattern(bytes, run), randomCut(bytes, random, 1 + Math.floor(random() * 8)));
      const target = new Uint8Array(bytes);
      const to = cutInto(target, randomCut(bytes, random, 1 + Math.floor(random() * 8)));
      expect(copySegments(from, to)).toBe(bytes);
      expect(segmentBytes(from)).toBe(bytes);
      expect(Buffer.compare(target, pattern(bytes, run))).toBe(0);
    }
  });

  it('stops where either side ends, and says how far it came', () => {
    const to = [new Uint8Array(2), new Uint8Array(0), new Uint8Array(3)];
    expect(copySegments([pattern(9)], to)).toBe(5);
    expect(copySegments([pattern(1), pattern(2)], to)).toBe(3);
    expect(copySegments([], to)).toBe(0);
    expect(copySegments([pattern(4)], [])).toBe(0);
  });
});
