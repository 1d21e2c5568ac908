import { describe, expect, it } from 'vitest';
import {
  absoluteRank,
  childrenOf,
  parentOf,
  relativeRank,
  subtreeSize,
} from '../../../src/collectives/shapes/binomial.ts';
import { blockStart, offsetsOf } from '../../../src/collectives/shapes/blocks.ts';
import { coreIndex, coreRank, foldOf, isPair } from '../../../src/collectives/shapes/fold.ts';
import { halvingFarFirst, halvingNearFirst } from '../../../src/collectives/shapes/halving.ts';
import { around } from '../../../src/collectives/shapes/ring.ts';

const SIZES = Array.from({ length: 70 }, (_, i) => i + 1);
const POWERS = [1, 2, 4, 8, 16, 32, 64];

describe('the binomial tree', () => {
  it('reaches every rank once, with parents and children that agree', () => {
    for (const size of SIZES) {
      const reached = new Set([0]);
      for (let rank = 0; rank < size; rank++) {
        for (const child of childrenOf(rank, size)) {
          expect(parentOf(child)).toBe(rank);
          expect(reached.has(child)).toBe(false);
          reached.add(child);
        }
      }
      expect(reached.size).toBe(size);
    }
  });

  it('has runs of neighbours as subtrees, children in ascending order', () => {
    for (const size of SIZES) {
      for (let rank = 0; rank < size; rank++) {
        let next = rank + 1;
        for (const child of childrenOf(rank, size)) {
          expect(child).toBe(next);
          next += subtreeSize(child, size);
        }
        expect(next).toBe(rank + subtreeSize(rank, size));
      }
      expect(subtreeSize(0, size)).toBe(size);
    }
  });

  it('is no deeper than the logarithm of its size', () => {
    for (const size of SIZES) {
      for (let rank = 0; rank < size; rank++) {
        let depth = 0;
        for (let at = rank; at > 0; at = parentOf(at)) depth++;
        expect(depth).toBeLessThanOrEqual(Math.ceil(Math.log2(size)));
      }
    }
  });

  it('can hang at any root', () => {
    for (const size of [1, 2, 7, 16]) {
      for (let root = 0; root < size; root++) {
        expect(relativeRank(root, root, size)).toBe(0);
        for (let rank = 0; rank < size; rank++) {
          expect(absoluteRank(relativeRank(rank, root, size), root, size)).toBe(rank);
        }
      }
    }
  });
});

describe('a fold to a power of two', () => {
  it('covers all ranks by neighbouring runs in rank order', () => {
    for (const size of SIZES) {
      const fold = foldOf(size);
      expect(POWERS).toContain(fold.core);
      expect(fold.core * 2).toBeGreaterThan(size);
      const covered: number[] = [];
      for (let index = 0; index < fold.core; index++) {
        const rank = coreRank(fold, index);
        expect(coreIndex(fold, rank)).toBe(index);
        covered.push(rank);
        if (!isPair(fold, index)) continue;
        expect(coreIndex(fold, rank + 1)).toBe(-1);
        covered.push(rank + 1);
      }
      expect(covered).toEqual(Array.from({ length: size }, (_, rank) => rank));
    }
  });
});

describe.each([
  ['near partners first', halvingNearFirst],
  ['far partners first', halvingFarFirst],
])('recursive halving, %s', (_, halving) => {
  it('pairs ranks that keep what the other gives', () => {
    for (const core of POWERS) {
      for (let index = 0; index < core; index++) {
        for (const [step, mine] of halving(index, core).entries()) {
          const theirs = halving(mine.partner, core)[step];
          expect(theirs?.partner).toBe(index);
          expect([theirs?.giveFrom, theirs?.giveTo]).toEqual([mine.keepFrom, mine.keepTo]);
          expect([theirs?.keepFrom, theirs?.keepTo]).toEqual([mine.giveFrom, mine.giveTo]);
        }
      }
    }
  });

  it('leaves every block with one rank', () => {
    for (const core of POWERS.slice(1)) {
      const blocks = Array.from({ length: core }, (_, index) => {
        const last = halving(index, core).at(-1);
        expect(last?.keepTo).toBe((last?.keepFrom ?? 0) + 1);
        return last?.keepFrom;
      });
      expect(new Set(blocks).size).toBe(core);
      if (halving === halvingFarFirst) expect(blocks).toEqual(blocks.map((_, index) => index));
    }
  });
});

describe('blocks', () => {
  it('cover an array with parts that differ by at most one grain', () => {
    for (const parts of [1, 2, 3, 7, 16]) {
      for (const count of [0, 2, 6, 14, 16, 18, 1000]) {
        for (const grain of [1, 2]) {
          expect(blockStart(0, parts, count, grain)).toBe(0);
          expect(blockStart(parts, parts, count, grain)).toBe(count);
          const lengths = Array.from({ length: parts }, (_, block) => {
            return blockStart(block + 1, parts, count, grain) - blockStart(block, parts, count, grain);
          });
          expect(lengths.every((length) => length >= 0 && length % grain === 0)).toBe(true);
          expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(grain);
        }
      }
    }
  });

  it('stay exact for vectors of billions of elements', () => {
    const count = 5 * 2 ** 30 + 3;
    expect(blockStart(999, 1000, count)).toBe(Math.floor((count * 999) / 1000));
  });

  it('of given lengths lie end to end', () => {
    expect(offsetsOf([3, 0, 2])).toEqual([0, 3, 3, 5]);
    expect(offsetsOf([])).toEqual([0]);
  });
});

it('the ring closes on both sides', () => {
  expect(around(3, 1, 4)).toBe(0);
  expect(around(0, -1, 4)).toBe(3);
  expect(around(2, -4, 4)).toBe(2);
  expect(around(0, 0, 1)).toBe(0);
});
