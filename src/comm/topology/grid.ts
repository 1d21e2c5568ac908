import type { Neighborhood } from '../../collectives/neighbors/neighborhood.ts';
import { badCoordinate, badDimension, badDims, badDisplacement, badEntries, badGridRank } from '../../errors.ts';
import { PROC_NULL } from '../../matching/envelope.ts';

/** The slices of a grid that remain when dimensions are dropped (MPI_Cart_sub). */
export interface SubGrids {
  /** What every slice looks like. */
  readonly grid: Grid;
  /** Which slice a rank of the whole grid is in: its rank among the dimensions that were dropped. */
  colorOf(rank: number): number;
  /** Its rank in that slice. */
  keyOf(rank: number): number;
}

/**
 * Ranks as places of a grid, the last coordinate changing fastest (MPI 4.1, section 8.5). A dimension may be periodic: its ends meet.
 * A grid without dimensions has one place. Arithmetic alone: who the ranks are is not known here.
 */
export class Grid {
  readonly dims: readonly number[];
  readonly periods: readonly boolean[];
  /** Number of places. */
  readonly size: number;
  /** How far apart in rank neighbours of each dimension are. */
  readonly #strides: readonly number[];

  /**
   * @param dims Extent of each dimension, 1 or more.
   * @param periods Which dimensions are periodic; one value stands for all.
   * @throws MpiError ERR_ARG
   */
  constructor(dims: readonly number[], periods: boolean | readonly boolean[] = false) {
    if (!Array.isArray(dims) || ![...dims].every((extent) => Number.isInteger(extent) && extent >= 1))
      throw badDims('createCart', dims, 1);
    this.dims = Object.freeze([...dims]);
    this.periods = Object.freeze(
      typeof periods === 'boolean' ? dims.map(() => periods) : this.#flags('createCart', 'periods', periods),
    );
    const strides: number[] = [];
    let size = 1;
    for (const extent of this.dims.toReversed()) {
      strides.unshift(size);
      size *= extent;
    }
    this.#strides = strides;
    this.size = size;
  }

  /** @throws MpiError ERR_RANK */
  coordsOf(rank: number): number[] {
    this.#checkRank('coordsOf', rank);
    return this.dims.map((_, dimension) => this.#coordinate(rank, dimension));
  }

  /**
   * Coordinates of periodic dimensions may be any integers: they wrap.
   *
   * @throws MpiError ERR_ARG, also for coordinates outside of a dimension that is not periodic.
   */
  rankOf(coords: readonly number[]): number {
    if (!this.#isPerDimension(coords, Number.isInteger))
      throw badEntries('rankOf', 'coords', coords, this.dims.length, 'integers');
    let rank = 0;
    for (const [dimension, coordinate] of coords.entries()) {
      const inside = this.#wrapped(dimension, coordinate);
      if (inside === undefined) throw badCoordinate('rankOf', dimension, coordinate, this.dims[dimension]!);
      rank += inside * this.#strides[dimension]!;
    }
    return rank;
  }

  /**
   * Whom a rank sends to when all shift their data by `displacement` along a dimension, and from whom it receives (MPI_Cart_shift);
   * PROC_NULL beyond an open edge.
   *
   * @throws MpiError ERR_RANK, ERR_ARG
   */
  shift(rank: number, dimension: number, displacement: number): { source: number; dest: number } {
    this.#checkRank('shift', rank);
    if (this.dims[dimension] === undefined) throw badDimension('shift', dimension, this.dims.length);
    if (!Number.isInteger(displacement)) throw badDisplacement('shift', displacement);
    return {
      source: this.#shifted(rank, dimension, -displacement),
      dest: this.#shifted(rank, dimension, displacement),
    };
  }

  /**
   * The neighbours in the order of the neighbourhood collectives: for each dimension the one before, then the one after (MPI 4.1,
   * section 8.6). What is sent to the neighbour after is for its place of the neighbour before. Where both are the same rank (a
   * periodic dimension of extent 1 or 2) only the order of the messages tells them apart: `order` sends to the one after first.
   */
  neighborsOf(rank: number): Neighborhood {
    this.#checkRank('neighborsOf', rank);
    const neighbors = this.dims.flatMap((_, dimension) => [
      this.#shifted(rank, dimension, -1),
      this.#shifted(rank, dimension, 1),
    ]);
    return { sources: neighbors, destinations: neighbors, order: neighbors.map((_, index) => index ^ 1) };
  }

  /**
   * Drops the dimensions for which `keep` is false.
   *
   * @throws MpiError ERR_ARG
   */
  sub(keep: readonly boolean[]): SubGrids {
    const kept = this.#flags('sub', 'keep', keep);
    const part = (wanted: boolean) => {
      const pick = <T>(values: readonly T[]) => values.filter((_, dimension) => kept[dimension] === wanted);
      const grid = new Grid(pick(this.dims), pick(this.periods));
      return { grid, rankOf: (rank: number) => grid.rankOf(pick(this.coordsOf(rank))) };
    };
    const slice = part(true);
    return { grid: slice.grid, colorOf: part(false).rankOf, keyOf: slice.rankOf };
  }

  #coordinate(rank: number, dimension: number): number {
    return Math.floor(rank / this.#strides[dimension]!) % this.dims[dimension]!;
  }

  #wrapped(dimension: number, coordinate: number): number | undefined {
    const extent = this.dims[dimension]!;
    if (this.periods[dimension]) return ((coordinate % extent) + extent) % extent;
    return coordinate >= 0 && coordinate < extent ? coordinate : undefined;
  }

  #shifted(rank: number, dimension: number, displacement: number): number {
    const from = this.#coordinate(rank, dimension);
    const to = this.#wrapped(dimension, from + displacement);
    return to === undefined ? PROC_NULL : rank + (to - from) * this.#strides[dimension]!;
  }

  #checkRank(call: string, rank: unknown): void {
    if (!Number.isInteger(rank) || (rank as number) < 0 || (rank as number) >= this.size)
      throw badGridRank(call, rank, this.size);
  }

  #flags(call: string, name: string, values: readonly boolean[]): boolean[] {
    if (!this.#isPerDimension(values, (value) => typeof value === 'boolean'))
      throw badEntries(call, name, values, this.dims.length, 'booleans');
    return [...values];
  }

  #isPerDimension(values: unknown, isRight: (value: unknown) => boolean): boolean {
    return Array.isArray(values) && values.length === this.dims.length && [...values].every(isRight);
  }
}
