/** Where in banks lies what is for whom. */
import type { Board } from './board.ts';

/** Bytes of one place, where a bank has one for all or one for each rank. What a rank has for itself takes none. */
export function placeBytes({ bankBytes }: Board, places: number): number {
  return places <= 2 ? bankBytes : Math.floor(bankBytes / (places - 1) / 8) * 8;
}

/** Where in the bank of `source` lies what is for `dest`. */
export function placeOf(board: Board, round: number, places: number, source: number, dest: number): number {
  const at = board.memory.data(source, round);
  return places <= 2 ? at : at + (dest < source ? dest : dest - 1) * placeBytes(board, places);
}
