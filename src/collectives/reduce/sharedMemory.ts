import type { TypedArray } from '../../wire/dtype.ts';
import type { Board } from '../board/board.ts';
import { elementsIn } from '../board/elements.ts';
import type { Reducer } from '../kernels/reducer.ts';
import { copyInto } from '../scratch.ts';

/**
 * Reduce through shared memory: the others write theirs, a bank at a time, and the root combines all of them in rank order. Who is not the
 * root goes on as soon as it has written.
 *
 * Cost: one copy in, one pass over all operands at the root; no message.
 */
export async function sharedMemory(
  board: Board,
  input: TypedArray,
  work: TypedArray | undefined,
  reducer: Reducer,
): Promise<void> {
  const { rank, size } = board;
  const most = elementsIn(board, input, reducer.grain);
  // An empty array has its round, too: by it the ranks see that they agree.
  for (let start = 0; start === 0 || start < input.length; start += most) {
    const round = board.next();
    const free = board.room(round);
    if (free) await free;
    const length = Math.min(most, input.length - start);
    const ours = input.subarray(start, start + length);
    // The root's own: what is combined first may lie over it.
    copyInto(board.elements(input, length, rank, round), ours);
    board.fill(round);
    if (work !== undefined) {
      const here = board.allFilled(round);
      if (here) await here;
      const into = work.subarray(start, start + length);
      reducer.combine(board.elements(input, length, 0, round), board.elements(input, length, 1, round), into);
      for (let source = 2; source < size; source++) {
        reducer.combine(into, board.elements(input, length, source, round), into);
      }
    }
    board.finish(round);
  }
}
