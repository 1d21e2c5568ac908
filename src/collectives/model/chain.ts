import { DEPTH } from '../pipeline.ts';
import { isAsked, type Link } from './link.ts';

/** Of a pipelined piece: what ranks get by default (`comm/member.ts`). */
export const SEGMENT_BYTES = 128 * 1024;

/**
 * A pipeline through all ranks: the first piece takes p - 1 hops, the others follow.
 *
 * Pieces are asked for, and the answers share the lines with the pieces that are under way. So the GRANT for the first piece waits
 * until those behind it have come in. From the fourth piece on each GRANT back waits for a piece on, two lines a piece; once all
 * ranks have their DEPTH pieces, half of that waiting goes on beside it.
 */
export function chain(p: number, n: number, link: Link): number {
  const piece = Math.min(n, SEGMENT_BYTES);
  const line = link.line(piece);
  const behind = n / piece - 1;
  if (!isAsked(piece) || behind <= 0) return (p - 1) * link.message(piece);
  if (p === 2) return link.message(piece) + behind * (line + link.asking / DEPTH);
  const following = Math.min(Math.ceil(behind), DEPTH - 1, Math.ceil(link.asking / line));
  const answered = Math.max(link.asking, following * line + 2 * link.overhead);
  const first = link.message(piece) + (p - 2) * (answered + link.alpha + line);
  const prompt = Math.min(behind, DEPTH - 1);
  const filling = Math.min(behind - prompt, DEPTH * p);
  const steady = Math.max(1.5 * line, line + (2 * link.asking) / DEPTH);
  return first + prompt * line + filling * 2 * (line + link.overhead) + (behind - prompt - filling) * steady;
}

/** The same where every rank combines each piece with its own. */
export function reducingChain(p: number, n: number, link: Link): number {
  return chain(p, n, link) + link.combine((p - 2) * Math.min(n, SEGMENT_BYTES) + n);
}
