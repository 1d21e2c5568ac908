/** The costs of barrier, bcast, scatter, gather, allgather and alltoall. */
import { chain } from './chain.ts';
import { isAsked, type Link } from './link.ts';

/** A value of more bytes is announced by the algorithm, and follows by itself (`collectives/announcement.ts`). */
const WHOLE_BYTES = 16 * 1024;
export const ANNOUNCEMENT_BYTES = 12;

export const isAnnounced = (n: number) => n > WHOLE_BYTES;
/** What the algorithm carries for each value. */
export const carried = (n: number) => (isAnnounced(n) ? ANNOUNCEMENT_BYTES : n);

/** Hensgen, Finkel, Manber, Two algorithms for barrier synchronization (1988): ceil(log2 p) rounds. */
export function barrierDissemination(p: number, _n: number, link: Link): number {
  return rounds(p) * link.alpha;
}

/** Up, and down again. */
export function barrierTree(p: number, _n: number, link: Link): number {
  return link.up(p, () => 0) + link.down(p, () => 0);
}

/** Whole, whatever its length: who gets it does not know where it belongs before it has come. (Short ones find memory that is warm.) */
export function bcastBinomial(p: number, n: number, link: Link): number {
  return link.down(p, () => n) + (isAsked(n) ? link.land(rounds(p) * n) : 0);
}

/** The announcement runs ahead: only at the root does it hold up the first piece. */
export function bcastChain(p: number, n: number, link: Link): number {
  return rounds(p) * link.overhead + chain(p, n, link);
}

/**
 * Van de Geijn's; Thakur and others (2005). The root's line is busy with the blocks of the others before the ring can begin with its
 * own, which has p - 1 hops to go. The root has all blocks: they follow at once, so that every hop deals with a second message, and no
 * two ranks begin a hop together. (Up to three ranks: none of them gives a block to the one that it has one from.)
 */
export function bcastScatterRing(p: number, n: number, link: Link): number {
  const block = n / p;
  const hop = link.message(block) + (p > 3 ? link.skew(block) : 0) + link.overhead;
  return rounds(p) * link.overhead + link.line(n - block, block) + (p - 1) * hop;
}

/**
 * The announcements first, then the values, straight: the root's line has to carry all bytes, and its processor deals with every frame.
 * Of values that are asked for, all REQUESTs leave and all GRANTs come before the first DATA can.
 */
export function scatterLinear(p: number, n: number, link: Link): number {
  return isAnnounced(n) ? (p - 1) * link.overhead + scatterStraight(p, n, link) : link.fan(p - 1, n);
}

export function scatterBinomial(p: number, n: number, link: Link): number {
  if (!isAnnounced(n)) return link.down(p, (ranks) => ranks * n);
  return rounds(p) * link.overhead + scatterStraight(p, n, link);
}

function scatterStraight(p: number, n: number, link: Link): number {
  if (!isAsked(n)) return link.fan(p - 1, n);
  return Math.max(link.asking, 2 * (p - 1) * link.overhead) + link.alpha + (p - 1) * link.line(n);
}

/** The same the other way round. Announcements and REQUESTs come first, the GRANTs go while DATA comes in. */
export function gatherLinear(p: number, n: number, link: Link): number {
  if (!isAnnounced(n)) return link.fan(p - 1, n);
  return (isAsked(n) ? p - 1 : 1) * link.overhead + gatherStraight(p, n, link);
}

export function gatherBinomial(p: number, n: number, link: Link): number {
  if (!isAnnounced(n)) return link.up(p, (ranks) => ranks * n);
  return rounds(p) * link.overhead + gatherStraight(p, n, link);
}

function gatherStraight(p: number, n: number, link: Link): number {
  if (!isAsked(n)) return link.fan(p - 1, n);
  return (p - 1) * link.overhead + link.asking + link.alpha + (p - 1) * link.line(n);
}

/** In lockstep, whole, whatever their length. */
export function allgatherRing(p: number, n: number, link: Link): number {
  return (p - 1) * link.message(n);
}

/** Without counts nobody knows where large parts belong: they are announced, and go around once more. */
export function allgathervRing(p: number, n: number, link: Link): number {
  return (p - 1) * link.message(carried(n)) + (isAnnounced(n) ? allgatherRing(p, n, link) : 0);
}

/** Bruck, Ho, Kipnis, Upfal, Weathersby, Efficient algorithms for all-to-all communications (1997). Announced values: by the ring. */
export function allgatherBruck(p: number, n: number, link: Link): number {
  let time = isAnnounced(n) ? (p - 1) * link.message(n) : 0;
  for (let distance = 1; distance < p; distance *= 2) {
    time += link.message(Math.min(distance, p - distance) * carried(n));
  }
  return time;
}

/** In lockstep, whole, whatever their length. */
export function alltoallPairwise(p: number, n: number, link: Link): number {
  return (p - 1) * link.message(n);
}

/** Without counts: as {@link allgathervRing}. */
export function alltoallvPairwise(p: number, n: number, link: Link): number {
  return (p - 1) * link.message(carried(n)) + (isAnnounced(n) ? alltoallPairwise(p, n, link) : 0);
}

/** Bruck and others (1997): each round takes along what has its bit in the distance. Announced values: pairwise. */
export function alltoallBruck(p: number, n: number, link: Link): number {
  let time = isAnnounced(n) ? (p - 1) * link.message(n) : 0;
  for (let bit = 1; bit < p; bit *= 2) time += link.message(withBit(bit, p) * carried(n));
  return time;
}

/** How many of 0 … p - 1 have the bit. */
export function withBit(bit: number, p: number): number {
  return Math.floor(p / (2 * bit)) * bit + Math.max(0, (p % (2 * bit)) - bit);
}

export function rounds(p: number): number {
  return Math.ceil(Math.log2(p));
}
