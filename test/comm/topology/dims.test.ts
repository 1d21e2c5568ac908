import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeDims } from '../../../src/comm/topology/dims.ts';

/** Every non-increasing way to write `product` as so many factors. */
function allFactors(product: number, count: number, most = product): number[][] {
  if (count === 0) return product === 1 ? [[]] : [];
  const found: number[][] = [];
  for (let factor = 1; factor <= most; factor++)
    if (product % factor === 0)
      found.push(...allFactors(product / factor, count - 1, factor).map((rest) => [factor, ...rest]));
  return found;
}

/** Least difference of largest and smallest first, then in the order of the numbers. */
function moreBalanced(a: readonly number[], b: readonly number[]): number {
  const spread = (dims: readonly number[]) => dims[0]! - dims.at(-1)!;
  return spread(a) - spread(b) || a.map((extent, i) => extent - b[i]!).find((difference) => difference !== 0) || 0;
}

describe('computeDims', () => {
  it.each([
    [6, [0, 0], [3, 2]],
    [7, [0, 0], [7, 1]],
    [6, [0, 3, 0], [2, 3, 1]],
    [16, 2, [4, 4]],
    [12, 3, [3, 2, 2]],
    [36, [0, 2, 0, 0], [3, 2, 3, 2]],
    [1000, 3, [10, 10, 10]],
    [1, 4, [1, 1, 1, 1]],
    [5, 1, [5]],
    [6, [2, 3], [2, 3]],
    [1, 0, []],
    [1, [], []],
    // One prime factor after the other would give [12, 6]; the divisor next to the root for each dimension [17, 4, 1].
    [72, 2, [9, 8]],
    [68, 3, [17, 2, 2]],
  ] as [number, number | number[], number[]][])('makes of %i nodes and %j the grid %j', (nodes, dims, expected) => {
    expect(computeDims(nodes, dims)).toEqual(expected);
  });

  it('finds the most balanced of all factorizations', () => {
    for (let nodes = 1; nodes <= 400; nodes++)
      for (const count of [1, 2, 3, 4, 6])
        expect(computeDims(nodes, count), `${nodes}, ${count}`).toEqual(allFactors(nodes, count).sort(moreBalanced)[0]);
  });

  it('keeps what is given, multiplies to the nodes and fills in non-increasing order', () => {
    const preset = fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 5 });
    fc.assert(
      fc.property(preset, fc.integer({ min: 1, max: 5000 }), (dims, more) => {
        const given = dims.reduce((product, extent) => product * (extent || 1), 1);
        const nodes = dims.includes(0) ? given * more : given;
        const found = computeDims(nodes, dims);
        expect(found.reduce((product, extent) => product * extent, 1)).toBe(nodes);
        expect(found.map((extent, i) => (dims[i] === 0 ? 0 : extent))).toEqual(dims);
        const filled = found.filter((_, i) => dims[i] === 0);
        expect(filled).toEqual(computeDims(nodes / given, filled.length));
        expect(filled).toEqual(filled.toSorted((a, b) => b - a));
      }),
      { seed: 3 },
    );
  });

  it('is quick where there are many divisors, many dimensions, or a large prime', () => {
    for (const nodes of [2_095_133_040, 698_377_680, 2 ** 30, 3 ** 19, 223_092_870, 2 ** 31 - 1, 1009 * 720_720])
      for (const count of [1, 2, 3, 5, 8, 13, 40]) {
        const found = computeDims(nodes, count);
        expect(found.reduce((product, extent) => product * extent, 1)).toBe(nodes);
      }
    expect(computeDims(2_095_133_040, 4)).toEqual([221, 216, 210, 209]);
  });

  it('leaves the array that it is given alone', () => {
    const dims = [0, 2, 0];
    computeDims(8, dims);
    expect(dims).toEqual([0, 2, 0]);
  });

  it.each([
    [7, [0, 3, 0], 'ERR_COUNT', /7 nodes can't form .*\[0, 3, 0\]: 7 is no multiple of the product 3/],
    [7, [2, 3], 'ERR_COUNT', /7 nodes can't form .*\[2, 3\]: their product is 6, none is 0 to be filled/],
    [2, [], 'ERR_COUNT', /their product is 1/],
    [2, 0, 'ERR_COUNT', /their product is 1/],
    [4, [1e9, 1e9, 1e9, 0], 'ERR_COUNT', /no multiple/],
    [0, 2, 'ERR_ARG', /the number of nodes is 0, but must be an integer from 1/],
    [-4, 2, 'ERR_ARG', /nodes is -4/],
    [2.5, 2, 'ERR_ARG', /nodes is 2\.5/],
    [2 ** 31, 2, 'ERR_ARG', /to 2147483647/],
    ['4', 2, 'ERR_ARG', /nodes is "4"/],
    [4, [-1, 0], 'ERR_ARG', /the dimensions are \[-1, 0\], but must be their number, or an array of integers/],
    [4, [0, 0.5], 'ERR_ARG', /\[0, 0\.5\]/],
    [4, new Array(2), 'ERR_ARG', /the dimensions are/],
    [4, -1, 'ERR_ARG', /the dimensions are -1/],
    [4, undefined, 'ERR_ARG', /the dimensions are undefined/],
    [4, '22', 'ERR_ARG', /the dimensions are "22"/],
  ] as [number, number[], string, RegExp][])('refuses %j nodes with %j: %s', (nodes, dims, code, sentence) => {
    const wrong = () => computeDims(nodes, dims);
    expect(wrong).toThrow(expect.objectContaining({ name: 'MpiError', code, op: 'computeDims' }));
    expect(wrong).toThrow(sentence);
  });
});
