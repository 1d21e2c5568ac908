/** What the programs with a window of messages in flight have in common. */
import { type Request, waitAll, world } from 'tsmpi';
import { checkPattern, fillPattern } from './pattern.ts';

/** Messages in flight: 64 as in OSU; 16 above 64 KiB, so that a window of 16 MiB each stays a quarter of a gigabyte. */
export function windowFor(bytes: number): number {
  return bytes > 65_536 ? 16 : 64;
}

/** Two different arrays to the peer and two from it, all in flight at once, each compared to its last element. */
export async function checkTwoInFlight(bytes: number, peer: number, what: string): Promise<void> {
  const mine = [0, 1].map(() => new Float64Array(bytes / 8));
  const theirs = [0, 1].map(() => new Float64Array(bytes / 8));
  for (const [i, array] of mine.entries()) fillPattern(array, 2 * world.rank + i);
  const requests: Request<unknown>[] = [
    ...theirs.map((out) => world.irecv(peer, 0, { out })),
    ...mine.map((array) => world.isend(array, peer)),
  ];
  await waitAll(requests);
  for (const [i, array] of theirs.entries()) checkPattern(array, [2 * peer + i], what);
}
