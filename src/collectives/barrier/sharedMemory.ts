import type { Board } from '../board/board.ts';

/** Barrier through shared memory: every rank says that it is here, and looks until all others have. No message. */
export async function sharedMemory(board: Board): Promise<void> {
  const round = board.next();
  const free = board.room(round);
  if (free) await free;
  board.fill(round);
  const here = board.allFilled(round);
  if (here) await here;
  board.finish(round);
}
