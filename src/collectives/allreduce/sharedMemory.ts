import type { TypedArray } from '../../wire/dtype.ts';
import type { Board } from '../board/board.ts';
import { elementsIn } from '../board/elements.ts';
import type { Wait } from '../channel.ts';
import type { Reducer } from '../kernels/reducer.ts';
import { copyInto } from '../scratch.ts';
import { blockStart } from '../shapes/blocks.ts';

/** Up to so many bytes every rank combines all of them by itself: that is done sooner than it would be handed out. */
const SMALL = 4096;

/**
 * Allreduce through shared memory, in rank order, by the same expression for all ranks.
 *
 * Short arrays: every rank writes its own and combines all of them. Long ones, a bank at a time: every rank writes what others combine,
 * combines its own part of all banks where they are, and copies the parts of the others. Three such pieces are under way at a time, each
 * at another step, so that nobody has to wait for the slowest at every step.
 *
 * Cost: one copy in, one pass over the operands shared by all ranks, one copy out; no message.
 */
export function sharedMemory(board: Board, input: TypedArray, work: TypedArray, reducer: Reducer): Wait {
  if (input.byteLength > Math.min(SMALL, board.bankBytes)) return inParts(board, input, work, reducer);
  const round = board.next();
  const free = board.room(round);
  if (free) return free.then(() => whole(board, round, input, work, reducer));
  return whole(board, round, input, work, reducer);
}

/** HOT (bench: allreduce). */
function whole(board: Board, round: number, input: TypedArray, work: TypedArray, reducer: Reducer): Wait {
  copyInto(board.elements(input, input.length, board.rank, round), input);
  board.fill(round);
  const here = board.allFilled(round);
  if (here) return here.then(() => combineAll(board, round, input, work, reducer));
  combineAll(board, round, input, work, reducer);
  return undefined;
}

function combineAll(board: Board, round: number, input: TypedArray, work: TypedArray, { combine }: Reducer): void {
  const { length } = input;
  combine(board.elements(input, length, 0, round), board.elements(input, length, 1, round), work);
  for (let rank = 2; rank < board.size; rank++) combine(work, board.elements(input, length, rank, round), work);
  board.finish(round);
}

async function inParts(board: Board, input: TypedArray, work: TypedArray, reducer: Reducer): Promise<void> {
  const { rank, size } = board;
  const { combine, grain } = reducer;
  const most = elementsIn(board, input, grain);
  const pieces = Math.ceil(input.length / most);
  const lengthOf = (piece: number) => Math.min(most, input.length - piece * most);
  const rounds: number[] = [];
  for (let step = 0; step < pieces + 2; step++) {
    if (step < pieces) {
      const round = board.next();
      rounds.push(round);
      const free = board.room(round) ?? board.turn();
      if (free) await free;
      const length = lengthOf(step);
      const bank = board.elements(input, length, rank, round);
      const [from, to] = [blockStart(rank, size, length, grain), blockStart(rank + 1, size, length, grain)];
      const start = step * most;
      if (from > 0) copyInto(bank, input.subarray(start, start + from));
      if (to < length) copyInto(bank.subarray(to), input.subarray(start + to, start + length));
      board.fill(round);
    }
    if (step >= 1 && step <= pieces) {
      const round = rounds[step - 1]!;
      const here = board.allFilled(round);
      if (here) await here;
      const length = lengthOf(step - 1);
      const [from, to] = [blockStart(rank, size, length, grain), blockStart(rank + 1, size, length, grain)];
      const start = (step - 1) * most;
      const partOf = (source: number) =>
        source === rank
          ? input.subarray(start + from, start + to)
          : board.elements(input, length, source, round).subarray(from, to);
      // Nobody else looks at this part of our bank.
      const part = board.elements(input, length, rank, round).subarray(from, to);
      combine(partOf(0), partOf(1), part);
      for (let source = 2; source < size; source++) combine(part, partOf(source), part);
      board.work(round);
    }
    if (step >= 2) {
      const round = rounds[step - 2]!;
      const length = lengthOf(step - 2);
      const start = (step - 2) * most;
      for (let at = 0; at < size; at++) {
        const source = (rank + at) % size;
        const done = at === 0 ? undefined : board.worked(source, round);
        if (done) await done;
        const [from, to] = [blockStart(source, size, length, grain), blockStart(source + 1, size, length, grain)];
        const part = board.elements(input, length, source, round).subarray(from, to);
        copyInto(work.subarray(start + from, start + to), part);
      }
      board.finish(round);
    }
  }
}
