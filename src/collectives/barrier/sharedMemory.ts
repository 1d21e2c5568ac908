import type { Board } from '../board/board.ts';
import type { Wait } from '../channel.ts';

/** Barrier through shared memory: every rank says that it is here, and looks until all others have. No message. HOT (bench: barrier). */
export function sharedMemory(board: Board): Wait {
  const round = board.next();
  const free = board.room(round);
  if (free) return free.then(() => meet(board, round));
  return meet(board, round);
}

function meet(board: Board, round: number): Wait {
  board.fill(round);
  const here = board.allFilled(round);
  if (here) return here.then(() => board.finish(round));
  board.finish(round);
  return undefined;
}
