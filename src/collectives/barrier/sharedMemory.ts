import type { Board } from '../board/board.ts';
import type { Wait } from '../channel.ts';

/**
 * Barrier through shared memory: every rank says that it is here, and looks until all others have. No message. Where ranks share processors
 * rank 0 looks alone and tells the others: it leaves first, and as the root of what most often follows it keeps nobody waiting.
 */
export function sharedMemory(board: Board): Wait {
  const round = board.next();
  const free = board.room(round);
  if (free) return free.then(() => meet(board, round));
  return meet(board, round);
}

/** HOT (bench: barrier). */
function meet(board: Board, round: number): Wait {
  if (board.crowded) return meetAtRoot(board, round);
  board.fill(round);
  const here = board.allFilled(round);
  if (here) return here.then(() => board.finish(round));
  board.finish(round);
  return undefined;
}

function meetAtRoot(board: Board, round: number): Wait {
  const leave = (): void => {
    if (board.rank === 0) board.fill(round);
    board.finish(round);
  };
  if (board.rank !== 0) board.fill(round);
  const here = board.rank === 0 ? board.allFilled(round) : board.filled(0, round);
  if (here) return here.then(leave);
  leave();
  return undefined;
}
