import { badDims, badNodes, unfitDims } from '../../errors.ts';

const LARGEST = 2 ** 31 - 1;

/**
 * The dimensions of a grid of so many nodes (MPI_Dims_create; MPI 4.1, section 8.5.2): entries of `dims` above 0 are kept, zeros are
 * filled; a number stands for so many zeros. What is filled differs as little as can be: no other choice has a smaller difference
 * of the largest and the smallest; of those with the same, the one whose largest is smallest, then whose second is, and so on.
 * Filled entries never increase. `computeDims(12, 2)` is [4, 3], `computeDims(6, [0, 3, 0])` is [2, 3, 1]. No message is sent.
 *
 * @throws MpiError ERR_COUNT where no such grid has so many nodes; ERR_ARG for what is no number of nodes or dimensions.
 */
export function computeDims(nodes: number, dims: number | readonly number[]): number[] {
  if (!isInteger(nodes, 1)) throw badNodes('computeDims', nodes);
  const given = entriesOf(dims);
  if (given === undefined) throw badDims('computeDims', dims, 0);
  const preset = given.reduce((product, extent) => product * (extent || 1), 1);
  const free = given.filter((extent) => extent === 0).length;
  if (nodes % preset !== 0 || (free === 0 && nodes !== preset)) throw unfitDims('computeDims', nodes, given, preset);
  const filled = free === 0 ? [] : balanced(nodes / preset, free);
  let next = 0;
  return given.map((extent) => extent || filled[next++]!);
}

function entriesOf(dims: unknown): number[] | undefined {
  if (isInteger(dims, 0)) return new Array<number>(dims).fill(0);
  return Array.isArray(dims) && [...dims].every((extent) => isInteger(extent, 0)) ? [...dims] : undefined;
}

function isInteger(value: unknown, least: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= LARGEST;
}

/**
 * Tries every divisor as the largest factor, in ascending order, and with each one others that come closer to it than in the best
 * answer so far. The smallest factor is at most the root of the product, so a divisor too far above that root ends the search.
 */
function balanced(product: number, count: number): number[] {
  const divisors = divisorsOf(product);
  let best: number[] = [];
  let spread = Infinity;
  for (const largest of divisors) {
    if (largest - product ** (1 / count) > spread) break;
    while (spread > 0) {
      const others = factors(product / largest, count - 1, Math.max(1, largest - spread + 1), largest, divisors);
      if (others === undefined) break;
      best = [largest, ...others];
      spread = largest - best[count - 1]!;
    }
  }
  return best;
}

/** The non-increasing factors of `product` from `least` to `most` that come first in the order of numbers, or `undefined`. */
function factors(
  product: number,
  count: number,
  least: number,
  most: number,
  divisors: readonly number[],
): number[] | undefined {
  if (count === 0) return product === 1 ? [] : undefined;
  if (product === 1 && least === 1) return new Array<number>(count).fill(1);
  for (const factor of divisors) {
    if (factor > most || factor * least ** (count - 1) > product) return undefined;
    // Smaller ones, as none of the others may be above this one, make less than the product.
    if (factor < least || product % factor !== 0 || factor ** count < product) continue;
    const others = factors(product / factor, count - 1, least, factor, divisors);
    if (others !== undefined) return [factor, ...others];
  }
  return undefined;
}

/** In ascending order. */
function divisorsOf(product: number): number[] {
  const small: number[] = [];
  for (let divisor = 1; divisor * divisor <= product; divisor++) if (product % divisor === 0) small.push(divisor);
  const large = small.filter((divisor) => divisor * divisor !== product).map((divisor) => product / divisor);
  return [...small, ...large.reverse()];
}
