/**
 * All messages of one call by each algorithm, by all ranks together: what a host's processors have to do where ranks share them. The
 * root is 0, parts are equal, as in `costs.ts`.
 */
import type { SelectableName } from '../registry.ts';
import { subtreeSize } from '../shapes/binomial.ts';
import { SEGMENT_BYTES } from './chain.ts';
import { isAsked } from './link.ts';
import { ANNOUNCEMENT_BYTES, carried, isAnnounced, rounds, withBit } from './movement.ts';
import { foldOf } from './reductions.ts';

/** `count` messages of as many bytes. */
export interface Batch {
  readonly count: number;
  readonly bytes: number;
  /** How often each byte is combined with another one where it comes. */
  readonly combined: number;
  /** How often it is copied from new memory to where it belongs. */
  readonly landed: number;
}

/** @param p ranks, at least two. @param n bytes, as in `Cost`. */
export type Traffic = (p: number, n: number) => Batch[];

function batch(count: number, bytes: number, combined = 0, landed = 0): Batch {
  return { count, bytes, combined, landed };
}

/** Of each rank but one, `count` messages of what `n` bytes are cut into. */
function pieces(count: number, n: number, combined = 0): Batch[] {
  const whole = Math.floor(n / SEGMENT_BYTES);
  const rest = n - whole * SEGMENT_BYTES;
  const last = rest > 0 || whole === 0 ? [batch(count, rest, combined)] : [];
  return [batch(count * whole, SEGMENT_BYTES, combined), ...last];
}

function tree(p: number, bytesFor: (ranks: number) => number): Batch[] {
  return Array.from({ length: p - 1 }, (_, at) => batch(1, bytesFor(subtreeSize(at + 1, p))));
}

/** What follows announcements. */
function announced(count: number, n: number): Batch[] {
  return isAnnounced(n) ? [batch(count, n)] : [];
}

const fromOneToAll = {
  binomial: (p: number, n: number) => [...tree(p, (ranks) => ranks * carried(n)), ...announced(p - 1, n)],
  linear: (p: number, n: number) => [batch(p - 1, carried(n)), ...announced(p - 1, n)],
};

const allgather = {
  bruck(p: number, n: number) {
    const batches = announced(p * (p - 1), n);
    for (let distance = 1; distance < p; distance *= 2) {
      batches.push(batch(p, Math.min(distance, p - distance) * carried(n)));
    }
    return batches;
  },
  ring: (p: number, n: number) => [batch(p * (p - 1), n)],
};

/** Without counts. */
const allgatherv = {
  ...allgather,
  ring: (p: number, n: number) => [batch(p * (p - 1), carried(n)), ...announced(p * (p - 1), n)],
};

const alltoall = {
  bruck(p: number, n: number) {
    const batches = announced(p * (p - 1), n);
    for (let bit = 1; bit < p; bit *= 2) batches.push(batch(p, withBit(bit, p) * carried(n)));
    return batches;
  },
  pairwise: allgather.ring,
};

const reduceScatter = {
  recursiveHalving(p: number, n: number) {
    const { extra } = foldOf(p);
    return [batch(extra, n, 1), ...halving(p, n, 1), batch(extra, n / p)];
  },
  pairwise: (p: number, n: number) => [batch(p * (p - 1), n / p, 1)],
  linear: (p: number, n: number) => [batch(p * (p - 1), n / p, 1)],
};

/** Of a power of two ranks: half of the bytes, a quarter, … */
function halving(p: number, n: number, combined: number): Batch[] {
  const { core, steps } = foldOf(p);
  return Array.from({ length: steps }, (_, step) => batch(core, n / 2 ** (step + 1), combined));
}

/** The tree first, then what each rank has not got yet, from the one below. */
function scatterRing(p: number, n: number): Batch[] {
  let missing = 0;
  for (let rank = 1; rank < p; rank++) missing += p - subtreeSize(rank, p);
  return [batch(p - 1, ANNOUNCEMENT_BYTES), ...tree(p, (ranks) => (ranks * n) / p), batch(missing, n / p)];
}

/** A pair of ranks swaps where both are there; one of the two combines twice. */
function swaps(p: number, n: number): Batch[] {
  let count = 0;
  for (let distance = 1; distance < p; distance *= 2) {
    for (let rank = 0; rank < p; rank++) if ((rank ^ distance) < p) count++;
  }
  return [batch(count, n, 1.5)];
}

const prefix = { recursiveDoubling: swaps, chain: (p: number, n: number) => pieces(p - 1, n, 1) };

export const TRAFFIC: Readonly<Record<SelectableName, Readonly<Record<string, Traffic>>>> = {
  barrier: { dissemination: (p) => [batch(p * rounds(p), 0)], tree: (p) => [batch(2 * (p - 1), 0)] },
  bcast: {
    binomial: (p, n) => [batch(p - 1, n, 0, isAsked(n) ? 1 : 0)],
    chain: (p, n) => [batch(p - 1, ANNOUNCEMENT_BYTES), ...pieces(p - 1, n)],
    scatterRing,
  },
  scatter: fromOneToAll,
  scatterv: fromOneToAll,
  gather: fromOneToAll,
  gatherv: fromOneToAll,
  allgather,
  allgatherv,
  alltoall,
  alltoallv: { ...alltoall, pairwise: allgatherv.ring },
  reduce: {
    binomial: (p, n) => [batch(p - 1, n, 1)],
    rabenseifner(p, n) {
      const { core, extra } = foldOf(p);
      return [batch(extra, n, 1), ...halving(p, n, 1), batch(core - 1, n / core)];
    },
    chain: (p, n) => pieces(p - 1, n, 1),
  },
  allreduce: {
    recursiveDoubling(p, n) {
      const { core, extra, steps } = foldOf(p);
      return [batch(extra, n, 1), batch(core * steps, n, 1), batch(extra, n)];
    },
    rabenseifner(p, n) {
      const { extra } = foldOf(p);
      return [batch(extra, n, 1), ...halving(p, n, 1), ...halving(p, n, 0), batch(extra, n)];
    },
    ring: (p, n) => [batch(p * (p - 1), n / p, 1), batch(p * (p - 1), n / p)],
  },
  scan: prefix,
  exscan: prefix,
  reduceScatter,
  reduceScatterBlock: reduceScatter,
};
