/**
 * A pipeline stage: pieces come in, something is done with them, they go on.
 *
 * Receives are posted up to {@link DEPTH} pieces ahead, so that bytes land in place, and at most as many sends are open.
 */
import type { Wait } from './channel.ts';
import { guarded } from './waits.ts';

/** Callers that receive into scratch memory need this many pieces of it: piece k may use the slot k % DEPTH. */
export const DEPTH = 3;

/**
 * @param receive posts the receive of a piece; its slot is free by then.
 * @param forward works on a piece that has arrived, then starts its send. What it received into is free when it returns, what
 *   it sends from when the returned wait is over.
 */
export async function pipeline(
  pieces: number,
  receive: (piece: number) => Wait,
  forward: (piece: number) => Wait,
): Promise<void> {
  const arriving: Wait[] = [];
  const leaving: Wait[] = [];
  for (let piece = 0; piece < Math.min(DEPTH, pieces); piece++) arriving[piece] = guarded(receive(piece));
  for (let piece = 0; piece < pieces; piece++) {
    const slot = piece % DEPTH;
    const here = arriving[slot];
    if (here) await here;
    const gone = leaving[slot];
    if (gone) await gone;
    leaving[slot] = guarded(forward(piece));
    if (piece + DEPTH < pieces) arriving[slot] = guarded(receive(piece + DEPTH));
  }
  for (const gone of leaving) if (gone) await gone;
}
