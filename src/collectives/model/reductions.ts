/** The costs of reduce, allreduce, scan, exscan and reduceScatter. */
import { isAsked, type Link, largestPower } from './link.ts';
import { rounds } from './movement.ts';

/**
 * How p ranks fold to a power of two (`collectives/shapes/fold.ts`): the first `extra` indices of the `core` are pairs, and begin one
 * message later than the others.
 */
export function foldOf(p: number) {
  const core = largestPower(p);
  const extra = p - core;
  return { core, extra, steps: Math.log2(core), folded: extra > 0, pairsMeet: extra > core / 2 };
}

/** From which step of distance 1, 2, 4, … on a pair meets an index that is none. */
function firstMixed(extra: number): number {
  return Math.log2(extra & -extra);
}

/** A message whose bytes are combined with those of whom they come to. */
function merging(n: number, link: Link): number {
  return link.message(n) + link.combine(n);
}

export function reduceBinomial(p: number, n: number, link: Link): number {
  return link.up(p, () => n) + link.combine(rounds(p) * n);
}

/**
 * Rabenseifner (2004): halving, then the root collects a block of every other rank of the core: all at once, but where pairs are few half
 * of the blocks come a message earlier.
 */
export function reduceRabenseifner(p: number, n: number, link: Link): number {
  const { core, folded, pairsMeet } = foldOf(p);
  const halved = halvingNearFirst(p, n, link);
  if (!folded || pairsMeet) return (folded ? merging(n, link) : 0) + halved + link.fan(core - 1, n / core);
  const gap = link.gap(n / core);
  const queue = Math.max((core / 2 - 1) * gap, (core - 2) * gap - link.alpha);
  return merging(n, link) + halved + link.message(n / core) + queue;
}

/**
 * The vector of a folded rank has one message to go to its neighbour, and log2 core to the farthest index. The way back is one more where
 * that is a pair. Else the last exchange finds the other's message there, and the message back leaves right behind its own; with
 * still fewer pairs also that is earlier. (Where messages are asked for, the way back begins with the last exchange.)
 */
export function allreduceRecursiveDoubling(p: number, n: number, link: Link): number {
  const { core, extra, steps, folded, pairsMeet } = foldOf(p);
  if (!folded) return steps * merging(n, link);
  const behind = extra > core / 4 ? link.gap(n) : 0;
  const back = pairsMeet || isAsked(n) ? link.message(n) : behind;
  return (steps + 1) * merging(n, link) + back + (steps - firstMixed(extra)) * link.skew(n);
}

/** Rabenseifner (2004): halving, and the same way back. */
export function allreduceRabenseifner(p: number, n: number, link: Link): number {
  const { steps, folded } = foldOf(p);
  let time = folded ? merging(n, link) + link.message(n) : 0;
  for (let step = 1; step <= steps; step++) time += link.message(n / 2 ** step);
  return time + halvingNearFirst(p, n, link);
}

/** Messages of n / 2, n / 4, …, n / core bytes. */
function halvingNearFirst(p: number, n: number, link: Link): number {
  const { extra, steps, folded } = foldOf(p);
  let time = 0;
  for (let step = 0; step < steps; step++) {
    const bytes = n / 2 ** (step + 1);
    time += merging(bytes, link);
    if (folded && step >= firstMixed(extra)) time += link.skew(bytes);
  }
  return time;
}

/** Patarasuk, Yuan, Bandwidth optimal all-reduce algorithms for clusters of workstations (2009): twice around, in lockstep. */
export function allreduceRing(p: number, n: number, link: Link): number {
  return 2 * (p - 1) * link.message(n / p) + link.combine(((p - 1) * n) / p);
}

/**
 * Hillis, Steele, Data parallel algorithms (1986). Blocks without a partner skip a step, and so begin others early: those of the last
 * rank, as long as it has lower partners only.
 */
export function scanRecursiveDoubling(p: number, n: number, link: Link): number {
  const { folded, steps } = foldOf(p);
  // The higher one of two puts what comes before its prefix, too.
  const combined = link.combine(2 * rounds(p) * n);
  if (!folded) return steps * link.message(n) + combined;
  return (steps + 1) * link.message(n) + leadingOnes(p - 1) * link.skew(n) + combined;
}

function leadingOnes(value: number): number {
  return Math.clz32(~(value << Math.clz32(value)));
}

/**
 * Halving by blocks of the core, far partners first: a pair's block is two parts, of which one goes back. As in the allreduce, that
 * message counts only where pairs meet pairs. Where few do, the first exchange finds the other's message there.
 */
export function reduceScatterHalving(p: number, n: number, link: Link): number {
  const { core, extra, folded, pairsMeet } = foldOf(p);
  const part = n / p;
  const bytesOf = (blocks: number) => (blocks + Math.min(extra, blocks)) * part;
  let time = 0;
  for (let blocks = core / 2; blocks >= 1; blocks /= 2) {
    const bytes = bytesOf(blocks);
    time += merging(bytes, link);
    if (folded && (pairsMeet || blocks < core / 2)) time += link.skew(bytes);
  }
  if (!folded) return time;
  return merging(n, link) + time + (pairsMeet || isAsked(part) ? link.message(part) : link.gap(part));
}

export function reduceScatterPairwise(p: number, n: number, link: Link): number {
  return (p - 1) * merging(n / p, link);
}

/**
 * Everybody sends to rank 0 first, to rank 1 next, …: the last rank gets nothing for as long as it then takes to get everything. Parts
 * that are asked for come one after the other, and the GRANTs wait behind the parts for others: the more ranks the longer, up to one and a
 * half lines more for each.
 */
export function reduceScatterLinear(p: number, n: number, link: Link): number {
  const part = n / p;
  const combined = link.combine((p - 1) * part);
  if (isAsked(part)) return (p - 1) * (link.message(part) + (1.5 - 1.5 / (p - 1)) * link.line(part)) + combined;
  return (p - 2) * link.gap(part) + link.fan(p - 1, part) + combined;
}
