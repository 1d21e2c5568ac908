import { invariant } from '../../base/invariant.ts';
import type { TypedArray } from '../../wire/dtype.ts';
import type { Board } from './board.ts';

/** How many elements like those of `array` a bank takes: whole grains. */
export function elementsIn(board: Board, array: TypedArray, grain: number): number {
  const grains = Math.floor(board.bankBytes / (array.BYTES_PER_ELEMENT * grain));
  invariant(grains > 0, 'a bank that takes no element', board.bankBytes);
  return grains * grain;
}
