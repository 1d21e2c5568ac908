import fc from 'fast-check';
import { expect, test } from 'vitest';
import { branch } from '../../../launcher/agents/tree.ts';

test('branches hold every host once and in order, are as many as allowed, and nearly equal', () => {
  fc.assert(
    fc.property(fc.nat({ max: 200 }), fc.integer({ min: 1, max: 40 }), (count, fanOut) => {
      const hosts = Array.from({ length: count }, (_, index) => index);
      const branches = branch(hosts, fanOut);
      expect(branches.flat()).toEqual(hosts);
      expect(branches).toHaveLength(Math.min(count, fanOut));
      const sizes = branches.map(({ length }) => length);
      expect(Math.max(0, ...sizes) - Math.min(...sizes, Math.max(0, ...sizes))).toBeLessThanOrEqual(1);
    }),
  );
});
